"""The page on feeds has every file and column that is read, with what is required, and no others."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest

from tests.docs import pages
from tui.feeds import csv_files, open_feed
from tui.feeds.rows import Shape


def columns_in(section: str) -> dict[str, bool]:
    """The columns of a table, with whether they are required."""
    rows = re.findall(r"^\| (`.+?`) \| (.*?) ?\|", section, flags=re.M)
    return {name: need.startswith("yes") for names, need in rows for name in re.findall(r"`(\w+)`", names)}


def section(heading: str) -> str:
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", pages.text("feeds.md"), flags=re.M | re.S)
    assert found, heading
    return found[1]


@pytest.mark.parametrize("shape", csv_files.SHAPES, ids=lambda shape: str(shape.kind))
def test_every_column_is_described_with_whether_it_is_required(shape: Shape[Any]) -> None:
    described = columns_in(section(f"{shape.kind.value}.csv"))
    assert set(described) == set(shape.columns)
    assert {name for name, needed in described.items() if needed} == set(shape.needed)


@pytest.mark.parametrize("shape", csv_files.SHAPES, ids=lambda shape: str(shape.kind))
def test_the_examples_have_columns_that_are_read(shape: Shape[Any]) -> None:
    (block,) = pages.fences(section(f"{shape.kind.value}.csv"), "csv")
    header, *rows = csv.reader(block.splitlines())
    assert set(shape.needed) <= set(header) <= set(shape.columns)
    assert all(len(row) == len(header) for row in rows)


def test_the_columns_of_oneroster_are_those_that_are_read() -> None:
    from tui.feeds import oneroster_files as oneroster

    described = columns_in(section("OneRoster 1.1"))
    assert set(described) == set().union(*oneroster._COLUMNS.values())
    assert {name.lower() for name, needed in described.items() if needed} == set(oneroster._REQUIRED)


def test_the_example_school_can_be_read() -> None:
    feed = open_feed(Path(pages.DOCS / "example"))
    assert len(list(feed.contacts())) == 7
    assert not feed.problems
