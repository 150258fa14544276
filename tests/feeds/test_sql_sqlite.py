"""The SQL feed on real SQLite files: what it reads, and that it can do nothing else."""

import gc
import os
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.feeds.sql_reading import columns, contacts, problems, refusal
from tests.school import SECOND, small_school
from tests.school_database import settings, sqlite_school
from tui.errors import InputRefused
from tui.feeds import check_feed, open_feed
from tui.feeds.sql_source import QueryFailed
from tui.feeds.sql_sqlite import SqliteSource
from tui.settings import Settings, SqlSettings


@pytest.fixture
def school(tmp_path: Path) -> SqlSettings:
    return sqlite_school(small_school(), tmp_path / "sis.sqlite3")


def test_it_gives_the_records_that_the_csv_folder_gives(school: SqlSettings, tmp_path: Path) -> None:
    by_sql = open_feed(None, "sql", settings=Settings(sql=school))
    by_csv = open_feed(small_school().write(tmp_path / "csv"), "csv")
    for kind in ("contacts", "students", "links", "link_history", "staff"):
        ours = sorted(record[1:] for record in getattr(by_sql, kind)())
        assert ours == sorted(record[1:] for record in getattr(by_csv, kind)()), kind
    assert not by_sql.problems
    assert by_sql.description.feed == "sql"
    assert by_sql.description.columns == by_csv.description.columns
    assert by_sql.share is None


def test_it_is_dated_by_the_last_change_of_the_file(school: SqlSettings) -> None:
    os.utime(school.database, (SECOND.timestamp(), SECOND.timestamp()))
    assert open_feed(None, "sql", settings=Settings(sql=school)).description.taken_at == SECOND


def test_a_change_that_is_still_in_the_log_dates_it_too(school: SqlSettings) -> None:
    writer = sqlite3.connect(school.database)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("UPDATE contacts SET email = 'new@families.example' WHERE code = 'P0001'")
    writer.commit()
    os.utime(school.database, (0, 0))
    feed = open_feed(None, "sql", settings=Settings(sql=school))
    assert feed.description.taken_at > datetime(2020, 1, 1, tzinfo=UTC)
    assert next(c.email for c in feed.contacts() if c.code == "P0001") == "new@families.example"
    writer.close()


def test_all_statements_see_the_same_moment(school: SqlSettings) -> None:
    writer = sqlite3.connect(school.database)
    writer.execute("PRAGMA journal_mode = WAL")
    feed = open_feed(None, "sql", settings=Settings(sql=school))
    before = len(list(feed.contacts()))
    writer.execute("DELETE FROM students")
    writer.execute("DELETE FROM links")
    writer.commit()
    assert len(list(feed.students())) == before
    assert list(feed.links())
    writer.close()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT load_extension('x') AS code, 'a' AS given_name, 'b' AS surname",
        "SELECT name AS code, type AS given_name, 'b' AS surname FROM pragma_table_info('contacts')",
        "WITH c AS (SELECT 1) DELETE FROM contacts",
        "WITH c AS (SELECT 1) UPDATE contacts SET email = ''",
        "WITH c AS (SELECT 1) INSERT INTO contacts (code) SELECT 'C9'",
    ],
)
def test_what_does_more_than_read_is_refused(school: SqlSettings, statement: str) -> None:
    before = Path(school.database).read_bytes()
    error = refusal(contacts(school, statement))
    assert "The contacts query (feeds.sql.contacts) failed" in error.what
    assert Path(school.database).read_bytes() == before


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH 'other.sqlite3' AS o",
        "PRAGMA journal_mode = DELETE",
        "DELETE FROM contacts",
        "VACUUM INTO 'copy.sqlite3'",
        "CREATE TEMP TABLE t (a)",
        "COMMIT",
    ],
)
def test_the_reader_itself_lets_nothing_else_through(school: SqlSettings, statement: str) -> None:
    """Below the first check, which would not have sent these."""
    source = SqliteSource(Path(school.database), 5)
    with pytest.raises(QueryFailed):
        list(source.rows(statement))
    source.close()


@pytest.mark.parametrize("statement", ["DELETE FROM contacts", "SELECT 1; DELETE FROM contacts", " "])
def test_what_is_no_select_is_not_even_sent(school: SqlSettings, statement: str) -> None:
    Path(school.database).unlink()  # nothing could be reached
    assert "feeds.sql.contacts" in refusal(contacts(school, statement)).what


def test_a_wrong_statement_is_told_with_what_the_database_says(school: SqlSettings) -> None:
    what = refusal(contacts(school, "SELECT mobil FROM contacts")).what
    assert what == "The contacts query (feeds.sql.contacts) failed: no such column: mobil."


def test_a_statement_that_takes_too_long_is_ended(school: SqlSettings) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) " + columns(code="max(i)") + " FROM n"
    error = refusal(replace(contacts(school, endless), timeout_seconds=1))
    assert "took longer than 1 second." in error.what


def test_more_rows_than_allowed_are_refused(school: SqlSettings) -> None:
    error = refusal(replace(school, max_rows=39))
    assert "The contacts query gives more than 39 rows." in error.what
    assert not problems(replace(school, max_rows=40))


def test_bad_values_are_told_by_query_row_and_column(school: SqlSettings) -> None:
    sql = replace(
        school,
        students="SELECT code, given_name, surname, status,"
        " CASE WHEN code = 'S0002' THEN '31/02/2026' ELSE exit_date END AS Exit_Date FROM students ORDER BY code",
    )
    assert problems(sql) == [
        "students query, row 2, column Exit_Date: “31/02/2026” is not a date such as 2026-11-28 or 28/11/2026"
    ]


def test_a_blank_code_is_a_bad_row(school: SqlSettings) -> None:
    assert problems(contacts(school, columns(code="NULL"))) == [
        "contacts query, row 1, column code: the cell is blank, so the row belongs to nobody"
    ]


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("CAST(x'c3a9ff' AS TEXT)", "text that is not UTF-8"),
        ("x'00ff'", "bytes, not text"),
        ("printf('%.*c', 200000, 'x')", "a text of more than 131,072 characters"),
    ],
)
def test_a_value_that_is_no_cell_is_refused_by_place_and_not_shown(
    school: SqlSettings, expression: str, what: str
) -> None:
    error = refusal(contacts(school, columns(mobile=expression)))
    assert error.what == f"contacts query, row 1, column mobile: it holds {what}."


def test_an_error_in_the_rows_shows_no_value(school: SqlSettings) -> None:
    error = refusal(contacts(school, columns(given_name="json_extract(email, '$.x')") + " FROM contacts"))
    assert "@" not in str(error)
    assert "malformed" not in str(error)
    assert "The contacts query (feeds.sql.contacts) failed: the database refuses it" in error.what


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT code, given_name FROM contacts", "gives no column surname"),
        ("SELECT code, given_name, surname AS family FROM contacts", "It gives “family”, which means nothing here."),
        (columns() + ", 'x' AS CODE", "gives the column “code” twice"),
    ],
)
def test_columns_that_are_missing_or_double_are_refused(school: SqlSettings, statement: str, said: str) -> None:
    assert said in str(refusal(contacts(school, statement)))


def test_columns_that_mean_nothing_are_told(school: SqlSettings) -> None:
    feed = open_feed(None, "sql", settings=Settings(sql=contacts(school, columns(house="'Red'"))))
    assert feed.ignored_columns == {"contacts query": ("house",)}
    assert any("contacts query does not say who has an account" in note for note in feed.notes)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (SqlSettings(), "names no database"),
        (SqlSettings(database="/nowhere.sqlite3"), "no statement feeds.sql.contacts, feeds.sql.students and feeds.sql"),
        (settings("/nowhere/sis.sqlite3"), "There is no file /nowhere/sis.sqlite3"),
        (settings("/etc/passwd"), "no SQLite database"),
        (settings("/etc"), "There is no file /etc"),
    ],
    ids=str,
)
def test_a_config_that_leads_nowhere_is_told(sql: SqlSettings, said: str) -> None:
    assert said in str(refusal(sql))


def test_trying_it_reads_no_row(school: SqlSettings) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) " + columns(code="i") + " FROM n"
    said = check_feed("sql", Settings(sql=replace(contacts(school, endless), timeout_seconds=1)))
    assert said == f"{school.database} answers, and can plan contacts query, students query and links query."
    with pytest.raises(InputRefused, match="no such table"):
        check_feed("sql", Settings(sql=contacts(school, "SELECT 1 FROM nowhere")))


def test_the_file_is_let_go_of_once_all_was_read_or_nobody_reads_on(school: SqlSettings) -> None:
    feed = open_feed(None, "sql", settings=Settings(sql=school))
    next(feed.contacts())
    assert school.database in open_files()
    del feed
    gc.collect()
    assert school.database not in open_files()
    feed = open_feed(None, "sql", settings=Settings(sql=school))
    for read in (feed.contacts, feed.students, feed.links, feed.link_history, feed.staff):
        list(read())
    assert school.database not in open_files(), "and not only because nobody has it any more"
    assert feed.description


def open_files() -> list[str]:
    found = []
    for handle in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(handle.readlink()))
        except OSError:
            continue
    return found
