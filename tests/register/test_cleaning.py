"""The cleaning gate: whatever a feed brings, nothing in the register or in what is printed moves a cursor.

Every text of every kind of record is made dirty in every way; then every text of every table is looked at.
"""

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.running import Run
from tui.domain.records import (
    ContactRecord,
    LinkHistoryRecord,
    LinkRecord,
    RecordKind,
    RosterDescription,
    StaffRecord,
    StudentRecord,
)
from tui.feeds.in_memory import InMemoryRoster
from tui.manager.views import Tab
from tui.printing.plain import as_csv

from .making import Register, contact, day, every_text, families, link, student, unsafe, write_csv

DIRTY = {
    "escape": "\x1b[2J\x1b[31mRed",
    "C1": "\x9b31m\x84",
    "bidi": "abc\u202egnp\u2066x",
    "NUL": "a\x00b",
    "markup": "[/]",
    "formula": "=HYPERLINK(“http://x.example”)",
    "invisible": "a\u200b\ufeff\u2060b",
    "lone": "a\ud800b",
    "lines": "one\r\ntwo\u2028three\tfour",
}
TEXTS: dict[type[Any], tuple[str, ...]] = {
    ContactRecord: (
        "code", "title", "salutation", "given_name", "preferred_name", "surname", "gender", "email", "mobile",
        "address", "suburb", "postcode", "contact_type", "username", "last_login",
    ),
    StudentRecord: (
        "code", "given_name", "preferred_name", "surname", "year_level", "exit_date", "email", "custody_note",
        "username",
    ),
    StaffRecord: ("code", "title", "given_name", "surname", "email", "username"),
}  # fmt: skip


def dirty(record: Any, text: str) -> Any:
    """The record with every text made of `text`, and its own besides, so that codes stay apart."""
    return record._replace(**{name: f"{text}{getattr(record, name) or ''}" for name in TEXTS[type(record)]})


def dirty_roster(text: str, taken: float = 0, *, second: bool = False) -> InMemoryRoster:
    """Records of every kind, dirty all over; `second` changes a few, so that the change log gets its share."""
    parents = [dirty(contact(n, mobile=f"0400 {int(second)}"), text) for n in (1, 2)]
    children = [dirty(student(n, "left" if second and n == 2 else "enrolled"), text) for n in (1, 2)]
    links = [LinkRecord(1, children[n].code, parents[n].code, f"{text}Mother", n, not second) for n in (0, 1)]
    history = [LinkHistoryRecord(1, children[1].code, parents[0].code, f"{text}Aunt", "2025-06-30")]
    staff = [dirty(StaffRecord(1, "T1", "Dr", "Given", "Staff", "t1@school.example", "staff1", True), text)]
    description = RosterDescription("csv", f"/exports/{text}", day(taken), {kind: f"{kind}.csv" for kind in RecordKind})
    return InMemoryRoster(
        description, contacts=parents, students=children, links=links, link_history=history, staff=staff
    )


def check(register: Register) -> None:
    for table, text in every_text(register.path):
        assert not unsafe(text), (table, text)


@pytest.mark.parametrize("text", DIRTY.values(), ids=DIRTY.keys())
def test_no_table_holds_what_moves_a_cursor(school_register: Register, text: str) -> None:
    school_register.take(dirty_roster(text))
    check(school_register)
    school_register.take(dirty_roster(text, 1, second=True), accept_shrink=True)
    check(school_register)
    assert school_register.read("SELECT count(*) FROM contacts") == [(2,)], "the keys were cleaned alike both times"
    for code in school_register.statuses():
        school_register.manager.hold(code, f"{text} note")
        why = school_register.manager.why(code)
        assert why.reasons
        assert not unsafe(" ".join((why.headline, *why.history, *why.warnings, *why.children, why.sees, why.say)))
    check(school_register)


def test_dirty_texts_in_one_batch_clean_nobody_elses(school_register: Register) -> None:
    """Batches are looked at as a whole: one dirty cell must neither hide another nor spoil its neighbours."""
    count = 600
    names = ["Zoë", "O'Brien ", " Lee", "Mary Ann", "a|b", "王小明", "x\x1by", ""]
    made = families(count)
    people = [
        person._replace(given_name=names[n % 8], surname=names[(n // 8) % 8], username=names[n % 7] or None)
        for n, person in enumerate(made.contacts())
    ]
    description = replace(made.description, columns={})
    school_register.take(InMemoryRoster(description, contacts=people, students=made.students(), links=made.links()))
    cleaned = {"Zoë": "Zoë", "O'Brien ": "O'Brien", " Lee": "Lee", "x\x1by": "x\ufffdy"}
    expected = {
        person.code: (cleaned.get(person.given_name, person.given_name), cleaned.get(person.surname, person.surname))
        for person in people
    }
    found = school_register.read("SELECT code, given_name, surname FROM contacts")
    assert {code: (given_, surname) for code, given_, surname in found} == expected
    usernames = {person.code: cleaned.get(person.username, person.username) for person in people if person.username}
    assert school_register.usernames() == usernames


any_text = st.text(
    st.characters(codec=None) | st.sampled_from("\x00\x1b\x9b\u202e\u2066\u200b\ud800\ufeff\r\n\t [/]=|")
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(any_text, any_text, any_text, any_text), min_size=1, max_size=6))
def test_any_text_at_all_comes_out_safe(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str, str]]
) -> None:
    register = Register(tmp_path_factory.mktemp("any") / "register.sqlite3")
    people = [
        contact(n, given_name=a, surname=b, email=c, username=d)._replace(code=f"C{n}{a}")
        for n, (a, b, c, d) in enumerate(rows)
    ]
    description = RosterDescription("csv", "x", day(0), {kind: f"{kind}.csv" for kind in RecordKind})
    links = [LinkRecord(1, "S1", person.code, "Mother", None, True) for person in people]
    register.take(InMemoryRoster(description, contacts=people, students=[student(1)], links=links))
    check(register)
    assert len(register.statuses()) == len(people)
    register.manager.close()


# -- what goes out ---------------------------------------------------------------------------------------------------

FORMULAS = ("=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "\uff1d1")


def formula_families() -> InMemoryRoster:
    numbers = range(len(FORMULAS))
    made = families(len(FORMULAS), first=0)
    people = [
        person._replace(
            title="", given_name=FORMULAS[n], contact_type=FORMULAS[n], email=FORMULAS[n], username=FORMULAS[n]
        )
        for n, person in enumerate(made.contacts())
    ]
    children = [one._replace(given_name=FORMULAS[n]) for n, one in enumerate(made.students())]
    return InMemoryRoster(made.description, contacts=people, students=children, links=[link(n, n) for n in numbers])


def test_an_export_prefixes_what_a_spreadsheet_would_run(school_register: Register, tmp_path: Path) -> None:
    school_register.take(formula_families())
    manager = school_register.manager
    path = tmp_path / "export.csv"
    assert manager.export(manager.view(Tab.ALL).persons, path) == len(FORMULAS)
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    assert {row["email"] for row in rows} == {f"'{formula}" for formula in FORMULAS}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\uff1d"))]
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_list_as_csv_and_the_worklist_prefix_too(by_hand: Register) -> None:
    by_hand.take(formula_families())
    people = [one._replace(status="left") for one in formula_families().students()]
    made = formula_families()
    by_hand.take(
        InMemoryRoster(
            replace(made.description, taken_at=day(1)), contacts=made.contacts(), students=people, links=made.links()
        )
    )
    rows = by_hand.manager.rows(by_hand.manager.view(Tab.ALL).persons)
    report = by_hand.revoke()
    texts = [as_csv(rows), *(Path(file).read_text("utf-8") for file in report.files if file.endswith(".csv"))]
    assert len(texts) == 2
    for text in texts:
        for row in csv.reader(io.StringIO(text, newline="")):
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\uff1d"))]


# -- what is printed -------------------------------------------------------------------------------------------------


def test_what_the_command_line_prints_of_dirty_files_is_safe(cli: Run, tmp_path: Path) -> None:
    escape, bidi = "\x1b[2J", "\u202egnp"
    folder = write_csv(
        tmp_path / "extract",
        contacts=[
            "code,given_name,surname,email,contact_type,username",
            f"C1{escape},{escape}Given,{bidi}Family,{escape}@home.example,{escape}Postal,{bidi}user",
        ],
        students=["code,given_name,surname,status", f"S1{bidi},{escape}Child,[/],enrolled"],
        links=["student_code,contact_code,relationship,portal_access", f"S1{bidi},C1{escape},{bidi}Mother,no"],
    )
    code = "C1\ufffd[2J"
    outputs = [cli("import", folder)]
    assert outputs[0].code == 0, outputs[0].err
    lines: list[tuple[object, ...]] = [
        ("list",), ("list", "--format", "csv"), ("list", "--format", "json"), ("why", code), ("why", code, "--json"),
        ("why", f"C1{escape}"), ("status",), ("revoke", "--all-ready", "--dry-run"),
        ("hold", f"{escape}x", "--note", "n"),
    ]  # fmt: skip
    outputs += [cli(*line) for line in lines]
    for line, output in zip([("import",), *lines], outputs, strict=True):
        text = (output.out + output.err).replace("\n", " ")
        assert not unsafe(text), line
        assert "Traceback" not in output.err


def test_what_is_said_of_bad_rows_is_safe(cli: Run, tmp_path: Path) -> None:
    folder = write_csv(
        tmp_path / "\x1b[2Jextract",
        contacts=["code,given_name,surname", "C1,Given,Family", "C1,Given,Family"],
        students=["code,given_name,surname,status", "S1,Child,Family,\x1b[2Jhere", "S\u202e2,Child,Family,enrolled"],
        links=["student_code,contact_code", "S\u202e3,C1"],
    )
    result = cli("import", folder)
    assert result.code == 3
    assert not unsafe(result.err.replace("\n", " "))
    for place in (
        "students.csv, line 2, column status",
        "links.csv, line 2, column student_code",
        "contacts.csv, line 2",
    ):
        assert place in result.err
