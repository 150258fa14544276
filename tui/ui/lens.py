"""How a tab of the account list is looked at: its filter, its order, its cursor, and who is narrowed down to or out."""

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tui.manager.masks import Mask, mask_of, only, without
from tui.ui.drawing import crop

_LEAST = 10  # cells of a label that still say something


@dataclass
class Narrowing:
    """People of whom a list keeps only these (`keep`) or leaves these out; read again when the register is.

    `label` says it on the status line: `only Postal, 20 Nov 2026`, `without Postal, 20 Nov 2026`.
    """

    label: str
    persons: Callable[[], Iterable[int]]
    keep: bool
    _mask: Mask | None = None

    def of(self, persons: "array[int]", size: int) -> "array[int]":
        """Who is left of these people; `size` is that of a set with everybody."""
        if self._mask is None:
            self._mask = mask_of(self.persons(), size)
        return only(persons, self._mask if self.keep else without(mask_of(persons), self._mask))

    def forget(self) -> None:
        """The register may be another: read who they are anew."""
        self._mask = None


@dataclass
class Lens:
    """How a tab is looked at: its own filter, sort and cursor."""

    text: str = ""
    sort: str = "name"
    descending: bool = False
    person: int | None = None
    at: int = 0  # where this one stood last
    narrowings: list[Narrowing] = field(default_factory=list)

    def narrow(self, narrowing: Narrowing) -> None:
        """Look at only some, or leave some out beside those that are left out already."""
        others = [] if narrowing.keep else [other for other in self.narrowings if not other.keep]
        self.narrowings = [*(other for other in others if other.label != narrowing.label), narrowing]
        self.text = ""

    def narrow_down(self, persons: "array[int]", size: int) -> "array[int]":
        """Who is left of these people."""
        for narrowing in self.narrowings:
            persons = narrowing.of(persons, size)
        return persons


def forget(lenses: Iterable[Lens]) -> None:
    """The register may be another: who is narrowed down to or out is read anew."""
    for lens in lenses:
        for narrowing in lens.narrowings:
            narrowing.forget()


def labels(narrowings: Sequence[Narrowing], room: int) -> str:
    """What the narrowings are called, in as many cells as there are: that a list is narrowed is always said."""
    return crop(" ".join(narrowing.label for narrowing in narrowings), max(room, _LEAST))
