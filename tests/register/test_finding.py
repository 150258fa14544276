"""Finding in the register: every word somewhere, whatever the case, numbers as one number, and what stands beside."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.domain.identity import CROWD, Bond
from tui.domain.phones import phone_digits
from tui.domain.records import StaffRecord, UserType
from tui.register import finding
from tui.register.database import Database
from tui.text import fold

from .making import Register, contact, link, roster, student

# fmt: off
PEOPLE: tuple[dict[str, Any], ...] = (
    {"title": "Mrs", "given_name": "Zoë", "surname": "Ångström", "email": "zoe@home.example", "mobile": "0412 345 678"},
    {"title": "Mr", "given_name": "Jörg", "preferred_name": "Žan", "surname": "Smith", "mobile": "+61 412 999 000"},
    {"title": "Señora", "given_name": "Ana Lu", "surname": "Ro", "email": "ANA2026@home.example", "username": "Ana_Lu"},
    {"title": "", "given_name": "", "surname": "50%_Off\\Shop", "email": "", "mobile": "(08) 8555 0142"},
    {"title": "Dr", "given_name": "Thi", "surname": "Nguyễn", "username": "ÜBER.thi", "mobile": "61412345679"},
    {"title": "Ms", "given_name": "Smithy", "surname": "Lee", "email": "äpfel@home.example", "mobile": "0412345000"},
)
CHILDREN = ("Noah", "Amélie", "Bo", "Zara")
# fmt: on


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Register:
    found = Register(tmp_path_factory.mktemp("finding") / "register.sqlite3")
    contacts = [contact(number, **more) for number, more in enumerate(PEOPLE)]
    students = [
        student(number, given_name=name, preferred_name="Lín" if name == "Bo" else "", email=f"{name}@pupils.example")
        for number, name in enumerate(CHILDREN)
    ]
    links = [link(0, 0), link(1, 0), link(1, 1), link(2, 2), link(2, 4, access=False)]
    staff = [StaffRecord(1, "T1", "Ms", "Zoë", "Teacher", "zoe.t@school.example", "zoet")]
    found.take(roster(0, contacts, students, links, staff=staff))
    return found


@pytest.fixture(scope="module")
def database(register: Register) -> Iterator[Database]:
    opened = Database(register.path, read_only=True)
    yield opened
    opened.close()


def found(database: Database, text: str, user_type: UserType = UserType.CONTACT, limit: int = 100) -> list[str]:
    ids = finding.search(database, text, limit).ids.get(user_type, [])
    table = {UserType.CONTACT: "contacts", UserType.STUDENT: "students", UserType.STAFF: "staff"}[user_type]
    return [database.one(f"SELECT code FROM {table} WHERE id = ?", (id_,))[0] for id_ in ids]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("zoe", ["C0"]),
        ("ZOË angstrom", ["C0"]),
        ("angstrom mrs", ["C0"]),
        ("c3", ["C3"]),
        ("zan", ["C1"]),
        ("ana2026@home.example", ["C2"]),
        ("senora", ["C2"]),
        ("ana_lu", ["C2"]),
        ("50%_off", ["C3"]),
        ("off\\shop", ["C3"]),
        ("5_%", []),
        ("an__lu", []),
        ("a%lu", []),
        ("an\\a_lu", []),
        ("uber", ["C4"]),
        ("ÜBER nguyen", ["C4"]),
        ("apfel", ["C5"]),
        ("noah", ["C0"]),
        ("amelie", ["C0", "C1"]),
        ("amelie smith", ["C1"]),
        ("S1", ["C0", "C1"]),
        ("lin", ["C4", "C2"]),
        ("smith", ["C5", "C1"]),
        ("smith zoe", []),
        ("nobody", []),
        ("", []),
        ("  ", []),
    ],
)
def test_words_are_found_wherever_they_are(database: Database, text: str, codes: list[str]) -> None:
    assert found(database, text) == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("0412 345", ["C0", "C4", "C5"]),
        ("0412 345 678", ["C0"]),
        ("+61412345678", ["C0"]),
        ("+61 412 345 678", ["C0"]),
        ("(04) 1234 5678", ["C0"]),
        ("0412-345-678", ["C0"]),
        ("345678", ["C0"]),
        ("0412 999", ["C1"]),
        ("8555 0142", ["C3"]),
        ("angstrom 0412 345", ["C0"]),
        ("0412 lee", ["C5"]),
        ("0413", []),
        ("0412 678", []),
        ("2026", ["C2"]),
        ("2026 999", []),
        ("999 2026", []),
    ],
)
def test_digits_that_stand_together_are_one_number(database: Database, text: str, codes: list[str]) -> None:
    assert sorted(found(database, text)) == codes


def test_a_letter_or_two_begin_a_name_title_or_code(database: Database) -> None:
    assert found(database, "n") == ["C4", "C0"], "Nguyễn, and Noah's mother"
    assert found(database, "lu") == ["C2"]
    assert found(database, "mr") == ["C0", "C1"]
    assert found(database, "bo") == ["C4", "C2"], "the child, not the email"
    assert found(database, "ho") == [], "in the middle of every email"
    assert found(database, "s smith") == ["C5", "C1"]


def test_students_and_staff_are_found_too(database: Database) -> None:
    assert found(database, "amélie", UserType.STUDENT) == ["S1"]
    assert found(database, "lin", UserType.STUDENT) == ["S2"]
    assert found(database, "noah@pupils", UserType.STUDENT) == ["S0"]
    assert found(database, "zoe t", UserType.STAFF) == ["T1"]
    assert found(database, "zoet", UserType.STAFF) == ["T1"]
    ((child, contacts),) = finding.students(database, finding.search(database, "amelie", 9).ids[UserType.STUDENT])
    assert (child.name, set(contacts)) == ("Amélie Family1", {"C0", "C1"})


def test_the_exact_comes_first_and_the_limit_is_told(database: Database) -> None:
    assert found(database, "c1")[0] == "C1"
    assert found(database, "zoe@home.example") == ["C0"]
    assert found(database, "amelie zan") == ["C1"]
    assert found(database, "smith 0412") == ["C5", "C1"], "names that begin so, whatever the number"
    hits = finding.search(database, "home.example", 2)
    assert len(hits.ids[UserType.CONTACT]) == 2
    assert hits.more == {UserType.CONTACT}
    assert finding.search(database, "zoe", 2).more == frozenset()


# -- against a plain reading -------------------------------------------------------------------------------------------


def texts(register: Register, user_type: UserType) -> dict[str, tuple[str, str, str]]:
    """By code: what stands in names, codes and titles; what else; the digits of the mobile."""
    sql = {
        UserType.CONTACT: "SELECT m.id, m.code, m.title, m.given_name, m.preferred_name, m.surname, m.email, m.mobile",
        UserType.STUDENT: "SELECT m.id, m.code, '', m.given_name, m.preferred_name, m.surname, m.email, ''",
        UserType.STAFF: "SELECT m.id, m.code, m.title, m.given_name, '', m.surname, m.email, ''",
    }[user_type]
    table, number = {
        UserType.CONTACT: ("contacts", 0), UserType.STUDENT: ("students", 1), UserType.STAFF: ("staff", 2)
    }[user_type]  # fmt: skip
    made = {}
    for id_, code, title, given_name, preferred, surname, email, mobile in register.read(f"{sql} FROM {table} AS m"):
        names = [code, title, given_name, preferred, surname]
        if user_type is UserType.CONTACT:
            for row in register.read(
                "SELECT t.code, t.given_name, t.preferred_name, t.surname FROM links AS l"
                " JOIN students AS t ON t.id = l.student_id WHERE l.contact_id = ?",
                id_,
            ):
                names += row
        usernames = register.read("SELECT username FROM accounts WHERE person = ?", id_ * 4 + number)
        rest = [email, *(row[0] for row in usernames)]
        made[code] = (fold(" ".join(names)), fold(" ".join(rest)), phone_digits(mobile))
    return made


def has(word: str, names: str, rest: str) -> bool:
    return f" {word}" in f" {names}" if len(word) < 3 else word in f"{names} {rest}"


PIECES = sorted(
    {
        part
        for more in PEOPLE
        for value in more.values()
        for whole in str(value).split()
        for part in (whole, whole[:1], whole[:2], whole[1:4], whole[-3:], whole.upper())
        if part
    }
    | {
        "noah",
        "Amé",
        "S1",
        "s",
        "C",
        "c0",
        "lín",
        "%",
        "_",
        "\\",
        "'",
        '"',
        "0",
        "04",
        "Family1",
        "pupils",
        "zoet",
        "2026",
        "999",
    }
)


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_it_finds_what_a_plain_reading_finds(register: Register, database: Database, words: list[str]) -> None:
    for user_type in UserType:
        expected = {
            code
            for code, (names, rest, mobile) in texts(register, user_type).items()
            if all(
                (part.number and part.number in mobile) or all(has(word, names, rest) for word in part.words)
                for part in finding.parse(" ".join(words))
            )
        }
        assert set(found(database, " ".join(words), user_type)) == expected, user_type


# -- beside each other -------------------------------------------------------------------------------------------------


def beside(register: Register, *codes: str) -> dict[str, Any]:
    database = Database(register.path, read_only=True)
    try:
        places = ", ".join("?" * len(codes))
        ids = [row[0] for row in database.read(f"SELECT id FROM contacts WHERE code IN ({places})", codes)]
        return {record.code: record for record in finding.known_beside(database, ids).values()}
    finally:
        database.close()


@pytest.fixture
def small(tmp_path: Path) -> Register:
    return Register(tmp_path / "register.sqlite3")


def test_whatever_ties_two_records_brings_the_other(small: Register) -> None:
    home = {"address": "1 High St", "suburb": "Norwood", "postcode": "5067"}
    own = [
        {"mobile": "0400 000 001"},
        {"mobile": "+61 400 000 001", "email": "two@home.example"},
        {"email": "C0@HOME.example", "username": "x"},
        {"username": "c0@home.example"},
        {"email": "user0"},
        home,
        {**home, "suburb": "Elsewhere"},
        {},
    ]
    own[0] |= home
    contacts = [contact(number, **{"email": f"c{number}@home.example", **more}) for number, more in enumerate(own)]
    small.take(roster(0, contacts, [student(1)], [link(1, 0), link(1, 7, relationship="Father")]))
    assert set(beside(small, "C0")) == {"C0", "C1", "C2", "C3", "C4", "C5", "C7"}
    found = beside(small, "C0")
    assert found["C0"].mobile == found["C1"].mobile == "0400000001"
    assert found["C0"].email == found["C2"].email == found["C3"].username
    assert found["C0"].address == found["C5"].address != ""
    assert found["C7"].children == (Bond("S1", "Child1", "Father", True),)
    assert beside(small) == {}


def test_what_a_crowd_has_ties_nobody(small: Register) -> None:
    def office(number: int) -> Any:
        return contact(number, email="office@school.example", mobile="08 8555 0100", address="PO Box 1")

    small.take(roster(0, [office(number) for number in range(CROWD + 1)]), accept_shrink=True)
    assert set(beside(small, "C0")) == {"C0"}
    found = beside(small, "C0")["C0"]
    assert (found.email, found.mobile, found.address) == ("", "", "")
    small.take(roster(1, [office(0), *(contact(number) for number in range(1, CROWD + 1))]))
    found = beside(small, "C0")["C0"]
    assert (found.email, found.mobile) == ("office@school.example", "0885550100")


def test_a_bond_stands_while_link_and_student_do(small: Register) -> None:
    people = [contact(number) for number in range(12)]
    children = [student(number) for number in range(12)]
    links = [link(number, 0) for number in range(12)]
    small.take(roster(0, people, children, links))
    children[2] = student(2, "left")
    small.take(roster(1, people, children, links[1:]))
    stands = {bond.code: bond.stands for bond in beside(small, "C0")["C0"].children}
    assert stands == {f"S{number}": number not in (0, 2) for number in range(12)}
