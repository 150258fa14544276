"""Marks: which people are marked, apart from what is shown, so that they survive filter, sort, refresh and tabs.

Keyed by person number. Every change can be undone; what can't be seen at the moment is counted, never forgotten.
"""

from collections import deque
from collections.abc import Iterable, Sequence

_UNDO = 50


class Marks:
    """The marked people of one user type, and how many of them the list shown at the moment hides."""

    def __init__(self) -> None:
        self.persons: set[int] = set()
        self.hidden = 0
        self._undo: deque[frozenset[int]] = deque(maxlen=_UNDO)

    def __len__(self) -> int:
        return len(self.persons)

    def __contains__(self, person: int) -> bool:
        return person in self.persons

    def toggle(self, persons: Iterable[int]) -> None:
        """Mark those that are not, unmark those that are."""
        self._change(frozenset(persons))

    def add(self, persons: Iterable[int]) -> int:
        """Mark these; returns how many were not marked before."""
        change = frozenset(persons) - self.persons
        self._change(change)
        return len(change)

    def remove(self, persons: Iterable[int]) -> int:
        """Unmark these; returns how many were marked."""
        change = self.persons.intersection(persons)
        self._change(frozenset(change))
        return len(change)

    def clear(self) -> None:
        """Unmark everybody, hidden ones too."""
        self._change(frozenset(self.persons))

    def undo(self) -> bool:
        """Take the last change back; False when there is none."""
        if not self._undo:
            return False
        self.persons.symmetric_difference_update(self._undo.pop())
        return True

    @property
    def can_undo(self) -> bool:
        return bool(self._undo)

    def settle(self, done: Iterable[int], failed: Iterable[int]) -> None:
        """After a job: who was done is unmarked, who failed stays (or becomes) marked. Not to be undone."""
        self.persons.difference_update(done)
        self.persons.update(failed)
        self._undo.clear()

    def count_hidden(self, shown: Sequence[int]) -> None:
        """Count the marks that are not among `shown`; to be called when the list changes, not at every key."""
        self.hidden = len(self.persons) - len(self.persons.intersection(shown)) if self.persons else 0

    def _change(self, change: frozenset[int]) -> None:
        if change:
            self.persons.symmetric_difference_update(change)
            self._undo.append(change)
