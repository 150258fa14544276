"""The worklist's files: in the order of the portal's screen, for the operator's eyes alone, harmless to open."""

import csv
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import Result, Run
from tests.school import SchoolFiles, families
from tui.services.service import Listed
from tui.services.worklist import WorklistService

TakeIn = Callable[..., Result]


def listed(code: str, surname_first: str, why: str = "") -> Listed:
    return Listed(code, surname_first, f"{code.lower()}@families.example", f"user.{code.lower()}", why)


@pytest.fixture
def service(tmp_path: Path) -> WorklistService:
    return WorklistService(tmp_path / "worklists", "The Portal", "https://portal.school.example")


AT = "2026-11-21T07:05:00+00:00"


def finish(service: WorklistService, here: list[Listed], left: list[Listed], verb: str = "revoke") -> tuple[str, str]:
    table, text, _ = service.finish(7, verb, here, left, AT)
    return table.read_text(encoding="utf-8"), text.read_text(encoding="utf-8")


def test_files_are_the_owners_alone(service: WorklistService) -> None:
    files = service.finish(7, "revoke", [listed("P1", "A")], [], AT)
    assert [path.name for path in files] == ["job-7-revoke.csv", "job-7-revoke.txt", "job-7-revoke.html"]
    assert stat.S_IMODE(files[0].parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert len(list(files[0].parent.iterdir())) == 3


def test_both_are_in_order_of_names(service: WorklistService) -> None:
    entries = [
        listed("P1", "young, Ann"),
        listed("P2", "Adams, Zoe"),
        listed("P4", "Young, Ann"),
        listed("P3", "Le, Bo"),
    ]
    table, text = finish(service, entries, [])
    assert [row["code"] for row in csv.DictReader(table.splitlines())] == ["P2", "P3", "P1", "P4"]
    places = [text.index(f"]  {code}") for code in ("P2", "P3", "P1", "P4")]
    assert places == sorted(places)


def test_few_that_stay_are_unticked(service: WorklistService) -> None:
    here = [listed(f"P{number}", f"Name{number}") for number in range(1, 6)]
    left = [listed("P8", "Stays, One", "held: asked to wait"), listed("P9", "Stays, Two", "not in this job")]
    _, text = finish(service, here, left)
    assert "4. Select all, then untick these 2:" in text
    assert "   [ ] P8  Stays, One  held: asked to wait" in text
    assert "   [ ] P9  Stays, Two  not in this job" in text
    assert "5 contacts should be ticked" in text
    _, text = finish(service, here, left[:1])
    assert "4. Select all, then untick this one:" in text
    _, text = finish(service, here, [])
    assert "4. Select all.\n   5 contacts should be ticked" in text


def test_when_more_stay_than_go_each_is_ticked(service: WorklistService) -> None:
    here = [listed("P1", "Name1"), listed("P2", "Name2")]
    _, text = finish(service, here, [listed("P8", "A"), listed("P9", "B")])
    assert "4. Tick these 2 (the list below)." in text
    assert "P8" not in text
    _, text = finish(service, here[:1], [listed("P8", "A")])
    assert "4. Tick this one (the list below)." in text


def test_a_welcome_is_ticked_one_by_one(service: WorklistService) -> None:
    _, text = finish(service, [listed("P1", "Name1"), listed("P2", "Name2")], [], "welcome")
    assert "3. Status: Ready to provision. (For those who have an account: Active.)" in text
    assert "4. Tick these 2" in text
    assert "5. Actions > Send welcome email > Confirm." in text
    assert "p1@families.example" in text


def test_it_names_the_system_and_calls_nothing_revoked(service: WorklistService) -> None:
    _, text = finish(service, [listed("P1", "Name1")], [])
    assert "revoke access for 1 contact in The Portal" in text
    assert "Nothing has been done in The Portal yet." in text
    assert "https://portal.school.example" in text
    assert "engage-accounts attest 7" in text
    assert "revoked" not in text


def test_formulas_are_made_harmless(service: WorklistService) -> None:
    hostile = Listed("=1+1", "@SUM(A1), -x", "+1@families.example", "-user", "=why")
    table, _ = finish(service, [hostile], [])
    (row,) = csv.DictReader(table.splitlines())
    assert list(row.values()) == ["7", "revoke", "'=1+1", "'@SUM(A1), -x", "'+1@families.example", "'-user", "'=why"]


def test_a_reset_says_that_its_link_is_short_lived_and_closed_by_word(service: WorklistService) -> None:
    _, text = finish(service, [listed("P1", "Name1")], [], "reset")
    assert "3. Status: Active." in text
    assert "5. Actions > Send password reset > Confirm." in text
    assert "works for one hour" in text
    assert "The next import checks" not in text


def test_writing_again_gives_the_same_files(service: WorklistService) -> None:
    entries = [listed("P1", "Name1"), listed("P2", "Name2")]
    assert finish(service, entries, []) == finish(service, entries[::-1], [])


# -- through the command line ------------------------------------------------------------------------------------------


def test_those_who_stay_are_named_with_their_reason(cli: Run, take_in: TakeIn, state: Path) -> None:
    school = families(60)
    school.leave(*(f"S{number:04}" for number in range(1, 11)))
    school.links["S0011", "P0011"]["portal_access"] = "no"
    take_in(school)
    assert cli("hold", "P0002", "--note", "a court date is pending").code == 0
    result = cli("revoke", "--all-ready", "--yes", "--json").json()
    text = Path(result["files"][1]).read_text(encoding="utf-8")
    assert "4. Select all, then untick these 2:" in text
    assert "   [ ] P0002  Surname0002, Given0002  a court date is pending" in text
    assert "   [ ] P0011  Surname0011, Given0011  not in this job" in text
    assert "9 contacts should be ticked" in text
    assert Path(result["files"][0]).parent == state / "worklists"


def test_the_order_is_by_surname_not_by_title(cli: Run, take_in: TakeIn) -> None:
    school = families(30)
    for code, title, given, surname in (
        ("P0001", "Ms", "Anna", "Zimmer"), ("P0002", "Dr", "Zora", "Abbot"), ("P0003", "Mr", "Carl", "Abbot"),
    ):  # fmt: skip
        school.contacts[code] |= {"title": title, "given_name": given, "surname": surname}
    school.leave("S0001", "S0002", "S0003")
    take_in(school)
    files = cli("revoke", "--all-ready", "--yes", "--json").json()["files"]
    with Path(files[0]).open(encoding="utf-8", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert names == ["Abbot, Carl", "Abbot, Zora", "Zimmer, Anna"]


def test_nothing_is_revoked_and_none_of_our_mail_is_sent(cli: Run, imported: SchoolFiles, state: Path) -> None:
    before = cli("list", "--format", "json").json()
    assert cli("revoke", "--all-ready", "--yes").code == 0
    assert cli("welcome", "P0005", "--yes").code == 0
    after = cli("list", "--format", "json").json()
    unchanged = [{**row, "requested": ""} for row in after]
    assert unchanged == before
    assert {row["code"] for row in after if row["requested"]} == {"P0001", "P0002", "P0004", "P0005"}
    assert not (state / "outbox").exists()
    assert not list(state.rglob("*.eml"))
