"""What a mapping profile may say, as pydantic checks it; docs/profiles.md describes every key.

A profile maps the columns and values of an admin system's export, or of a query's result, to our fields. It says what
stands where and decides nothing: every cell still passes the checks of tui.feeds.cells.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tui.domain.records import RecordKind

COLUMN_IN_TEXT = re.compile(r"\{([^{}]+)\}")
OTHERWISE = "*"
"""In `values`: every other cell that is not blank."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class TableSource(_Model):
    """A table of the export: a file of the folder by a pattern of its name, and which query takes its place in SQL."""

    file: str = ""
    but_not: str = ""
    query: Literal["", "contacts", "students", "links", "link_history", "staff"] = ""


class Condition(_Model):
    """Which rows are taken: those whose column is filled, is one of these, or is none of these."""

    column: str
    filled: bool | None = None
    is_: list[str] | None = Field(default=None, alias="is")
    not_: list[str] | None = Field(default=None, alias="not")

    @model_validator(mode="after")
    def _one(self) -> "Condition":
        if sum(given is not None for given in (self.filled, self.is_, self.not_)) != 1:
            raise ValueError("must say one of filled, is and not")
        return self


class Join(_Model):
    """Columns of another table, found by a key: theirs are then named `table.COLUMN`."""

    table: str
    on: str
    key: str


class Fill(_Model):
    """What fills a field when it is no single column: the same text in every row, or text with columns in it."""

    text: str | None = None
    constant: str | None = None

    @model_validator(mode="after")
    def _one(self) -> "Fill":
        if (self.text is None) == (self.constant is None):
            raise ValueError("must say one of text and constant")
        if self.text is not None and not COLUMN_IN_TEXT.search(self.text):
            raise ValueError('text names no column; write one as "{COLUMN}"')
        return self


class Part(_Model):
    """Records of one kind, out of one table. `once`: rows that repeat a record that was there are passed over."""

    from_: str = Field(alias="from")
    once: bool = False
    only_if: list[Condition] = []
    join: list[Join] = []
    columns: dict[str, str | Fill]


class AccessRule(_Model):
    """The sync rule for portal access, where the links carry none: who has it and who has not; others are unknown."""

    by: Literal["contact_type", "relationship"]
    yes: list[str] = []
    no: list[str] = []


class Profile(_Model):
    """A whole profile. `values` by kind and field: what a cell means in our words."""

    name: str
    about: str
    source: list[str] = []
    encoding: Literal["utf-8", "windows-1252"] = "utf-8"
    tables: dict[str, TableSource]
    contacts: list[Part]
    students: list[Part]
    links: list[Part]
    link_history: list[Part] = []
    staff: list[Part] = []
    values: dict[Literal["contacts", "students", "links", "link_history", "staff"], dict[str, dict[str, str]]] = {}
    access: AccessRule | None = None

    def parts(self, kind: RecordKind) -> Sequence[Part]:
        """What the records of a kind come from."""
        found: Mapping[RecordKind, Sequence[Part]] = {
            RecordKind.CONTACTS: self.contacts,
            RecordKind.STUDENTS: self.students,
            RecordKind.LINKS: self.links,
            RecordKind.LINK_HISTORY: self.link_history,
            RecordKind.STAFF: self.staff,
        }
        return found[kind]

    def meanings(self, kind: RecordKind, field: str) -> Mapping[str, str]:
        """What the cells of a field mean; empty: they are read as they are."""
        return {str(name): fields for name, fields in self.values.items()}.get(kind.value, {}).get(field, {})
