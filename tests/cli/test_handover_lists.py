"""The list of a hand-over through a worklist: written when a job is through, carried out in one go, written again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.handing import decide, moved_school, outcomes
from tests.running import Result, Run
from tests.school import LATER, SchoolFiles
from tui.errors import ExitCode

TakeIn = Callable[..., Result]


@pytest.fixture
def moved(take_in: TakeIn) -> SchoolFiles:
    school = moved_school()
    take_in(school)
    return school


def listed(state: Path, number: int = 1) -> str:
    return (state / "worklists" / f"handover-{number}.txt").read_text("utf-8")


def test_a_run_writes_one_list_with_old_and_new(cli: Run, moved: SchoolFiles, state: Path) -> None:
    decide(cli)
    result = cli("handover", "--run", "--yes")
    assert result.code == 0
    names = [Path(line.strip()).name for line in result.out.splitlines() if "/worklists/" in line]
    assert names == [
        "job-1-revoke.csv", "job-1-revoke.txt", "job-1-revoke.html",
        "handover-1.csv", "handover-1.txt", "handover-1.html",
    ]  # fmt: skip
    assert cli("jobs", "1", "--json").json()["files"][-1].endswith("handover-1.html")
    text = listed(state)
    assert "[ ] revoke   OLD1  Smith, Kate  user1\n[ ] welcome  NEW1  Smith, Kate  kate.new@families.example" in text
    assert "[ ] revoke   OLD2" in text
    # The match was up for review: what the mail gate will ask has no box.
    assert "[ ] revoke   OLD3" in text
    assert "    welcome  NEW3  Hall, Ruth: not yet, it is asked first: The match with the old record OLD3" in text
    for code in ("LEFT1", "HERE1", "HELD1"):
        assert code not in text


def test_it_is_carried_out_in_one_go(cli: Run, take_in: TakeIn, moved: SchoolFiles, state: Path) -> None:
    decide(cli)
    cli("handover", "--run", "--yes")
    assert cli("attest", "1").code == 0
    result = cli("handover", "--go-on", "--yes")
    assert "handover-1.html" in result.out
    text = listed(state)
    assert "[x] revoke   OLD1  Smith, Kate  attested\n[ ] welcome  NEW1" in text
    assert "OLD3" not in text, "nothing of it is to be done as long as nobody has answered"
    assert cli("attest", "2").code == 0
    refused = cli("handover", "--worklist")
    assert refused.code == ExitCode.REFUSED
    assert "Nothing of hand-over 1 waits to be carried out" in refused.err
    for number in ("1", "2"):
        moved.contacts[f"OLD{number}"]["username"] = ""
        moved.contacts[f"NEW{number}"]["username"] = f"new{number}"
    moved.contacts["OLD3"]["username"] = ""
    assert "Requests verified: 5 done" in take_in(moved, LATER).out
    assert outcomes(cli)["OLD1"]["outcome"].startswith("Revoked")


def test_it_is_written_again_as_things_stand(cli: Run, moved: SchoolFiles, state: Path) -> None:
    assert cli("handover", "--worklist").code == ExitCode.NOT_FOUND, "none is open"
    decide(cli)
    cli("handover", "--run", "--yes")
    cli("attest", "1", "OLD1")
    result = cli("handover", "--worklist")
    assert result.code == 0
    assert "handover-1.csv" in result.out
    text = listed(state)
    assert "[x] revoke   OLD1  Smith, Kate  attested" in text
    assert "[ ] revoke   OLD2" in text


def test_two_old_accounts_of_one_new_record_are_welcomed_once(cli: Run, moved: SchoolFiles, state: Path) -> None:
    cli("handover", "--accept", "OLD1=NEW1")
    assert cli("handover", "--accept", "OLD2=NEW1", "--sure").code == 0
    cli("handover", "--run", "--yes")
    text = listed(state)
    assert text.count("[ ] revoke") == 2
    assert "welcome  NEW1  Smith, Kate: once OLD1 is ticked too, on its line" in text
    assert text.index("OLD2") < text.index("OLD1  Smith"), "by name, and the last of them has the welcome"


def test_a_folder_that_cannot_be_written_is_said(cli: Run, moved: SchoolFiles, state: Path) -> None:
    decide(cli)
    folder = state / "worklists"
    folder.mkdir(mode=0o700)
    (folder / "handover-1.csv.part").mkdir()
    (folder / "handover-1.csv.part" / "something").write_text("x")
    result = cli("handover", "--run", "--yes")
    assert result.code == ExitCode.SOME_FAILED
    assert "The list of hand-over 1 can't be written" in result.err
    assert "engage-accounts handover --worklist" in result.err
    assert cli("jobs", "1", "--json").json()["counts"]["requested"] == 3, "the requests are kept"
    (folder / "handover-1.csv.part" / "something").unlink()
    (folder / "handover-1.csv.part").rmdir()
    assert cli("handover", "--worklist").code == 0


def test_where_nothing_is_done_by_hand_there_is_no_list(
    cli: Run, embedded: Path, moved: SchoolFiles, state: Path
) -> None:
    decide(cli)
    assert cli("handover", "--revoke", "--yes").code in (0, ExitCode.SOME_FAILED)
    assert not (state / "worklists").exists()
    assert cli("handover", "--worklist").code == ExitCode.REFUSED
