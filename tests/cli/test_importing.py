"""import: what it answers to good, bad and shrunken rosters, and that what it refuses leaves no trace."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.running import Result, Run
from tests.school import LATER, SchoolFiles, families
from tests.terminal import AtTerminal
from tui.errors import ExitCode

TakeIn = Callable[..., Result]


def counts(cli: Run) -> dict[str, int]:
    return dict(cli("status", "--json").json()["counts"])


def imports(cli: Run) -> str:
    return str(cli("status", "--json").json()["last_import"])


def test_an_import_tells_the_difference(cli: Run, school: SchoolFiles, take_in: TakeIn, tmp_path: Path) -> None:
    first = take_in(school, datetime(2026, 11, 1, 7, 5, tzinfo=UTC), "--json").json()
    assert first["kinds"]["contacts"] == {"rows": 40, "new": 40, "changed": 0, "gone": 0, "returned": 0}
    assert first["after"]["ready_to_revoke"] == 4
    del school.contacts["P0040"], school.links["S0040", "P0040"]
    school.contacts["P0039"]["email"] = "new@families.example"
    school.family(41)
    second = take_in(school, LATER, "--json").json()
    assert second["number"] == 2
    assert second["kinds"]["contacts"] == {"rows": 40, "new": 1, "changed": 1, "gone": 1, "returned": 0}
    why = cli("why", "P0040").out
    assert "This record dropped out of the feed in the import of 1 Jan 2126 (no. 2)." in why


def test_a_username_on_two_contacts_is_told(cli: Run, school: SchoolFiles, take_in: TakeIn) -> None:
    told = "! 1 username on more than one contact (regardless of case): engage-accounts status says on which."
    assert told not in take_in(school).out
    school.contacts["P0011"]["username"] = "USER.P0010"
    assert told in take_in(school, LATER).out
    assert "P0010 and P0011" in cli("status").out


def test_a_dry_run_says_the_same_and_imports_nothing(cli: Run, imported: SchoolFiles, tmp_path: Path) -> None:
    before = counts(cli), imports(cli)
    imported.leave("S0010", "S0011")
    folder = imported.write(tmp_path / "second", LATER)
    dry = cli("import", folder, "--dry-run")
    assert dry.code == 0
    assert "Would change (dry run, nothing was imported)" in dry.out
    assert (counts(cli), imports(cli)) == before
    real = cli("import", folder)
    assert dry.out.splitlines()[1:] == real.out.splitlines()[1:]


@pytest.mark.pty
def test_its_progress_is_shown_at_a_terminal_and_nowhere_else(
    program: Run, school: SchoolFiles, tmp_path: Path, at_terminal: AtTerminal
) -> None:
    folder = school.write(tmp_path / "extract")
    terminal = at_terminal("import", folder)
    assert terminal.ends() == 0
    assert "  0%  Reading contacts.csv, 0 rows " in terminal.output
    assert " 64%  Working out statuses and reasons, 119 rows " in terminal.output
    assert terminal.output.rindex("%  ") < terminal.output.index("Imported as no. 1")
    assert program("import", folder).err == ""


def test_bad_rows_are_refused_together_with_their_places(cli: Run, school: SchoolFiles, tmp_path: Path) -> None:
    school.students["S0010"]["status"] = "perhaps"
    school.students["S0011"]["exit_date"] = "31/02/2026"
    school.contacts["P0012"]["code"] = ""
    school.links["S0013", "P0013"]["portal_access"] = "sometimes"
    folder = school.write(tmp_path / "bad")
    result = cli("import", folder)
    assert (result.code, result.out) == (ExitCode.INPUT_REFUSED, "")
    for place in (
        "students.csv, line 11, column status",
        "students.csv, line 12, column exit_date",
        "contacts.csv, line 13, column code",
    ):
        assert place in result.err
    assert "links.csv" in result.err
    assert "Nothing was imported." in result.err
    skipped = cli("import", folder, "--skip-bad")
    assert skipped.code == 0
    assert "bad rows left out" in skipped.out
    assert counts(cli)["all"] == 39


def test_a_shrunken_roster_is_stopped(cli: Run, take_in: TakeIn, tmp_path: Path) -> None:
    school = families(60)
    take_in(school)
    before = counts(cli)
    for number in range(20, 61):
        del school.students[f"S{number:04}"], school.links[f"S{number:04}", f"P{number:04}"]
    folder = school.write(tmp_path / "second", LATER)
    result = cli("import", folder)
    assert (result.code, result.out) == (ExitCode.IMPORT_STOPPED, "")
    assert "students (students.csv): 60 before, 19 now" in result.err
    assert "--accept-shrink" in result.err
    assert counts(cli) == before
    assert cli("import", folder, "--accept-shrink").code == 0
    assert counts(cli)["ready_to_revoke"] == 41


def test_an_empty_file_is_not_everybody_gone(cli: Run, imported: SchoolFiles, tmp_path: Path) -> None:
    imported.students.clear()
    imported.links.clear()
    before = counts(cli)
    result = cli("import", imported.write(tmp_path / "empty", LATER))
    assert result.code in (ExitCode.IMPORT_STOPPED, ExitCode.INPUT_REFUSED)
    assert counts(cli) == before


def with_codes(school: SchoolFiles, spelt: Callable[[str], str]) -> SchoolFiles:
    """The same school with other codes of contacts."""
    other = SchoolFiles(students=school.students)
    other.contacts = {code: {**contact, "code": spelt(code)} for code, contact in school.contacts.items()}
    other.links = {pair: {**link, "contact_code": spelt(pair[1])} for pair, link in school.links.items()}
    return other


def test_everybody_under_another_code_is_stopped(cli: Run, take_in: TakeIn, tmp_path: Path) -> None:
    """As many as before, and nobody of them: Excel took prefix and zeros away."""
    school = families(60)
    take_in(school)
    folder = with_codes(school, lambda code: code.lstrip("P0")).write(tmp_path / "second", LATER)
    result = cli("import", folder)
    assert result.code == ExitCode.IMPORT_STOPPED
    assert "contacts: 60 of the 60 that were there are gone (100 %), whatever came new (60); 60 of" in result.err
    assert "most likely a spreadsheet took those away" in result.err
    assert counts(cli)["ready_to_revoke"] == 0
    accepted = cli("import", folder, "--accept-shrink")
    assert accepted.code == 0
    assert "! Accepted although it shrank: contacts: 60 of the 60" in accepted.out


def test_the_contacts_with_an_account_may_be_those_who_went(cli: Run, take_in: TakeIn, tmp_path: Path) -> None:
    school = families(100)
    for number in range(21, 101):
        school.contacts[f"P{number:04}"]["username"] = ""
    take_in(school)
    for number in range(1, 21):
        del school.contacts[f"P{number:04}"], school.links[f"S{number:04}", f"P{number:04}"]
        school.contact(f"N{number:04}x")
        school.link(f"S{number:04}", f"N{number:04}x")
    result = cli("import", school.write(tmp_path / "second", LATER))
    assert result.code == ExitCode.IMPORT_STOPPED
    assert "contacts with an account: 20 of the 20 that were there are gone (100 %), whatever came new" in result.err
    assert "spreadsheet" not in result.err


def test_a_year_that_leaves_and_one_that_comes_is_no_turnover(cli: Run, take_in: TakeIn, tmp_path: Path) -> None:
    """A school of four years, whose export has the parents of its students alone."""
    school = families(100)
    take_in(school)
    for number in range(1, 28):
        del school.contacts[f"P{number:04}"], school.students[f"S{number:04}"]
        del school.links[f"S{number:04}", f"P{number:04}"]
        school.family(100 + number)
    assert cli("import", school.write(tmp_path / "second", LATER)).code == 0
    assert counts(cli)["ready_to_revoke"] == 27


@pytest.mark.parametrize("name", ["contacts.csv", "students.csv", "links.csv"])
def test_a_lost_file_is_refused(cli: Run, imported: SchoolFiles, tmp_path: Path, name: str) -> None:
    folder = imported.write(tmp_path / "second", LATER)
    (folder / name).unlink()
    result = cli("import", folder)
    assert result.code == ExitCode.INPUT_REFUSED
    assert name in result.err


def test_what_is_no_roster_is_refused(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
    for source in ("nowhere", "empty", "notes.csv"):
        result = cli("import", tmp_path / source)
        assert (result.code, result.out) == (ExitCode.INPUT_REFUSED, "")
        assert "Nothing was imported" in result.err or "nothing to import" in result.err


def test_the_feed_may_be_named(cli: Run, school: SchoolFiles, tmp_path: Path) -> None:
    folder = school.write(tmp_path / "extract")
    assert cli("import", folder, "--feed", "oneroster").code == ExitCode.INPUT_REFUSED
    assert cli("import", folder, "--feed", "sif").code == ExitCode.USAGE
    assert cli("import", folder, "--feed", "csv").code == 0


def test_the_sync_rule_of_the_config_holds(cli: Run, tmp_path: Path, configure: Callable[[str], Path]) -> None:
    users = tmp_path / "users.csv"
    users.write_text(
        "sourcedId,role,givenName,familyName,email,username,agentSourcedIds,grades\n"
        "P1,relative,Given1,Surname1,p1@families.example,user.p1,,\n"
        "P2,parent,Given2,Surname2,p2@families.example,user.p2,,\n"
        'S1,student,Child1,Surname1,,,"P1,P2",7\n'
    )
    assert cli("import", users).code == 0
    statuses = {row["code"]: row["status"] for row in cli("list", "--format", "json").json()}
    assert statuses == {"P1": "ready_to_revoke", "P2": "active"}
    configure('[feeds.oneroster]\nportal_access_roles = ["relative", "parent"]\n')
    assert cli("import", users).code == 0
    statuses = {row["code"]: row["status"] for row in cli("list", "--format", "json").json()}
    assert statuses == {"P1": "active", "P2": "active"}


def test_the_same_extract_again_changes_nothing(cli: Run, imported: SchoolFiles, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "extract-202611010705", tmp_path / "again")
    result = cli("import", tmp_path / "again", "--json").json()
    for kind in result["kinds"].values():
        assert (kind["new"], kind["changed"], kind["gone"], kind["returned"]) == (0, 0, 0, 0)
    assert result["before"] == result["after"]


def test_a_feed_does_not_grant_again_what_the_register_revoked(
    cli: Run, take_in: TakeIn, imported: SchoolFiles, embedded: Path
) -> None:
    assert cli("revoke", "P0001", "--yes").code == 0
    result = take_in(imported, LATER)
    assert "not taken over" in result.out
    assert "P0001" in result.out
    assert cli("list", "--find", "P0001", "--format", "json").json()[0]["status"] == "no_access"
    assert "still listed with a username in the feed: reported, not obeyed" in cli("status").out
