"""The account list as the manager hands it out: tabs, sorts, filter words, rows in the order asked for, exports."""

import csv
import itertools
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import Result
from tests.school import LATER, SchoolFiles, families
from tui.domain.actor import Actor
from tui.domain.records import UserType
from tui.errors import Refused
from tui.manager.manager import EXPORTED, AccountManager
from tui.manager.views import Row, Tab
from tui.register.listing import SORTS
from tui.settings import Settings
from tui.text import fold

TakeIn = Callable[..., Result]


@pytest.fixture
def school() -> SchoolFiles:
    """Sixty families with much in common, so that sorting has ties to settle and words have something to find."""
    school = families(60)
    for number in range(1, 61):
        code = f"P{number:04}"
        school.contacts[code] |= {
            "surname": ("Ångström", "Brown", "nguyễn", "O'Neil")[number % 4],
            "given_name": ("Zoë", "Ann")[number % 2],
            "contact_type": ("Mother", "Father", "Postal")[number % 3],
            "mobile": f"0400 000 {number:03}",
            "last_login": ("", "2026-10-20T01:02:03Z", "2026-09-01")[number % 3],
        }
        school.students[f"S{number:04}"] |= {"given_name": ("Søren", "Kim")[number % 2], "surname": "Brown"}
    school.contacts["P0010"]["preferred_name"] = "Lexi"
    school.leave(*(f"S{number:04}" for number in range(1, 9)))
    for number in range(9, 13):
        school.contacts[f"P{number:04}"]["username"] = ""
    return school


@pytest.fixture
def manager(take_in: TakeIn, school: SchoolFiles, register: Path) -> Iterator[AccountManager]:
    take_in(school)
    opened = AccountManager(Settings(), register, actor=Actor("tester", "local"))
    yield opened
    opened.close()


def found(manager: AccountManager, text: str, tab: Tab = Tab.ALL) -> list[str]:
    return sorted(manager.codes(manager.view(tab, text=text).persons))


def test_the_tabs_partition_the_contacts(manager: AccountManager) -> None:
    tabs = (Tab.READY_TO_REVOKE, Tab.READY_TO_PROVISION, Tab.ACTIVE, Tab.NO_ACCESS)
    seen = [code for tab in tabs for code in manager.codes(manager.view(tab).persons)]
    assert sorted(seen) == sorted(manager.codes(manager.view(Tab.ALL).persons))
    assert len(seen) == len(set(seen)) == 60
    counts = manager.counts()
    assert {tab: len(manager.view(tab)) for tab in Tab} == counts == dict(manager.overview().counts)
    never = manager.rows(manager.view(Tab.NEVER_LOGGED_IN).persons)
    assert never
    assert {row.status for row in never} == {"active"}
    assert {row.last_login for row in never} == {""}


KEYS: dict[str, Callable[[Row], object]] = {
    "code": lambda row: row.code,
    "type": lambda row: row.contact_type,
    "email": lambda row: row.email.casefold(),
    "username": lambda row: row.username.casefold(),
    "reason": lambda row: row.reason,
    "status": lambda row: row.status,
    "last_login": lambda row: (row.last_login is not None, row.last_login or ""),
}


@pytest.mark.parametrize("user_type", list(UserType))
@pytest.mark.parametrize("sort", SORTS)
def test_each_sort_shows_the_same_people_every_time(manager: AccountManager, sort: str, user_type: UserType) -> None:
    up = manager.view(Tab.ALL, user_type=user_type, sort=sort)
    assert list(up.persons) == list(manager.view(Tab.ALL, user_type=user_type, sort=sort).persons)
    down = manager.view(Tab.ALL, user_type=user_type, sort=sort, descending=True)
    assert sorted(up.persons) == sorted(down.persons)
    assert len(set(up.persons)) == len(up) == up.total
    if user_type is UserType.CONTACT and sort in KEYS:
        for view, order in ((up, 1), (down, -1)):
            keys = [KEYS[sort](row) for row in manager.rows(view.persons)]
            pairs = list(itertools.pairwise(keys))
            assert all((a <= b if order > 0 else a >= b) for a, b in pairs)  # type: ignore[operator]
            # Among equals the order is by name or by person, and settled.
            ties = [person for person, key in zip(view.persons, keys, strict=True) if key == keys[0]]
            by_name = {row.person: row for row in manager.rows(ties)}
            assert len(ties) == len(by_name)


def test_names_are_sorted_by_surname_as_people_read_them(manager: AccountManager, school: SchoolFiles) -> None:
    codes = manager.codes(manager.view(Tab.ALL, sort="name").persons)
    names = [fold(f"{school.contacts[code]['surname']} {school.contacts[code]['given_name']}") for code in codes]
    assert names == sorted(names)
    assert names[0].startswith("angstrom")
    back = manager.codes(manager.view(Tab.ALL, sort="name", descending=True).persons)
    backwards = [fold(f"{school.contacts[code]['surname']} {school.contacts[code]['given_name']}") for code in back]
    assert backwards == sorted(names, reverse=True)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("P0010", ["P0010"]),
        ("p0010", ["P0010"]),
        ("lexi", ["P0010"]),
        ("p0011@families", ["P0011"]),
        ("FAMILIES.EXAMPLE p0012", ["P0012"]),
        ("user.p0013", ["P0013"]),
        ("014 0400", ["P0014"]),
        ("  p0010   lexi ", ["P0010"]),
        ("lexi p0011", []),
        ("100%", []),
        ("_", [f"P{number:04}" for number in range(1, 9)]),
        ("'", [f"P{number:04}" for number in range(3, 61, 4)]),
        ("\x1b", []),
        ("", [f"P{number:04}" for number in range(1, 61)]),
    ],
)
def test_all_words_must_occur(manager: AccountManager, text: str, codes: list[str]) -> None:
    assert found(manager, text) == codes


@pytest.mark.parametrize(
    ("text", "which"),
    [
        ("nguyen", lambda contact: contact["surname"] == "nguyễn"),
        ("NGUYỄN", lambda contact: contact["surname"] == "nguyễn"),
        ("zoe angstrom", lambda contact: contact["given_name"] == "Zoë" and contact["surname"] == "Ångström"),
        ("Zoë", lambda contact: contact["given_name"] == "Zoë"),
        ("postal", lambda contact: contact["contact_type"] == "Postal"),
    ],
    ids=["nguyen", "NGUYEN with marks", "zoe angstrom", "Zoe with marks", "postal"],
)
def test_letters_are_found_with_and_without_their_marks(
    manager: AccountManager, school: SchoolFiles, text: str, which: Callable[[dict[str, str]], bool]
) -> None:
    assert found(manager, text) == sorted(code for code, contact in school.contacts.items() if which(contact))


def test_a_childs_name_finds_its_parents(manager: AccountManager, school: SchoolFiles) -> None:
    kims = sorted(f"P{number:04}" for number in range(1, 61, 2))
    assert found(manager, "kim") == kims
    school_of_soren = sorted(f"P{number:04}" for number in range(2, 61, 2))
    school_of_soren_found = found(manager, "Søren")
    assert school_of_soren_found == school_of_soren
    assert found(manager, "kim p0010") == []


def test_a_reason_is_found_by_its_words(manager: AccountManager) -> None:
    leavers = [f"P{number:04}" for number in range(1, 9)]
    assert found(manager, "no_current_student") == leavers
    assert found(manager, "current student") == leavers


def test_a_view_says_out_of_how_many(manager: AccountManager) -> None:
    view = manager.view(Tab.READY_TO_REVOKE, text="p0001")
    assert (len(view), view.total) == (1, 8)
    view = manager.view(Tab.READY_TO_REVOKE, reason="unexplained")
    assert (len(view), view.total) == (0, 8)


def test_rows_come_in_the_order_asked_for(manager: AccountManager) -> None:
    persons = list(manager.view(Tab.ALL, sort="email", descending=True).persons)
    students = list(manager.view(Tab.ALL, user_type=UserType.STUDENT).persons[:3])
    asked = [persons[7], *students, persons[3], persons[40], persons[7]]
    assert [row.person for row in manager.rows(asked)] == asked
    assert manager.codes(asked) == [row.code for row in manager.rows(asked)]
    assert manager.rows([]) == []


def test_a_row_has_what_the_table_shows(manager: AccountManager) -> None:
    manager.hold("P0001", "a court date is pending")
    (row,) = manager.rows(manager.view(Tab.ALL, text="P0001").persons)
    assert row._asdict() == {
        "person": row.person,
        "code": "P0001",
        "user_type": "contact",
        "name": "Ann Brown",
        "contact_type": "Father",
        "email": "p0001@families.example",
        "username": "user.p0001",
        "status": "ready_to_revoke",
        "reason": "no_current_student",
        "reasons": ("no_current_student",),
        "students": "(Kim)",
        "last_login": "2026-10-20T01:02:03+00:00",
        "held": "a court date is pending",
        "requested": "",
    }


def test_children_at_the_school_stand_first_and_many_are_counted(
    manager: AccountManager, take_in: TakeIn, school: SchoolFiles
) -> None:
    for number in (20, 1, 22):
        school.link(f"S{number:04}", "P0030")
    take_in(school, LATER)
    (row,) = manager.rows(manager.view(Tab.ALL, text="P0030").persons)
    assert row.students == "Søren 7, Søren 7, Søren 7, (Kim)"
    for number in (24, 26):
        school.link(f"S{number:04}", "P0030")
    take_in(school, LATER)
    (row,) = manager.rows(manager.view(Tab.ALL, text="P0030").persons)
    assert row.students == "Søren 7, Søren 7, Søren 7, +3"


# -- export ------------------------------------------------------------------------------------------------------------


def test_an_export_holds_what_was_shown(manager: AccountManager, tmp_path: Path) -> None:
    persons = manager.view(Tab.READY_TO_REVOKE, sort="code", descending=True).persons
    path = tmp_path / "export.csv"
    assert manager.export(persons, path) == 8
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == EXPORTED
    assert [row["code"] for row in rows] == [f"P{number:04}" for number in range(8, 0, -1)]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf"), "a spreadsheet needs it to read names with marks"


def test_an_export_is_harmless_and_writes_over_nothing(
    manager: AccountManager, take_in: TakeIn, school: SchoolFiles, tmp_path: Path
) -> None:
    school.contacts["P0001"] |= {"given_name": "=cmd()", "username": "-user"}
    take_in(school, LATER)
    path = tmp_path / "export.csv"
    manager.export(manager.view(Tab.READY_TO_REVOKE).persons, path)
    text = path.read_text(encoding="utf-8-sig")
    assert "'=cmd() Brown" in text
    before = path.read_bytes()
    with pytest.raises(Refused, match="already there"):
        manager.export(manager.view(Tab.ALL).persons, path)
    assert path.read_bytes() == before
    with pytest.raises(Refused, match="can't be written"):
        manager.export(manager.view(Tab.ALL).persons, tmp_path / "nowhere" / "export.csv")


def test_an_export_of_a_session_that_only_reads(manager: AccountManager, register: Path, tmp_path: Path) -> None:
    reading = AccountManager(Settings(), register, read_only=True)
    assert reading.export(reading.view(Tab.ALL).persons, tmp_path / "export.csv") == 60
    reading.close()
