"""When revoking is due, from real imports, jobs and holds."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.school import FIRST, SchoolFiles, families
from tui.domain.actor import Actor
from tui.domain.due import Due
from tui.domain.flag_groups import Answer
from tui.domain.gates import Verb
from tui.feeds import open_feed
from tui.jobs.plan import Confirmation
from tui.manager.manager import AccountManager
from tui.settings import ScheduleSettings, Settings


class School:
    """A school whose days go by: its records, and the manager with a clock of its own."""

    def __init__(self, register: Path, folder: Path, files: SchoolFiles, **schedule: int) -> None:
        self.now = FIRST
        self.files = files
        self._folder = folder
        self.manager = AccountManager(
            Settings(schedule=ScheduleSettings(**schedule)),
            register,
            create=True,
            actor=Actor("tester", "local"),
            clock=lambda: self.now,
        )

    def on(self, day: float) -> "School":
        """So many days after the first import."""
        self.now = FIRST + timedelta(days=day)
        return self

    def take_in(self) -> "School":
        """Import the records as they are, in an extract of now."""
        folder = self.files.write(self._folder / f"{self.now:%Y%m%d%H%M}", self.now)
        self.manager.import_roster(open_feed(folder), accept_shrink=True)
        return self

    def revoke(self, *codes: str) -> "School":
        self.manager.run(self.manager.plan(Verb.REVOKE, codes, all_ready=not codes), Confirmation(yes=True))
        return self

    def due(self) -> Due:
        """What is due: the same in the overview and by itself; and the quick overview has the days of it."""
        found = self.manager.due()
        assert found is not None
        assert self.manager.overview().due == found
        quick = self.manager.overview(quick=True).due
        assert quick is not None
        assert (quick.last_run, quick.days) == (found.last_run, found.days)
        assert quick.is_due == found.is_due or found.rollover
        return found


Make = Callable[..., School]


@pytest.fixture
def a_school(tmp_path: Path) -> Iterator[Make]:
    made: list[School] = []

    def make(files: SchoolFiles | None = None, **schedule: int) -> School:
        made.append(School(tmp_path / "register.sqlite3", tmp_path / "exports", files or families(150), **schedule))
        return made[-1]

    yield make
    for school in made:
        school.manager.close()


def students(first: int, last: int) -> list[str]:
    return [f"S{number:04}" for number in range(first, last + 1)]


def take_out(files: SchoolFiles, codes: list[str]) -> None:
    for code in codes:
        del files.students[code]
        del files.links[code, code.replace("S", "P")]


def with_one_leaver(a_school: Make, **schedule: int) -> School:
    """P0001 was ready at the first import; the revoke was requested the day after, and done."""
    files = families(150)
    files.leave("S0001")
    school = a_school(files, **schedule).on(0).take_in().on(1).revoke()
    files.contacts["P0001"]["username"] = ""
    return school


def test_before_the_first_import_nothing_is_said(a_school: Make) -> None:
    assert a_school().manager.due() is None


def test_never_run_it_is_due_once_somebody_is_ready(a_school: Make) -> None:
    school = a_school().on(0).take_in()
    assert not school.due().is_due
    school.files.leave("S0001", "S0002")
    assert school.on(1).take_in().due().sentence == "due: never run; 2 accounts wait"


def test_after_a_month_it_is_due_when_somebody_waits(a_school: Make) -> None:
    school = with_one_leaver(a_school)
    school.files.leave("S0002")
    school.on(5).take_in()
    due = school.on(31.9).due()
    assert (due.is_due, due.days, due.waiting) == (False, 30, 1)
    due = school.on(32).due()
    assert due.is_due
    assert due.sentence == "due: last run 2 Nov 2026, 31 days ago; 1 account waits"
    assert due.since == (
        "1 account is ready because a student left since then.",
        "1 import since then, the newest of an extract of 6 Nov 2026.",
    )


def test_the_config_says_after_how_many_days(a_school: Make) -> None:
    school = with_one_leaver(a_school, due_days=7)
    school.files.leave("S0002")
    school.on(5).take_in()
    assert not school.on(7).due().is_due
    assert school.on(8).due().is_due


def test_without_an_import_it_is_due_though_nobody_waits_and_an_import_settles_it(a_school: Make) -> None:
    school = with_one_leaver(a_school).on(40)
    assert school.due().sentence == "due: last run 2 Nov 2026, 39 days ago; no import came since"
    assert not school.take_in().due().is_due


def test_who_is_held_requested_or_in_a_mistaken_group_does_not_wait(a_school: Make) -> None:
    files = families(150)
    for number in range(1, 13):
        files.contacts[f"P{number:04}"]["contact_type"] = "Postal"
        files.links[f"S{number:04}", f"P{number:04}"]["portal_access"] = "no"
    files.leave("S0020", "S0021")
    school = a_school(files).on(0).take_in()
    assert school.due().waiting == 14
    school.manager.hold("P0020", "ring first")
    assert school.due().waiting == 13
    school.manager.answer_group("Postal@0", Answer.MISTAKE, "the rule was off")
    assert school.due().waiting == 1
    school.revoke("P0021")
    assert school.due().waiting == 0


@pytest.mark.parametrize(("how", "moved"), [("left", 12), ("year level", 13), ("gone", 12)])
def test_a_rollover_makes_it_due_at_once(a_school: Make, how: str, moved: int) -> None:
    school = with_one_leaver(a_school).on(9)
    if how == "left":
        school.files.leave(*students(2, 13))
    elif how == "year level":
        for code in students(2, 13):
            school.files.students[code]["year_level"] = "8"
        school.files.leave("S0014")
    else:
        take_out(school.files, students(2, 13))
    due = school.take_in().due()
    assert due.is_due
    assert due.short == "due: rollover 10 Nov"
    assert due.since[0] == (
        f"Rollover in the import of 10 Nov 2026 (no. 2): {moved} of 149 students left or changed year level."
    )
    assert not school.on(10).revoke().due().is_due, "and the next run settles it"


def test_a_few_leavers_are_no_rollover(a_school: Make) -> None:
    school = with_one_leaver(a_school).on(9)
    school.files.leave(*students(2, 8))
    due = school.take_in().due()
    assert (due.is_due, due.rollover, due.waiting) == (False, None, 7)


def test_leavers_whom_the_feed_stops_listing_are_no_rollover(a_school: Make) -> None:
    """Twelve had left when first seen, twelve were seen to leave before the last run; then none of them is listed."""
    files = families(150)
    files.leave(*students(1, 12), on="2026-06-30")
    school = a_school(files).on(0).take_in()
    files.leave(*students(13, 24), on="2026-11-02")
    school.on(1).take_in().on(2).revoke(*(f"P{number:04}" for number in range(1, 25)))
    for number in range(1, 25):
        files.contacts[f"P{number:04}"]["username"] = ""
    take_out(files, students(1, 24))
    files.leave("S0030")
    due = school.on(9).take_in().due()
    assert (due.is_due, due.rollover) == (False, None)
    assert due.since[0] == "1 account is ready because a student left since then."


def test_flags_that_went_off_since_are_told(a_school: Make) -> None:
    files = families(150)
    files.leave("S0150")
    for number in range(1, 13):
        files.contacts[f"P{number:04}"]["contact_type"] = "Postal"
    school = a_school(files).on(0).take_in().on(1).revoke("P0150").on(9)
    for number in range(1, 13):
        files.links[f"S{number:04}", f"P{number:04}"]["portal_access"] = "no"
    due = school.take_in().due()
    assert due.since[0] == (
        "The portal access of 12 accounts of contact type Postal went off in the import of 10 Nov 2026 (no. 2); nobody "
        "has answered for it."
    )
