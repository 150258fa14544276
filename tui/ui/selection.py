"""Marks: which people are marked, apart from what is shown, so that they survive filter, sort, refresh and tabs.

Keyed by person number. Every change can be undone; what can't be seen at the moment is counted, never forgotten.
Marking everybody costs a few passes over as many bytes as there are people, and so stays under a key's time.
"""

import zlib
from array import array
from collections import deque
from collections.abc import Iterable

from tui.manager.masks import Mask, both, difference, mask_of, members, shared, union, without

_UNDO = 50
_FEW = 1000  # so many changed marks are remembered by number; more by a packed set
_CONTACTS, _ALL_TYPES = 0, 4  # of four numbers the first is a contact's


class Marks:
    """The marked people, and how many of them the list shown at the moment hides."""

    def __init__(self) -> None:
        self.mask = bytearray()
        self.hidden = 0
        self._count = 0
        self._undo: deque[array[int] | bytes | None] = deque(maxlen=_UNDO)  # who changed; None: nobody was marked

    def __len__(self) -> int:
        return self._count

    def __contains__(self, person: int) -> bool:
        return person < len(self.mask) and self.mask[person] == 1

    def persons(self) -> "array[int]":
        """The marked, by number."""
        return members(self.mask)

    def contacts(self) -> "array[int]":
        """The marked contacts: students and staff are never acted on."""
        return array("q", (person * _ALL_TYPES for person in members(self.mask[_CONTACTS::_ALL_TYPES])))

    @property
    def contact_count(self) -> int:
        """How many of the marked are contacts."""
        return self.mask[_CONTACTS::_ALL_TYPES].count(1) if self._count else 0

    def toggle(self, person: int) -> None:
        """Mark this one, or unmark it."""
        self._undo.append(array("q", [person]))
        self._flip(person)

    def toggle_all(self, mask: Mask) -> None:
        """Mark those of a set that are not, unmark those that are."""
        self._change(mask)

    def add(self, mask: Mask) -> int:
        """Mark a set; returns how many were not marked before."""
        return self._change(without(mask, self.mask) if self._count else mask)

    def remove(self, mask: Mask) -> int:
        """Unmark a set; returns how many were marked."""
        before = self._count
        self._change(both(self.mask, mask))
        return before - self._count

    def clear(self) -> None:
        """Unmark everybody, hidden ones too."""
        self._change(bytes(self.mask))

    def undo(self) -> bool:
        """Take the last change back; False when there is none."""
        if not self._undo:
            return False
        change = self._undo.pop()
        if change is None:
            self._set(bytearray())
        elif isinstance(change, array):
            for person in change:
                self._flip(person)
        else:
            self._set(difference(self.mask, zlib.decompress(change)))
        return True

    @property
    def can_undo(self) -> bool:
        return bool(self._undo)

    def settle(self, done: Iterable[int], failed: Iterable[int]) -> None:
        """After a job: who was done is unmarked, who failed stays (or becomes) marked. Not to be undone."""
        self._set(union(without(self.mask, mask_of(done)), mask_of(failed)))
        self._undo.clear()

    def count_hidden(self, shown: Mask) -> None:
        """Count the marks that are not among `shown`; to be called when the list changes, not at every key."""
        self.hidden = self._count - shared(self.mask, shown) if self._count else 0

    def _flip(self, person: int) -> None:
        if person >= len(self.mask):
            self.mask.extend(bytes(person + 1 - len(self.mask)))
        self.mask[person] ^= 1
        self._count += 1 if self.mask[person] else -1

    def _change(self, change: Mask) -> int:
        count = change.count(1)
        if count:
            if not self._count:
                self._undo.append(None)
                self.mask, self._count = bytearray(change), count
            else:
                self._undo.append(members(change) if count <= _FEW else zlib.compress(change, 1))
                self._set(difference(self.mask, change))
        return count

    def _set(self, mask: bytearray) -> None:
        self.mask = mask
        self._count = mask.count(1)
