"""The shipped profiles on exports that look as public material describes them, as files and through SQL."""

import csv
import shutil
import sqlite3
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tui.errors import InputRefused
from tui.feeds import open_feed
from tui.feeds.table_feed import TableFeed
from tui.settings import ImportSettings, Settings, SqlSettings

Tables = Mapping[str, Sequence[Mapping[str, str]]]

# CASES21: a family with two adults, one with one; a child of both, one who is leaving, one who has left.
ADULT = ("NAME", "SURNAME", "TITLE", "GENDER", "E_MAIL", "MOBILE")
CASES21: dict[str, list[dict[str, str]]] = {
    "DF": [
        {
            "DFKEY": "NGU0001", "HOMEKEY": "11",
            "TITLE_A": "Ms", "NAME_A": "Zoë", "SURNAME_A": "NGUYEN", "GENDER_A": "F",
            "E_MAIL_A": "zoe@families.example", "MOBILE_A": "0400 000 001",
            "TITLE_B": "Mr", "NAME_B": "Tom", "SURNAME_B": "LEE", "GENDER_B": "M", "E_MAIL_B": "tom@families.example",
            "MOBILE_B": "0400 000 002",
        },
        {
            "DFKEY": "BYR0001", "HOMEKEY": "",
            "TITLE_A": "", "NAME_A": "Ann", "SURNAME_A": "BYRNE", "GENDER_A": "", "E_MAIL_A": "", "MOBILE_A": "",
            "TITLE_B": "", "NAME_B": "", "SURNAME_B": "", "GENDER_B": "", "E_MAIL_B": "", "MOBILE_B": "",
        },
    ],
    "UM": [{"UMKEY": "11", "ADDRESS01": "1 High St", "ADDRESS02": "", "ADDRESS03": "KEW", "POSTCODE": "3101"}],
    "ST": [
        {"STKEY": "NGU0003", "FIRST_NAME": "Kim", "STATUS": "ACTV", "FAMILY": "NGU0001", "FAMB": "BYR0001",
         "RELATION_A01": "MOTHER", "RELATION_A02": "FATHER", "RELATION_B01": "AUNT", "ACCESS": "Court order"},
        {"STKEY": "NGU0002", "FIRST_NAME": "Max", "STATUS": "LVNG", "FAMILY": "NGU0001", "RELATION_A01": "MOTHER"},
        {"STKEY": "BYR0002", "FIRST_NAME": "Joe", "STATUS": "LEFT", "FAMILY": "BYR0001", "RELATION_A01": "MOTHER",
         "EXIT_DATE": "18/12/2025 12:00:00 AM"},
        {"STKEY": "BYR0003", "FIRST_NAME": "Pat", "STATUS": "FUT", "FAMILY": "BYR0001"},
    ],
    "SF": [
        {"SFKEY": "ABCD", "TITLE": "Ms", "FIRST_NAME": "Erin", "SURNAME": "NG", "E_MAIL": "", "STAFF_STATUS": "ACTV"},
        {"SFKEY": "EFGH", "TITLE": "", "FIRST_NAME": "Ian", "SURNAME": "HILL", "E_MAIL": "", "STAFF_STATUS": "LEFT"},
    ],
}  # fmt: skip
STUDENT = (
    "STKEY", "FIRST_NAME", "PREF_NAME", "SURNAME", "SCHOOL_YEAR", "STATUS", "EXIT_DATE", "E_MAIL", "ACCESS", "FAMILY",
    "FAMB", "FAMC", "RELATION_A01", "RELATION_A02", "RELATION_B01", "RELATION_B02", "RELATION_C01", "RELATION_C02",
)  # fmt: skip
for row in CASES21["ST"]:
    row.update({name: row.get(name, "") for name in STUDENT})

SYNERGETIC = (
    "StudentID", "StudentGiven1", "StudentPreferred", "StudentSurname", "StudentYearLevel", "StudentStatus",
    "StudentLeavingDate", "StudentEmail", "StudentContactType", "StudentContactPrimaryOnlyFlag",
    "StudentContactRelation", "StudentContactSpouseRelation", "StudentContactMailSalutation",
    *(f"StudentContact{who}{part}" for who in ("", "Spouse")
      for part in ("ID", "Title", "Given1", "Preferred", "Surname", "DefaultEmail", "DefaultMobilePhone")),
    *(f"StudentContact{part}" for part in ("Address1", "Address2", "Address3", "Suburb", "PostCode")),
)  # fmt: skip


def wide(
    student: str, contact: str, kind: str, *, spouse: str = "0", primary: str = "0", **cells: str
) -> dict[str, str]:
    """One row of the view: a student, a contact and perhaps the contact's spouse."""
    given = {
        "StudentID": student, "StudentGiven1": f"Kid{student}", "StudentSurname": "Lee", "StudentStatus": "FTE",
        "StudentContactType": kind, "StudentContactPrimaryOnlyFlag": primary,
        "StudentContactID": contact, "StudentContactGiven1": f"Person{contact}", "StudentContactSurname": "Lee",
        "StudentContactRelation": "Mother",
        "StudentContactSpouseID": spouse, "StudentContactSpouseGiven1": f"Person{spouse}",
        "StudentContactSpouseSurname": "Lee", "StudentContactSpouseRelation": "Father",
    }  # fmt: skip
    return {name: cells.get(name, given.get(name, "")) for name in SYNERGETIC}


ROWS = [
    wide("100", "7", "SC1", spouse="8"),
    wide("101", "7", "SC1", spouse="8", StudentStatus="LFT", StudentLeavingDate="2025-12-18 00:00:00.000"),
    wide("102", "8", "SC1", spouse="7", primary="1", StudentContactRelation="Father"),
    wide("100", "7", "SE1"),
]


def write(folder: Path, tables: Tables, name: str, encoding: str = "utf-8") -> Path:
    """The tables as CSV files, each under this name."""
    folder.mkdir(exist_ok=True)
    for table, rows in tables.items():
        with (folder / name.format(table)).open("w", encoding=encoding, newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def database(path: Path, tables: Tables) -> str:
    """The tables in an SQLite file."""
    connection = sqlite3.connect(path)
    for table, rows in tables.items():
        columns = ", ".join(f'"{name}"' for name in rows[0])
        connection.execute(f'CREATE TABLE "{table}" ({columns})')
        for row in rows:
            connection.execute(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(row))})', tuple(row.values()))
    connection.commit()
    connection.close()
    return str(path)


def everything(feed: object) -> dict[str, list[tuple[object, ...]]]:
    """All records without their line; nothing may be wrong with them."""
    assert isinstance(feed, TableFeed)
    kinds = {"contacts": feed.contacts, "students": feed.students, "links": feed.links, "staff": feed.staff}
    found: dict[str, list[tuple[object, ...]]] = {}
    for kind, read in kinds.items():
        found[kind] = [tuple(record[1:]) for record in read()]
    assert not list(feed.problems)
    return found


def test_cases21_as_eduhub_exports_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "eduhub", CASES21, "{}_8819.csv", "cp1252")
    (folder / "ST_8819_D.csv").write_text("only what changed\n")
    feed = open_feed(folder, profile="cases21")
    assert feed.description.paths == tuple(folder / f"{table}_8819.csv" for table in ("DF", "ST", "SF", "UM"))
    contacts, links = list(feed.contacts()), list(feed.links())
    assert [(c.code, c.given_name, c.email, c.address, c.suburb, c.postcode) for c in contacts] == [
        ("NGU0001-A", "Zoë", "zoe@families.example", "1 High St", "KEW", "3101"),
        ("BYR0001-A", "Ann", "", "", "", ""),
        ("NGU0001-B", "Tom", "tom@families.example", "1 High St", "KEW", "3101"),
    ]
    assert [(s.code, s.status, s.exit_date, s.custody_note) for s in feed.students()] == [
        ("NGU0003", "enrolled", "", "Court order"),
        ("NGU0002", "enrolled", "", ""),
        ("BYR0002", "left", "2025-12-18", ""),
        ("BYR0003", "future", "", ""),
    ]
    assert [(link.student_code, link.contact_code, link.relationship) for link in links] == [
        ("NGU0003", "NGU0001-A", "MOTHER"),
        ("NGU0002", "NGU0001-A", "MOTHER"),
        ("BYR0002", "BYR0001-A", "MOTHER"),
        ("BYR0003", "BYR0001-A", ""),
        ("NGU0003", "NGU0001-B", "FATHER"),
        ("NGU0002", "NGU0001-B", ""),
        ("NGU0003", "BYR0001-A", "AUNT"),
    ]
    assert {link.portal_access for link in links} == {None}, "no rule is guessed"
    assert [(s.code, s.employed) for s in feed.staff()] == [("ABCD", True), ("EFGH", False)]
    assert not feed.problems
    assert any("does not say who may have access" in note for note in feed.notes)


def test_what_a_profile_reads_may_come_as_a_zip(tmp_path: Path) -> None:
    folder = write(tmp_path / "export", CASES21, "{}_8819.csv")
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"export/{file.name}")
    read = everything(open_feed(folder, profile="cases21"))
    for feed in (
        open_feed(path, profile="cases21"),
        open_feed(path, settings=Settings(imports=ImportSettings(profile="cases21"))),
    ):
        assert everything(feed) == read
        assert (feed.description.source, feed.description.paths) == (str(path), (path,))
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(folder / "ST_8819.csv", "ST_8819.csv")
    with pytest.raises(InputRefused) as caught:
        open_feed(path, profile="cases21")
    assert caught.value.what == f"The zip {path} has no DF_*.csv, which the mapping profile cases21 reads."


def test_a_zip_keeps_what_a_profile_reads_whatever_it_ends_in(tmp_path: Path) -> None:
    folder = write(tmp_path / "export", CASES21, "{}_8819.dat")
    own = tmp_path / "own.toml"
    tables = "".join(f'[tables.{table.lower()}]\nfile = "{table}_*.dat"\n' for table in CASES21)
    own.write_text(f'extends = "cases21"\n{tables}')
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
    assert len(everything(open_feed(path, profile=str(own)))["contacts"]) == 3


@pytest.mark.parametrize("as_zip", [False, True])
def test_files_that_look_like_those_of_a_profile_are_told(tmp_path: Path, as_zip: bool) -> None:
    path = write(tmp_path / "export", CASES21, "{}_8819.csv")
    if as_zip:
        path = Path(shutil.make_archive(str(tmp_path / "set"), "zip", path))
    with pytest.raises(InputRefused) as caught:
        open_feed(path)
    assert "look like those that the mapping profile cases21 reads" in caught.value.what
    assert caught.value.todo.startswith("Try it with --profile cases21 --dry-run")


def test_a_school_adds_its_sync_rule_to_cases21(tmp_path: Path) -> None:
    own = tmp_path / "ours.toml"
    own.write_text(
        'extends = "cases21"\n[access]\nby = "contact_type"\nyes = ["Prime family"]\nno = ["Alternative family"]\n'
    )
    folder = write(tmp_path / "eduhub", CASES21, "{}_8819.csv", "cp1252")
    links = list(open_feed(folder, profile=str(own)).links())
    assert [link.portal_access for link in links] == [True] * 6 + [False]


def test_a_status_that_nobody_has_described_is_a_bad_row(tmp_path: Path) -> None:
    tables = {**CASES21, "ST": [{**CASES21["ST"][0], "STATUS": "WHAT"}]}
    feed = open_feed(write(tmp_path / "eduhub", tables, "{}_8819.csv"), profile="cases21")
    assert not list(feed.students())
    assert [str(problem) for problem in feed.problems] == [
        "ST_8819.csv, line 2, column STATUS: “WHAT” means nothing to profile cases21, which knows ACTV, LVNG, INAC, "
        "FUT, LEFT and DEL"
    ]


def test_synergetic_out_of_one_wide_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "export", {"vStudentContactAllAddress": ROWS}, "{}.csv")
    feed = open_feed(folder, profile="synergetic")
    assert [(c.code, c.given_name, c.contact_type) for c in feed.contacts()] == [
        ("7", "Person7", "SC1"),
        ("8", "Person8", "SC1"),
    ]
    assert [(s.code, s.status, s.exit_date) for s in feed.students()] == [
        ("100", "enrolled", ""),
        ("101", "left", "2025-12-18"),
        ("102", "enrolled", ""),
    ]
    assert [(link.student_code, link.contact_code, link.relationship) for link in feed.links()] == [
        ("100", "7", "Mother (SC1)"),
        ("101", "7", "Mother (SC1)"),
        ("102", "8", "Father (SC1)"),
        ("100", "7", "Mother (SE1)"),
        ("100", "8", "Father (SC1)"),
        ("101", "8", "Father (SC1)"),
    ]
    assert not feed.problems


def test_a_profile_maps_the_columns_of_queries_in_the_same_way(tmp_path: Path) -> None:
    by_file = open_feed(write(tmp_path / "export", {"vStudentContactAllAddress": ROWS}, "{}.csv"), profile="synergetic")
    sql = SqlSettings(
        database=database(tmp_path / "syn.sqlite3", {"v": ROWS}), links="SELECT * FROM v", profile="synergetic"
    )
    by_query = open_feed(None, "sql", settings=Settings(sql=sql))
    assert by_query.description.files == dict.fromkeys(by_query.description.files, "links query")
    assert everything(by_query) == everything(by_file)


def test_a_problem_of_a_mapped_query_is_told_by_query_row_and_their_column(tmp_path: Path) -> None:
    rows = [*ROWS, wide("103", "9", "SC1", StudentLeavingDate="soon")]
    sql = SqlSettings(
        database=database(tmp_path / "syn.sqlite3", {"v": rows}), links="SELECT * FROM v", profile="synergetic"
    )
    feed = open_feed(None, "sql", settings=Settings(sql=sql))
    list(feed.students())
    assert [str(problem) for problem in feed.problems] == [
        "links query, row 5, column StudentLeavingDate: “soon” is not a date such as 2026-11-28 or 28/11/2026"
    ]


@pytest.mark.parametrize(
    ("profile", "statements", "said"),
    [
        ("synergetic", {"contacts": "SELECT * FROM v"}, "reads its table rows from feeds.sql.links, which is blank"),
        ("cases21", {"students": "SELECT 1"}, "from feeds.sql.contacts, which is blank"),
        ("cases21", {"students": "SELECT 1", "contacts": "SELECT 1 AS HOMEKEY"}, "table um from a file"),
        ("synergetic", {"links": "SELECT StudentID FROM v"}, "links query has no column StudentContactID"),
    ],
)
def test_what_a_profile_misses_in_sql_is_told(
    tmp_path: Path, profile: str, statements: dict[str, str], said: str
) -> None:
    blank = SqlSettings(database=database(tmp_path / "syn.sqlite3", {"v": ROWS}), profile=profile)
    sql = replace(blank, **statements)  # type: ignore[arg-type]  # names of statements alone
    with pytest.raises(InputRefused) as caught:
        open_feed(None, "sql", settings=Settings(sql=sql))
    assert said in caught.value.what
