"""The whole job on a roster that nobody here wrote: import, a grade leaves, revoke, welcome; by hand and embedded.

Who is to be revoked is worked out here from the CSV alone, without a line of the program's. Each grade is run in
process; one by the installed program, as a person would.
"""

import csv
import os
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.letters import text_of
from tests.running import Result, Run

PARENTS, STUDENTS = 812, 1187
GRADES = ("09", "10", "11", "12")
WELCOMED = 10


class Real(NamedTuple):
    """The roster as the csv module reads it: rows by id, and for each parent the students that it is linked to."""

    columns: list[str]
    rows: dict[str, dict[str, str]]
    children: dict[str, set[str]]

    def codes(self, role: str) -> set[str]:
        return {code for code, row in self.rows.items() if row["role"] == role}

    def left_without(self, grade: str) -> set[str]:
        """The parents all of whose students are in this grade."""
        leavers = {code for code in self.codes("student") if self.rows[code]["grades"] == grade}
        return {parent for parent, children in self.children.items() if children and children <= leavers}

    def write(self, path: Path, taken_at: datetime, without: str = "") -> Path:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            writer.writerows(row for row in self.rows.values() if not without or row["grades"] != without)
        os.utime(path, (taken_at.timestamp(), taken_at.timestamp()))
        return path


@pytest.fixture
def real(real_users: Path) -> Real:
    with real_users.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows = {row["sourcedId"]: row for row in reader}
        columns = list(reader.fieldnames or ())
    children: dict[str, set[str]] = {code: set() for code, row in rows.items() if row["role"] == "parent"}
    for code, row in rows.items():
        for agent in filter(None, row["agentSourcedIds"].split(",")):
            if row["role"] == "student" and agent in children:
                children[agent].add(code)
    found = Real(columns, rows, children)
    assert (len(found.codes("parent")), len(found.codes("student"))) == (PARENTS, STUDENTS)
    return found


class Job:
    """One run through the whole job; `run` runs a command line."""

    def __init__(self, run: Run, real: Real, grade: str, folder: Path, state: Path) -> None:
        self.run, self.real, self.grade, self.folder, self.state = run, real, grade, folder, state
        self.expected = real.left_without(grade)
        self.rest = real.codes("parent") - self.expected

    def ok(self, *line: object) -> Result:
        result = self.run(*line)
        assert result.code == 0, result.err
        return result

    def statuses(self) -> dict[str, str]:
        return {row["code"]: row["status"] for row in self.ok("list", "--format", "json").json()}

    def import_both(self) -> None:
        now = datetime.now(UTC)
        self.ok("import", self.real.write(self.folder / "users.csv", now - timedelta(days=20)))
        assert set(self.statuses().values()) == {"active"}
        counts = self.ok("status", "--json").json()["counts"]
        assert (counts["all"], counts["active"], counts["ready_to_revoke"]) == (PARENTS, PARENTS, 0)
        users = self.real.write(self.folder / "users.csv", now - timedelta(days=1), without=self.grade)
        self.ok("import", users)

    def check_ready(self, every: int = 1) -> None:
        """Exactly the expected are ready to revoke, and each can say which of its students left and when."""
        assert self.expected
        assert self.statuses() == dict.fromkeys(self.expected, "ready_to_revoke") | dict.fromkeys(self.rest, "active")
        listed = self.ok("list", "--status", "ready-to-revoke", "--format", "json").json()
        assert {row["code"] for row in listed} == self.expected
        assert {row["reason"] for row in listed} == {"no_current_student"}
        for code in sorted(self.expected)[::every]:
            why = self.ok("why", code, "--json").json()
            assert why["status"] == "ready_to_revoke"
            (reason,) = why["reasons"]
            assert reason["reason"] == "no_current_student"
            assert {quoted for item in reason["evidence"] for quoted in item["codes"]} == self.real.children[code]
            assert all("has left: absent from the feed since" in item["sentence"] for item in reason["evidence"])

    def chosen(self) -> list[str]:
        """Ten of the remaining parents, to be welcomed by code; their emails are theirs alone."""
        emails = [row["email"].lower() for row in self.real.rows.values() if row["role"] == "parent"]
        alone = [code for code in sorted(self.rest) if emails.count(self.real.rows[code]["email"].lower()) == 1]
        return alone[:WELCOMED]

    def embedded(self) -> None:
        """Revoke and welcome where accounts live in the register."""
        before = {row["code"]: row for row in self.ok("list", "--format", "json").json()}
        report = self.ok("revoke", "--all-ready", "--yes", "--json").json()
        assert {outcome["code"] for outcome in report["outcomes"]} == self.expected
        assert {outcome["state"] for outcome in report["outcomes"]} == {"done"}
        after = dict.fromkeys(self.expected, "no_access") | dict.fromkeys(self.rest, "active")
        assert self.statuses() == after
        rows = {row["code"]: row for row in self.ok("list", "--format", "json").json()}
        assert all(not rows[code]["username"] for code in self.expected)
        assert all(rows[code]["username"] == self.real.rows[code]["username"] for code in self.rest)
        assert all(rows[code] == before[code] for code in self.rest), "nothing else changed"

        chosen = self.chosen()
        report = self.ok("welcome", *chosen, "--yes", "--json").json()
        assert [outcome["code"] for outcome in report["outcomes"]] == chosen
        assert {outcome["state"] for outcome in report["outcomes"]} == {"done"}
        messages = [
            message_from_bytes(path.read_bytes(), policy=default) for path in (self.state / "outbox").glob("*.eml")
        ]
        assert {message["To"].addresses[0].addr_spec for message in messages} == {
            self.real.rows[code]["email"] for code in chosen
        }
        assert len(messages) == WELCOMED
        links = {line for message in messages for line in text_of(message).split() if "/welcome#" in line}
        assert len(links) == WELCOMED
        assert self.statuses() == after, "a welcome email by itself changes no status"
        assert not (self.state / "worklists").exists()

    def worklist(self) -> None:
        """Ask for it where a person at another system's screen does it: nothing is revoked, nothing sent."""
        before = self.statuses()
        report = self.ok("revoke", "--all-ready", "--yes", "--json").json()
        assert {outcome["code"] for outcome in report["outcomes"]} == self.expected
        assert {outcome["state"] for outcome in report["outcomes"]} == {"requested"}
        chosen = self.chosen()
        welcome = self.ok("welcome", *chosen, "--yes", "--json").json()
        assert {outcome["state"] for outcome in welcome["outcomes"]} == {"requested"}
        for files, codes in ((report["files"], self.expected), (welcome["files"], set(chosen))):
            table, text, page = map(Path, files)
            with table.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            assert {row["code"] for row in rows} == codes
            assert all(row["username"] == self.real.rows[row["code"]]["username"] for row in rows)
            written = text.read_text(encoding="utf-8")
            assert all(code in written for code in codes)
            shown = page.read_text(encoding="utf-8")
            assert shown.count('class="box"') >= len(codes)
            assert all(f"<bdi>{code}</bdi>" in shown for code in codes)
            assert not any(code in written for code in self.real.codes("parent") - codes)
        assert self.statuses() == before, "requested is not revoked"
        assert not (self.state / "outbox").exists()


@pytest.fixture
def job(request: pytest.FixtureRequest, real: Real, tmp_path: Path, state: Path) -> Job:
    how, grade = request.param
    run: Run = request.getfixturevalue({"in process": "cli", "installed": "program"}[how])
    return Job(run, real, grade, tmp_path, state)


every_grade = pytest.mark.parametrize(
    "job", [*(("in process", grade) for grade in GRADES), ("installed", "11")], indirect=True, ids=" ".join
)


@every_grade
def test_a_grade_leaves_and_its_parents_are_revoked(job: Job, embedded: Path) -> None:
    job.import_both()
    job.check_ready(every=3)
    job.embedded()


@every_grade
def test_a_grade_leaves_and_a_worklist_is_written(job: Job) -> None:
    job.import_both()
    job.check_ready(every=30)
    job.worklist()


def test_every_parent_of_a_leaver_is_explained(cli: Run, real: Real, tmp_path: Path, state: Path) -> None:
    job = Job(cli, real, "11", tmp_path, state)
    job.import_both()
    job.check_ready()
