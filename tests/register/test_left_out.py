"""Rows that an import left out as bad: whoever they may speak of stays as the register has them, whatever the feed."""

import os
from pathlib import Path

import pytest

from tui.domain.difference import Difference
from tui.domain.records import LinkRecord
from tui.errors import InputRefused
from tui.feeds import open_feed
from tui.settings import ImportSettings, OneRosterSettings, Settings

from .making import Register, contact, day, families, link, roster, student, write_csv

USERS = "sourcedId,status,enabledUser,username,givenName,familyName,agentSourcedIds"
PEOPLE = ("S1,,true,,Kim,Lee,P1", "S2,,true,,Joe,Ng,P2", "P1,,true,,Mai,Lee,", "P2,,true,,Ann,Ng,")
ROLES = "sourcedId,status,userSourcedId,roleType,role"
ROLE_ROWS = ("1,,S1,primary,student", "2,,S2,primary,student", "3,,P1,primary,parent", "4,,P2,primary,parent")
PROFILES = "sourcedId,status,userSourcedId,profileType,username"
PROFILE_ROWS = ("1,,P1,engage,mai", "2,,P2,engage,ann")
PORTAL = Settings(oneroster=OneRosterSettings(portal_profile="engage"))


def oneroster(
    path: Path, taken: float, *, people: tuple[str, ...] = PEOPLE, roles: tuple[str, ...] = ROLE_ROWS,
    profiles: tuple[str, ...] = PROFILE_ROWS,
) -> Path:  # fmt: skip
    return write_csv(
        path / str(taken), taken, users=(USERS, *people), roles=(ROLES, *roles), userProfiles=(PROFILES, *profiles)
    )


def take(register: Register, folder: Path, settings: Settings | None = None, *, skip_bad: bool = True) -> Difference:
    return register.take(open_feed(folder, settings=settings), skip_bad=skip_bad, accept_shrink=True)


# -- usernames -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        "2,,P2,engage",
        "2,zombie,P2,engage,ann",
        "2,,,engage,ann",
        "2,zombie,,engage,ann",
        "2,,P2,engage,ann\n3,,P2,engage,other",
    ],
)
def test_a_profile_that_was_left_out_is_not_no_account(by_hand: Register, tmp_path: Path, bad: str) -> None:
    take(by_hand, oneroster(tmp_path, 0), PORTAL)
    by_hand.revoke("P2", at=1, reason="asked for")
    difference = take(by_hand, oneroster(tmp_path, 2, profiles=(PROFILE_ROWS[0], *bad.split("\n"))), PORTAL)
    assert by_hand.usernames() == {"P1": "mai", "P2": "ann"}
    assert by_hand.read("SELECT state, verified FROM items") == [("requested", "left_out")]
    assert difference.verified == {}
    assert "1 bad row left out." in difference.warnings
    difference = take(by_hand, oneroster(tmp_path, 3, profiles=PROFILE_ROWS[:1]), PORTAL)
    assert difference.verified == {"done": 1}, "a whole file without the row does say so"


def test_a_role_of_nobody_knows_whom_takes_nobody_away(school_register: Register, tmp_path: Path) -> None:
    take(school_register, oneroster(tmp_path, 0), PORTAL)
    for number, bad in enumerate(("4,,,primary,Paernt", "4,,,primary,parent", "4,,P2"), 1):
        difference = take(school_register, oneroster(tmp_path, number, roles=(*ROLE_ROWS[:3], bad)), PORTAL)
        assert difference.skipped == 1, bad
        assert school_register.statuses() == {"P1": "active", "P2": "active"}, bad
        assert school_register.changes(number + 1) == set(), bad


# -- links -----------------------------------------------------------------------------------------------------------


def test_a_link_with_a_mistyped_code_keeps_the_links_it_may_be(school_register: Register) -> None:
    school_register.take(families(3))
    people = [contact(n) for n in (1, 2, 3)], [student(n) for n in (1, 2, 3)]
    for number, typo in enumerate((link(2, "x"), link("x", 2)), 1):
        made = roster(number, *people, [link(1, 1), typo, link(3, 3)])
        difference = school_register.take(made, skip_bad=True)
        assert school_register.statuses() == dict.fromkeys(("C1", "C2", "C3"), "active")
        assert school_register.changes(number + 1) == set()
        assert any("the children of 1 contact were" in said for said in difference.warnings)
    school_register.take(roster(3, *people, [link(1, 1), link(3, 3)]))
    assert school_register.statuses()["C2"] == "ready_to_revoke", "a clean import without it says that it is gone"


@pytest.mark.parametrize(("typo", "status"), [(link(2, "x"), "ready_to_revoke"), (link("x", 2), "active")])
def test_a_bad_link_of_a_leaver_keeps_no_account(school_register: Register, typo: LinkRecord, status: str) -> None:
    """It gives no access, whomever it is to. One whose student can't be told may be of a child at the school."""
    school_register.take(families(3))
    people = [contact(n) for n in (1, 2, 3)], [student(1), student(2, "left"), student(3)]
    school_register.take(roster(1, *people, [link(1, 1), typo, link(3, 3)]), skip_bad=True)
    assert school_register.statuses() == {"C1": "active", "C2": status, "C3": "active"}


# -- School Data Sync ------------------------------------------------------------------------------------------------

SDS_USERS = ("sourcedId,givenName,familyName", "S1,Kim,Lee", "S2,Joe,Ng", "P1,Mai,Lee", "P2,Ann,Ng")
SDS_ROLES = ("userSourcedId,role", "S1,student", "S2,student")
SDS_LINKS = ("userSourcedId,relationshipUserSourcedId,relationshipRole", "S1,P1,parent", "S2,P2,guardian")


def sds(path: Path, taken: float, **files: tuple[str, ...]) -> Path:
    given = {"users": SDS_USERS, "roles": SDS_ROLES, "relationships": SDS_LINKS} | files
    return write_csv(path / str(taken), taken, **given)


@pytest.fixture
def with_sds(school_register: Register, tmp_path: Path) -> Register:
    """Two parents with accounts, of whom School Data Sync tells from now on."""
    people = [contact(n)._replace(code=f"P{n}") for n in (1, 2)]
    links = [LinkRecord(1, "S1", "P1", "Parent"), LinkRecord(1, "S2", "P2", "Guardian")]
    school_register.take(roster(0, people, [student(1), student(2)], links))
    take(school_register, sds(tmp_path, 1))
    assert school_register.statuses() == {"P1": "active", "P2": "active"}
    return school_register


@pytest.mark.parametrize(
    ("file", "rows"),
    [
        ("roles", (*SDS_ROLES[:2], "S2,")),
        ("roles", (*SDS_ROLES[:2], "S2,studnet")),
        ("roles", (*SDS_ROLES[:2], ",student")),
        ("roles", (*SDS_ROLES[:2], "S2")),
        ("users", (*SDS_USERS[:4], "P2,Ann")),
        ("users", (*SDS_USERS[:4], ",Ann,Ng")),
        ("users", (*SDS_USERS[:2], "S2,Joe", *SDS_USERS[3:])),
        ("relationships", (*SDS_LINKS[:2], "S2,P2,Guardain")),
        ("relationships", (*SDS_LINKS[:2], "S2,P2")),
        ("relationships", (*SDS_LINKS[:2], "S2,,guardian")),
    ],
)
def test_a_row_of_sds_that_was_left_out_changes_nothing(
    with_sds: Register, tmp_path: Path, file: str, rows: tuple[str, ...]
) -> None:
    folder = sds(tmp_path, 2, **{file: rows})
    with pytest.raises(InputRefused, match="1 row can't be taken"):
        take(with_sds, folder, skip_bad=False)
    difference = take(with_sds, folder)
    assert difference.skipped == 1
    assert with_sds.statuses() == {"P1": "active", "P2": "active"}
    assert with_sds.changes(3) == set()
    assert not any("names nobody" in said for said in difference.warnings)


def test_a_blank_relationship_is_not_known_to_be_without_access(with_sds: Register, tmp_path: Path) -> None:
    take(with_sds, sds(tmp_path, 2, relationships=(*SDS_LINKS[:2], "S2,P2,")), skip_bad=False)
    assert with_sds.statuses() == {"P1": "active", "P2": "active"}
    take(with_sds, sds(tmp_path, 3, relationships=(*SDS_LINKS[:2], "S2,P2,doctor")), skip_bad=False)
    assert with_sds.statuses() == {"P1": "active", "P2": "ready_to_revoke"}


# -- CASES21 ---------------------------------------------------------------------------------------------------------

OURS = """extends = "cases21"
[access]
by = "contact_type"
yes = ["Prime family"]
"""
DF = (
    "DFKEY,HOMEKEY,NAME_A,SURNAME_A,E_MAIL_A,MOBILE_A,TITLE_A,GENDER_A,NAME_B,SURNAME_B,E_MAIL_B,MOBILE_B,TITLE_B,GENDER_B",
    "FAM1,1,Mai,Lee,,,,,,,,,,",
    "FAM2,2,Ann,Ng,,,,,Tom,Ng,,,,",
)
UM = ("UMKEY,ADDRESS01,ADDRESS02,ADDRESS03,POSTCODE", "1,1 High St,,Kew,3101", "2,2 High St,,Kew,3101")
ST = (
    "STKEY,FIRST_NAME,PREF_NAME,SURNAME,SCHOOL_YEAR,STATUS,EXIT_DATE,E_MAIL,ACCESS,FAMILY,FAMB,FAMC,"
    "RELATION_A01,RELATION_A02,RELATION_B01,RELATION_B02,RELATION_C01,RELATION_C02",
    "S1,Kim,,Lee,7,ACTV,,,,FAM1,,,MOTHER,,,,,",
    "S2,Joe,,Ng,7,ACTV,,,,FAM2,,,MOTHER,FATHER,,,,",
)
SF = ("SFKEY,TITLE,FIRST_NAME,SURNAME,E_MAIL,STAFF_STATUS", "T1,,Jo,Wu,,ACTV")
SHORT = "perhaps the file was cut short"
CODES = ("FAM1-A", "FAM2-A", "FAM2-B")


@pytest.fixture
def cases21(school_register: Register, tmp_path: Path) -> Register:
    """A school by CASES21 whose parents all have an account."""
    (tmp_path / "ours.toml").write_text(OURS, encoding="utf-8")
    school_register.take(
        roster(0, [contact(n)._replace(code=code) for n, code in enumerate(CODES)]), accept_shrink=True
    )
    take(school_register, eduhub(tmp_path, 1), profiled(tmp_path))
    assert school_register.statuses() == dict.fromkeys(CODES, "active")
    return school_register


def profiled(path: Path) -> Settings:
    return Settings(imports=ImportSettings(profile=str(path / "ours.toml")))


def eduhub(path: Path, taken: float, **files: tuple[str, ...]) -> Path:
    given = {"df": DF, "um": UM, "st": ST, "sf": SF} | files
    folder = write_csv(path / f"eduhub{taken}", taken)
    for name, rows in given.items():
        file = folder / f"{name.upper()}_8819.csv"
        file.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
        os.utime(file, (day(taken).timestamp(),) * 2)
    return folder


@pytest.mark.parametrize(
    ("file", "rows", "said"),
    [
        ("df", (*DF[:2], "FAM2,2,Ann"), f"DF_8819.csv, line 3: the row has 3 cells, the header 14; {SHORT}"),
        ("um", (*UM[:2], "2,2 High St"), f"UM_8819.csv, line 3: the row has 2 cells, the header 5; {SHORT}"),
        (
            "st",
            (*ST[:2], ST[2].replace("FAM2", "FM2")),
            "ST_8819.csv, line 3, column FAMILY: “FM2” is not in DF_8819.csv",
        ),
    ],
)
def test_a_row_of_cases21_that_was_left_out_changes_nothing(
    cases21: Register, tmp_path: Path, file: str, rows: tuple[str, ...], said: str
) -> None:
    for number in (2, 3):  # what stays, stays in the next import as well
        folder = eduhub(tmp_path, number, **{file: rows})
        with pytest.raises(InputRefused, match="1 row can't be taken"):
            take(cases21, folder, profiled(tmp_path), skip_bad=False)
        difference = take(cases21, folder, profiled(tmp_path))
        assert [str(problem) for problem in difference.problems] == [said]
        assert difference.skipped == 1
        assert cases21.statuses() == dict.fromkeys(CODES, "active")
        assert cases21.changes(number + 1) == set()


def test_a_leaver_whose_family_went_is_left_out_and_the_family_can_be_revoked(
    cases21: Register, tmp_path: Path
) -> None:
    left = ST[2].replace("ACTV", "LEFT")
    difference = take(cases21, eduhub(tmp_path, 2, df=DF[:2], st=(*ST[:2], left)), profiled(tmp_path))
    assert [problem.column for problem in difference.problems] == ["FAMILY"]
    assert cases21.statuses() == {"FAM1-A": "active", "FAM2-A": "ready_to_revoke", "FAM2-B": "ready_to_revoke"}


# -- what is said ----------------------------------------------------------------------------------------------------


def test_a_row_counts_once_whatever_it_is_left_out_of(school_register: Register, tmp_path: Path) -> None:
    folder = oneroster(tmp_path, 0, people=(*PEOPLE, "X1,lost,perhaps,,A,B,", "X2,,true"), roles=(*ROLE_ROWS, "5,,P3"))
    with pytest.raises(InputRefused) as caught:
        take(school_register, folder, skip_bad=False)
    assert caught.value.what.startswith("3 rows can't be taken:")
    assert caught.value.what.count("\n") == 4
    assert take(school_register, folder).skipped == 3


def test_duplicates_are_named_by_a_few_of_their_rows_and_the_files_own_column(
    school_register: Register, tmp_path: Path
) -> None:
    many = roster(0, [contact(1)._replace(line=line) for line in range(2, 32)], [student(1)], [link(1, 1)])
    with pytest.raises(InputRefused) as caught:
        school_register.take(many)
    assert caught.value.what == (
        "30 rows can't be taken:\n  contacts.csv, line 2, column code: “C1” stands again in lines 3, 4, 5, 6, 7 and 24 "
        "more; which row is right can't be told, so none is taken"
    )
    assert caught.value.todo.startswith("Correct them in the admin system, or leave")
    (tmp_path / "ours.toml").write_text(OURS, encoding="utf-8")
    for folder, column in (
        (oneroster(tmp_path, 1, people=(*PEOPLE, PEOPLE[2])), "users.csv, line 4, column sourcedId"),
        (sds(tmp_path, 2, users=(*SDS_USERS, SDS_USERS[3])), "users.csv, line 4, column sourcedId"),
        (eduhub(tmp_path, 3, st=(*ST, ST[1])), "ST_8819.csv, line 2, column STKEY"),
    ):
        with pytest.raises(InputRefused) as caught:
            take(school_register, folder, profiled(tmp_path), skip_bad=False)
        assert f"  {column}: " in caught.value.what
        assert caught.value.todo.startswith("Correct them in the admin system and export again, or leave")
