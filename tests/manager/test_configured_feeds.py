"""A feed that the config names: it is listed, its difference is read and just that one applied, and nothing is left
open."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.feeds.test_sql_sqlite import open_files
from tests.running import Run
from tests.school import FIRST, LATER, SchoolFiles, families, small_school
from tests.school_database import sqlite_school
from tui.errors import InputRefused, Refused
from tui.feeds import open_feed
from tui.manager.manager import AccountManager
from tui.settings import ImportSettings, Settings, SqlSettings

Change = Callable[[str], None]


@pytest.fixture
def sql(tmp_path: Path) -> SqlSettings:
    found = sqlite_school(small_school(), tmp_path / "sis.sqlite3")
    os.utime(found.database, (FIRST.timestamp(), FIRST.timestamp()))
    return found


@pytest.fixture
def manager(tmp_path: Path, sql: SqlSettings) -> Iterator[AccountManager]:
    opened = AccountManager(Settings(sql=sql), tmp_path / "state" / "register.sqlite3", create=True)
    yield opened
    opened.close()


@pytest.fixture
def change(sql: SqlSettings) -> Change:
    """Change the school's database by a statement."""

    def run(statement: str) -> None:
        connection = sqlite3.connect(sql.database)
        connection.execute(statement)
        connection.commit()
        connection.close()

    return run


def last(manager: AccountManager) -> str:
    return manager.overview().last_import


def test_it_is_listed_without_being_reached(manager: AccountManager, sql: SqlSettings, tmp_path: Path) -> None:
    here = tmp_path / "at"
    families(3).write(here / "extract", LATER)
    Path(sql.database).unlink()
    first, second = manager.sources(here=here)
    assert (first.path, first.feed, first.shown, first.note) == (None, "sql", sql.database, "")
    assert second.path == here / "extract"
    typed = manager.sources(here / "extract", here=here)
    assert [source.feed for source in typed] == ["csv", "sql"], "what was typed comes first"


def test_a_database_that_was_imported_is_not_taken_for_a_folder(manager: AccountManager) -> None:
    manager.apply_import(manager.preview_import(None, "sql"))
    assert [(source.path, source.feed) for source in manager.sources()] == [(None, "sql")]


def test_the_difference_is_read_then_applied(manager: AccountManager, sql: SqlSettings) -> None:
    read = manager.preview_import(None, "sql")
    assert read.path is None
    assert read.difference.dry_run
    assert "no. 1" not in last(manager)
    done = manager.apply_import(read)
    assert (done.number, done.feed, done.source) == (1, "sql", sql.database)
    assert done.kinds["contacts"].new == 40
    assert sql.database not in open_files()


def test_other_records_than_were_read_are_not_imported(manager: AccountManager, change: Change) -> None:
    read, before = manager.preview_import(None, "sql"), last(manager)
    change("UPDATE contacts SET email = 'new@families.example' WHERE code = 'P0039'")
    with pytest.raises(Refused, match="gives other records than when the difference was read"):
        manager.apply_import(read)
    assert last(manager) == before
    assert manager.apply_import(manager.preview_import(None, "sql")).number == 1


def test_the_same_records_in_another_order_are_imported(manager: AccountManager, change: Change) -> None:
    read = manager.preview_import(None, "sql")
    change("CREATE TABLE t AS SELECT * FROM contacts ORDER BY code DESC")
    change("DELETE FROM contacts")
    change("INSERT INTO contacts SELECT * FROM t")
    assert manager.apply_import(read).number == 1


def test_another_import_in_between_is_refused(manager: AccountManager, tmp_path: Path) -> None:
    read = manager.preview_import(None, "sql")
    manager.import_roster(open_feed(small_school().write(tmp_path / "csv")))
    with pytest.raises(Refused, match="Another import came in between"):
        manager.apply_import(read)


def test_bad_rows_are_in_the_difference_and_accepted_as_such(manager: AccountManager, change: Change) -> None:
    change("UPDATE students SET status = 'maybe' WHERE code = 'S0002'")
    read = manager.preview_import(None, "sql")
    assert [str(problem) for problem in read.difference.problems][:1] == [
        "links query, row 2: “S0002” is not in this feed"
    ] or "students query, row 2, column status" in str(read.difference.problems[-1])
    with pytest.raises(InputRefused, match="students query, row 2, column status"):
        manager.apply_import(read)
    assert manager.apply_import(read, skip_bad=True).skipped >= 1


def test_a_database_that_went_away_changes_nothing(manager: AccountManager, sql: SqlSettings) -> None:
    read, before = manager.preview_import(None, "sql"), last(manager)
    Path(sql.database).unlink()
    with pytest.raises(InputRefused, match="There is no file"):
        manager.apply_import(read)
    assert last(manager) == before


def test_a_code_that_stands_twice_is_told_by_rows(manager: AccountManager, change: Change) -> None:
    change("INSERT INTO contacts SELECT * FROM contacts WHERE code = 'P0001'")
    with pytest.raises(InputRefused, match=r"contacts query, row 1, column code: “P0001” stands again in row 2;"):
        manager.import_roster(open_feed(None, "sql", settings=manager.settings))


def test_a_profile_in_the_config_reads_a_folder_on_the_screen_too(
    manager: AccountManager, tmp_path: Path, school: SchoolFiles
) -> None:
    own = tmp_path / "ours.toml"
    own.write_text(
        "about = 'x'\n[tables.c]\nfile = 'c.csv'\n[tables.s]\nfile = 's.csv'\n[tables.l]\nfile = 'l.csv'\n"
        "[[contacts]]\nfrom = 'c'\n[contacts.columns]\ncode = 'code'\ngiven_name = 'given_name'\nsurname = 'surname'\n"
        "username = 'username'\n"
        "[[students]]\nfrom = 's'\n[students.columns]\ncode = 'code'\ngiven_name = 'given_name'\nsurname = 'surname'\n"
        "status = 'status'\n"
        "[[links]]\nfrom = 'l'\n[links.columns]\nstudent_code = 'student_code'\ncontact_code = 'contact_code'\n"
        "relationship = 'relationship'\n[access]\nby = 'relationship'\nyes = ['Parent']\n"
    )
    folder = school.write(tmp_path / "export")
    for name in ("contacts", "students", "links"):
        (folder / f"{name}.csv").rename(folder / f"{name[0]}.csv")
    manager.settings = replace(manager.settings, imports=ImportSettings(profile=str(own)), sql=SqlSettings())
    (source,) = manager.sources(here=folder.parent)
    assert (source.feed, source.files) == ("csv", ("c.csv", "s.csv", "l.csv"))
    read = manager.preview_import(folder, source.feed)
    assert "the sync rule of profile ours gives portal access to relationship Parent" in " ".join(read.notes)
    (folder / "s.csv").write_text("code,given_name,surname,status\nS0001,a,b,left\n")
    with pytest.raises(Refused, match=r"s\.csv changed since the difference was read"):
        manager.apply_import(read)


# -- at the command line -----------------------------------------------------------------------------------------------


def config(home: Path, sql: SqlSettings) -> None:
    folder = home / "config" / "engage-accounts"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{kind} = '{getattr(sql, kind)}'" for kind in ("database", "contacts", "students", "links")]
    (folder / "config.toml").write_text("\n".join(["[feeds.sql]", *lines]))


def test_the_command_line_imports_without_a_folder(cli: Run, home: Path, sql: SqlSettings, register: Path) -> None:
    config(home, sql)
    rows = cli("import", "--feed", "sql", "--rows", "2")
    assert rows.code == 0
    assert "Contacts (contacts query)\ncode   title  given_name" in rows.out
    assert "P0002" in rows.out
    assert "P0003" not in rows.out
    assert not register.exists(), "nothing was compared or imported"
    assert cli("import", "--feed", "sql", "--rows", "1", "--json").json()["kinds"]["links"]["rows"] == [
        {"student_code": "S0001", "contact_code": "P0001", "relationship": "Parent", "priority": "",
         "portal_access": "yes"}
    ]  # fmt: skip
    assert "40" in cli("import", "--feed", "sql", "--dry-run").out
    assert not register.exists()
    assert "Imported as no. 1: sql extract of 1 Nov 2026 07:05" in cli("import", "--feed", "sql").out
    assert cli("sources", "--json").json()[0]["where"] == sql.database


def test_a_formula_in_the_first_rows_is_made_harmless(cli: Run, home: Path, sql: SqlSettings, change: Change) -> None:
    change("UPDATE contacts SET surname = '=cmd()' || char(27) || '[31m' WHERE code = 'P0001'")
    config(home, sql)
    out = cli("import", "--feed", "sql", "--rows", "1").out
    assert "'=cmd()\ufffd[31m" in out
    assert "\x1b" not in out


def test_neither_a_folder_nor_a_feed_is_a_mistake(cli: Run, home: Path, sql: SqlSettings) -> None:
    nothing = cli("import")
    assert nothing.code == 2
    assert "Give a folder or file to import, or --feed sql" in nothing.err
    assert "names no database" in cli("import", "--feed", "sql").err
    config(home, sql)
    both = cli("import", "--feed", "sql", home)
    assert both.code == 3
    assert "is read from where the config says" in both.err


def test_a_profile_of_the_schools_own_lies_beside_the_config(cli: Run, home: Path, tmp_path: Path) -> None:
    profiles = home / "config" / "engage-accounts" / "profiles"
    profiles.mkdir(parents=True)
    (profiles / "ours.toml").write_text("about = 'ours'\nfrobnicate = 1\n")
    assert "ours.toml has" in cli("import", tmp_path, "--profile", "ours").err
    assert "frobnicate: there is no such key." in cli("import", tmp_path, "--profile", "ours", "--rows", "1").err
    elsewhere = tmp_path / "config.toml"
    elsewhere.write_text('[import]\nprofile = "casses21"\n')
    named = cli("import", tmp_path, "--config", elsewhere)
    assert named.code == 9
    assert "Did you mean cases21?" in named.err
