"""Telling one statement that reads from anything else, before it is sent; and naming a place in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.feeds.sql_statement import place, why_not_reading, without_end


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "select code from contacts;",
        "  \n WITH c AS (SELECT 1) SELECT * FROM c ; \n",
        "-- our contacts\nSELECT 1 -- all of them; really",
        "/* drop table x; */ SELECT 1",
        "SELECT ';' AS code, \"a;b\", `c;d`, 'it''s; fine' FROM t",
        "SELECT $$ ; $$, $tag$ ; $$ ; $tag$",
        "(SELECT 1) UNION (SELECT 2)",
        "VALUES (1)",
        "TABLE contacts",
    ],
)
def test_one_statement_that_reads(statement: str) -> None:
    assert why_not_reading(statement) == ""


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("", "is blank"),
        (" ; ", "is blank"),
        ("-- SELECT 1", "is blank"),
        ("/* SELECT 1", "is blank"),
        ("SELECT 1; DROP TABLE c", "more than one"),
        ("SELECT 1;;", "more than one"),
        ("SELECT 'a' ; -- b\n DELETE FROM c", "more than one"),
        ("DELETE FROM c", "does not begin"),
        ("EXPLAIN ANALYZE DELETE FROM c", "does not begin"),
        ("COPY c TO PROGRAM 'id'", "does not begin"),
        ("SELECTED", "does not begin"),
        ("'SELECT 1'", "does not begin"),
        ("DO $$ BEGIN END $$", "does not begin"),
        ("SET default_transaction_read_only = off", "does not begin"),
    ],
)
def test_anything_else(statement: str, why: str) -> None:
    assert why in why_not_reading(statement)


@given(st.text(alphabet="ab ;'\"$-/*\n", max_size=40))
def test_a_statement_behind_another_is_never_taken_for_one(text: str) -> None:
    """Whatever stands between, unless it is a quotation or comment that swallows the second."""
    quoted = any(mark in text for mark in ("'", '"', "$", "--", "/*"))
    if not quoted:
        assert why_not_reading(f"SELECT 1 ; {text} DELETE FROM c")


def test_the_end_is_taken_off_alone() -> None:
    assert without_end("SELECT ';' ; \n") == "SELECT ';'"
    assert without_end("SELECT 1") == "SELECT 1"


def test_a_place_is_told_as_an_editor_counts() -> None:
    statement = "SELECT code,\n  mobil\nFROM c"
    assert place(statement, 1) == "line 1, character 1"
    assert place(statement, statement.index("mobil") + 1) == "line 2, character 3"
