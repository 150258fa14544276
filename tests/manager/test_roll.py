"""The roll says what the register says: tabs, counts, orders, and whom a filter finds."""

import shutil
import threading
from itertools import compress
from pathlib import Path

import pytest

from tests.ui.conftest import leavers
from tui.domain.query import parse
from tui.domain.records import UserType
from tui.errors import Refused
from tui.feeds import open_feed
from tui.manager.demo import open_demo
from tui.manager.manager import AccountManager
from tui.manager.roll import Roll, Search
from tui.manager.views import Tab
from tui.register.listing import SORTS
from tui.settings import AccountSettings, Settings


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> AccountManager:
    return open_demo(tmp_path_factory.mktemp("demo") / "demo.sqlite3", Settings())


TYPES = (*UserType, None)


@pytest.mark.parametrize("user_type", TYPES)
def test_tabs_counts_and_orders_are_the_registers(demo: AccountManager, user_type: UserType | None) -> None:
    roll = demo.read_roll(Roll(user_type))
    assert roll.is_complete
    assert roll.counts() == demo.counts(user_type)
    for tab in Tab:
        view = demo.view(tab, user_type=user_type)
        assert roll.listed(tab) == view.persons
        assert roll.mask(tab).count(1) == len(view)
    for sort in SORTS:
        for descending in (False, True):
            view = demo.view(Tab.ALL, user_type=user_type, sort=sort, descending=descending)
            assert demo.order(roll, sort, descending) == view.persons
            assert sorted(view.persons) == sorted(roll.persons)


def test_everything_of_a_person_is_found(demo: AccountManager) -> None:
    roll = demo.read_roll(Roll(UserType.CONTACT))
    for row in demo.rows(roll.persons[::97]):
        for text in (row.code, row.email, row.username, row.name.split()[-1], row.students.split(" ")[0].strip("(),")):
            if text:
                assert row.person in Search(roll, Tab.ALL, parse(text)).to_the_end().found, text
                tab = Tab(row.status)
                found = Search(roll, tab, parse(text)).to_the_end().found
                assert row.person in found
                assert set(found) <= set(roll.listed(tab))


def test_a_search_in_slices_finds_the_same(demo: AccountManager) -> None:
    roll = demo.read_roll(Roll(None))
    whole = Search(roll, Tab.ALL, parse("an")).to_the_end()
    sliced = Search(roll, Tab.ALL, parse("an"))
    while not sliced.step(0):
        pass
    assert sliced.found == whole.found
    narrower = Search(roll, Tab.ALL, parse("ann"), within=whole).to_the_end()
    assert narrower.found == Search(roll, Tab.ALL, parse("ann")).to_the_end().found


@pytest.mark.parametrize(
    "text", ["e", "w", "é", "7", "@", "an", "ann a", "a n", "code:7", "name:w", "child:q", "/^a/", "zzzz", "name:/b/ c"]
)
@pytest.mark.parametrize("lettered", [300_000, 0])
def test_the_letters_of_a_piece_hide_nobody(
    demo: AccountManager, text: str, lettered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.manager.roll._LETTERED", lettered)
    roll, query = demo.read_roll(Roll(UserType.CONTACT)), parse(text)
    rows = [row for piece in roll.pieces for row in piece.rows]
    expected = set(compress(roll.persons, query.fits(rows, b"\1" * len(rows))))
    assert set(Search(roll, Tab.ALL, query).to_the_end().found) == expected
    for wider in (parse(text[:n]) for n in range(1, len(text)) if not text.startswith(("/", "name:/"))):
        within = Search(roll, Tab.ALL, wider).to_the_end() if query.narrows(wider) else None
        assert set(Search(roll, Tab.ALL, query, within).to_the_end().found) == expected
        for tab in (Tab.READY_TO_REVOKE, Tab.NEVER_LOGGED_IN):
            assert set(Search(roll, tab, query).to_the_end().found) == expected & set(roll.listed(tab))


def test_text_that_comes_later_is_looked_through_later(demo: AccountManager) -> None:
    roll = demo.read_roll(Roll(UserType.CONTACT))
    pieces, roll.pieces, roll.is_complete = roll.pieces, [], False
    search = Search(roll, Tab.ALL, parse("a"))
    assert not search.step(1)
    assert not search.found
    roll.pieces, roll.is_complete = pieces, True
    assert search.step(1)
    assert search.found


def test_a_roll_is_of_one_moment(demo: AccountManager, tmp_path: Path) -> None:
    """What another thread changes while the text is still being read is not seen in half."""
    manager = AccountManager(Settings(), Path(shutil.copy(demo.path, tmp_path / "demo.sqlite3")))
    roll = Roll(UserType.CONTACT)
    code = manager.codes(manager.view(Tab.ACTIVE).persons[:1])[0]

    def listed() -> None:
        worker = threading.Thread(target=manager.hold, args=(code, "a note"))
        worker.start()
        worker.join()

    manager.read_roll(roll, listed)
    assert roll.is_complete
    assert sum(map(len, roll.pieces)) == len(roll.persons)
    manager.close()


def test_a_roll_that_is_not_wanted_any_more_ends(demo: AccountManager) -> None:
    roll = Roll(None)
    demo.read_roll(roll, roll.stop)
    assert roll.is_listed
    assert not roll.is_complete


@pytest.mark.parametrize("text", ["/(", "nmae:x"])
def test_the_command_lines_filter_says_what_is_wrong(demo: AccountManager, text: str) -> None:
    with pytest.raises(Refused, match="Nothing can be filtered by"):
        demo.view(Tab.ALL, text=text)


def test_an_expression_that_would_never_end_is_given_up(tmp_path: Path) -> None:
    school = leavers(1)
    school.contacts["P0001"]["surname"] = "a" * 40
    settings = Settings(accounts=AccountSettings(service="embedded"))
    manager = AccountManager(settings, tmp_path / "register.sqlite3", create=True)
    manager.import_roster(open_feed(school.write(tmp_path / "extract")))
    with pytest.raises(Refused, match="takes too long"):
        manager.view(Tab.ALL, text="/(a+)+!/")
    manager.close()
