"""The roll: everyone of a user type in memory, as numbers in order of name and as folded text for filters.

Some twenty bytes of number, five of status, 40 of letters and about 150 of text a person; of more than _LETTERED
people no letters are kept, for they would not fit into 250 MB with a million. It is read once, in the background, and
read anew when the register changed; tabs, counts, marks and filters are then answered from it without a statement of
SQL. Names and the rest of a row are still read for the few rows that are shown.
"""

import threading
import time
from array import array
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from itertools import compress, repeat
from operator import contains

from tui.domain.query import LETTERS, Query
from tui.domain.records import UserType
from tui.domain.status import Status
from tui.manager.masks import Mask, mask_of
from tui.manager.patience import limited
from tui.manager.views import Tab
from tui.register import listing, roll
from tui.register.database import Database

_LONGEST = 0.5  # seconds for one slice of a search, past which an expression is given up
_LETTERED = 300_000  # people
_NEVER = 5  # active, and never logged in
_CODES: Mapping[str, int] = {status: number for number, status in enumerate(Status, start=1)}


def _table(codes: Iterable[int]) -> bytes:
    wanted = frozenset(codes)
    return bytes(int(code in wanted) for code in range(256))


_TABLES = {
    **{Tab(status): _table([code]) for status, code in _CODES.items()},
    Tab.ACTIVE: _table([_CODES[Status.ACTIVE], _NEVER]),
    Tab.NEVER_LOGGED_IN: _table([_NEVER]),
    Tab.ALL: _table(range(1, 256)),
}


class Piece:
    """The folded text of some people, and by letter who has it: that rules most people out without their text."""

    def __init__(self, rows: list[str], *, lettered: bool = True) -> None:
        self.rows = rows
        self.letters = {
            letter: int.from_bytes(bytes(map(contains, rows, repeat(letter))), "little")
            for letter in (LETTERS if lettered else ())
        }

    def __len__(self) -> int:
        return len(self.rows)


class Roll:
    """Everyone of a user type (None: of every one). Filled by `read`, in whatever thread; asked by another.

    `persons` and the statuses are there when `is_listed`; pieces of text come one by one until `is_complete`.
    """

    def __init__(self, user_type: UserType | None) -> None:
        self.user_type = user_type
        self.persons: array[int] = array("q")
        self.size = 0  # of a mask: the largest person number and one
        self.pieces: list[Piece] = []
        self.is_listed = False
        self.is_complete = False
        self._stopped = threading.Event()
        self._statuses = bytearray()  # in the order of persons
        self._status_of = bytearray()  # by person number
        self._lists: dict[Tab, array[int]] = {}
        self._orders: dict[tuple[str, bool], array[int]] = {}

    def read(self, database: Database, listed: Callable[[], None] = lambda: None) -> None:
        """Read it from the register, all of it as it was at one moment; `listed` is called in between."""
        connection = database.connection
        with database.errors():
            connection.execute("BEGIN")
            try:
                self._read_statuses(database)
                listed()
                for rows in roll.texts(database, self.user_type, self._stopped.is_set):
                    self.pieces.append(Piece(rows, lettered=len(self.persons) <= _LETTERED))
                self.is_complete = not self._stopped.is_set()
            finally:
                connection.rollback()

    def stop(self) -> None:
        """It is not wanted any more: reading ends soon."""
        self._stopped.set()

    def _read_statuses(self, database: Database) -> None:
        persons, codes = self.persons, self._statuses
        for person, status, never in roll.statuses(database, self.user_type):
            persons.append(person)
            codes.append(_NEVER if never else _CODES[status])
        self.size = max(persons, default=-1) + 1
        by_number = bytearray(self.size)
        for person, code in zip(persons, codes, strict=True):
            by_number[person] = code
        self._status_of = by_number
        # All of them now, in the reader's thread: a change of tab then takes no longer for a million.
        for tab, table in _TABLES.items():
            self._lists[tab] = array("q", compress(persons, codes.translate(table))) if tab is not Tab.ALL else persons
        self.is_listed = True

    # -- tabs ------------------------------------------------------------------------------------------------------

    def counts(self) -> dict[Tab, int]:
        """People by tab."""
        found = {Tab(status): self._statuses.count(code) for status, code in _CODES.items()}
        never = self._statuses.count(_NEVER)
        found[Tab.ACTIVE] += never
        return {**found, Tab.NEVER_LOGGED_IN: never, Tab.ALL: len(self.persons)}

    def mask(self, tab: Tab) -> Mask:
        """Who is on a tab."""
        return self._status_of.translate(_TABLES[tab])

    def listed(self, tab: Tab) -> "array[int]":
        """Who is on a tab, in order of name."""
        return self._lists[tab]

    def order(self, database: Database, sort: str, descending: bool) -> "array[int]":
        """Everybody in another order; read once and kept."""
        if sort == "name" and not descending:
            return self.persons
        key = (sort, descending)
        if key not in self._orders:
            found = listing.listed(
                database, tab=listing.ALL, user_type=self.user_type, sort=sort, descending=descending
            )
            self._orders = {key: found}
        return self._orders[key]

    def on_tab(self, first: int, count: int, tab: Tab) -> int:
        """Of `count` people in order of name from the place `first` on: a byte each, 1 for whoever is on a tab."""
        return int.from_bytes(self._statuses[first : first + count].translate(_TABLES[tab]), "little")


class Search:
    """Looking through a tab for a query, a slice of time after the other, so that keys are answered in between.

    `found` grows in order of name; `mask` is the same as a set. `within` is a search that found all of them, and
    others; those whom it did not find are not looked at again.
    """

    def __init__(self, roll: Roll, tab: Tab, query: Query, within: "Search | None" = None) -> None:
        self.roll = roll
        self.tab = tab
        self.query = query
        self.found: array[int] = array("q")
        self.is_done = False
        self.within = within if within is not None and within.is_done else None
        self._next = 0
        self._letters = query.letters
        self._fits: dict[int, int] = {}  # by piece, a byte a person

    @property
    def mask(self) -> Mask:
        """Who was found, as a set."""
        return mask_of(self.found, self.roll.size)

    @property
    def is_up_to_date(self) -> bool:
        """Whether all the text that is there was looked through."""
        return self._next >= len(self.roll.pieces)

    def step(self, seconds: float) -> bool:
        """Look for about so long; True when the end was reached. Text that is not read yet is next time's.

        Raises QueryError when an expression takes too long.
        """
        end = time.perf_counter() + seconds
        with limited(_LONGEST) if self.query.tests else nullcontext():
            while self._next < len(self.roll.pieces):
                self._look_through(self._next)
                self._next += 1
                if time.perf_counter() > end:
                    break
        self.is_done = self.roll.is_complete and self.is_up_to_date
        return self.is_done

    def to_the_end(self) -> "Search":
        """Look through all of it at once; the roll must be complete."""
        while not self.step(_LONGEST / 2):
            pass
        return self

    def _look_through(self, number: int) -> None:
        piece, first = self.roll.pieces[number], number * roll.PIECE
        count = len(piece)
        among = self.roll.on_tab(first, count, self.tab)
        if self.within is not None:
            among &= self.within._fits.get(number, 0)
        for letter in self._letters & piece.letters.keys():
            among &= piece.letters[letter]
        if not among:
            return
        fits = among.to_bytes(count, "little")
        if not (piece.letters and self.query.is_letters):
            fits = self.query.fits(piece.rows, fits)
            among = int.from_bytes(fits, "little")
        if among:
            self._fits[number] = among
            self.found.extend(compress(self.roll.persons[first : first + count], fits))
