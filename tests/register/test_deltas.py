"""A delta on top of a whole roster leads where the next whole roster leads; what it does not say it does not change."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.errors import InputRefused
from tui.feeds.oneroster_files import OneRosterFeed

from .making import Register, contact, day, roster

HEADER = "sourcedId,status,enabledUser,role,username,givenName,familyName,email,agentSourcedIds,grades"
Row = tuple[str, str, str, frozenset[str]]  # role, enabled, given name, agents
School = dict[str, Row]


def write(folder: Path, rows: list[str], taken: float, *, delta: bool = False) -> OneRosterFeed:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "users.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    (folder / "manifest.csv").write_text(f"propertyName,value\nfile.users,{'delta' if delta else 'bulk'}\n")
    for file in folder.iterdir():
        os.utime(file, (day(taken).timestamp(),) * 2)
    return OneRosterFeed(folder)


def line(code: str, row: Row, status: str = "") -> str:
    role, enabled, name, agents = row
    return f'{code},{status},{enabled},{role},u{code.lower()},{name},Lee,,"{",".join(sorted(agents))}",7'


def whole(folder: Path, school: School, taken: float) -> OneRosterFeed:
    return write(folder, [line(code, row) for code, row in school.items()], taken)


def delta(folder: Path, before: School, after: School, taken: float) -> OneRosterFeed:
    rows = [line(code, row, "active") for code, row in after.items() if before.get(code) != row]
    rows += [line(code, row, "tobedeleted") for code, row in before.items() if code not in after]
    return write(folder, rows, taken, delta=True)


STUDENTS, PARENTS = ("S1", "S2", "S3"), ("P1", "P2", "P3", "P4")


@st.composite
def schools(draw: st.DrawFn) -> School:
    """Who is there, named from either end, but never somebody who is not there."""
    here = [code for code in (*STUDENTS, *PARENTS) if draw(st.integers(0, 4))]
    school: School = {}
    for code in here:
        others = [other for other in here if other[0] != code[0]]
        agents = draw(st.frozensets(st.sampled_from(others))) if others else frozenset()
        role = "student" if code[0] == "S" else draw(st.sampled_from(["parent", "guardian", "relative"]))
        school[code] = (role, draw(st.sampled_from(["true", "true", "false"])), draw(st.sampled_from("AB")), agents)
    return school


def state(register: Register) -> Any:
    return (
        register.statuses(),
        register.read("SELECT code, status, given_name, gone_snapshot IS NULL FROM students ORDER BY code"),
        register.read("SELECT code, contact_type, given_name, gone_snapshot IS NULL FROM contacts ORDER BY code"),
        register.read(
            "SELECT s.code, c.code, relationship, portal_access, named_by FROM links AS l"
            " JOIN contacts AS c ON c.id = l.contact_id JOIN students AS s ON s.id = l.student_id"
            " WHERE removed_snapshot IS NULL AND s.gone_snapshot IS NULL ORDER BY 1, 2, 3"
        ),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schools().filter(bool), st.lists(schools(), min_size=1, max_size=3))
def test_deltas_lead_where_whole_rosters_lead(
    tmp_path_factory: pytest.TempPathFactory, first: School, later: list[School]
) -> None:
    folder = tmp_path_factory.mktemp("deltas")
    by_delta, by_whole = (Register(folder / name / "register.sqlite3") for name in ("delta", "whole"))
    try:
        for register in (by_delta, by_whole):
            register.take(whole(folder / "first", first, 0), accept_shrink=True)
        before, came = first, set[str]()
        for number, after in enumerate(later, 1):
            by_delta.take(delta(folder / f"delta{number}", before, after, number), accept_shrink=True)
            by_whole.take(whole(folder / f"whole{number}", after, number), accept_shrink=True)
            theirs, ours = state(by_whole), state(by_delta)
            assert ours[1:3] == theirs[1:3]
            # What a delta does not say of those who are new or back waits for a whole roster; all else is the same.
            came |= after.keys() - before.keys()
            links = [[row for row in found[3] if row[0] not in came] for found in (ours, theirs)]
            assert links[0] == links[1]
            unlike = {(theirs[0][code], ours[0][code]) for code in ours[0] if ours[0][code] != theirs[0][code]}
            assert unlike <= {("ready_to_revoke", "active"), ("ready_to_provision", "no_access")}
            assert came or not unlike
            before = after
    finally:
        by_delta.manager.close()
        by_whole.manager.close()


A: School = {
    "S1": ("student", "true", "A", frozenset({"P1", "P2"})),
    "P1": ("parent", "true", "A", frozenset()),
    "P2": ("parent", "true", "A", frozenset({"S1"})),
}


def test_who_is_not_named_stays(tmp_path: Path, school_register: Register) -> None:
    school_register.take(whole(tmp_path / "a", A, 0))
    before = state(school_register)
    difference = school_register.take(delta(tmp_path / "b", A, A, 1))
    assert state(school_register) == before
    assert [difference.kinds[kind].gone for kind in ("contacts", "students", "links")] == [0, 0, 0]


def test_a_link_that_the_other_end_named_last_stays(tmp_path: Path, school_register: Register) -> None:
    school_register.take(whole(tmp_path / "a", A, 0))
    after: School = {**A, "S1": ("student", "true", "A", frozenset())}
    school_register.take(delta(tmp_path / "b", A, after, 1))
    assert school_register.statuses() == {"P1": "ready_to_revoke", "P2": "active"}


def test_where_it_is_not_known_who_named_a_link_it_stays(tmp_path: Path, school_register: Register) -> None:
    school_register.take(whole(tmp_path / "a", A, 0))
    import sqlite3

    with sqlite3.connect(school_register.path) as connection:
        connection.execute("UPDATE links SET named_by = 0")
    after: School = {**A, "S1": ("student", "true", "A", frozenset())}
    school_register.take(delta(tmp_path / "b", A, after, 1))
    assert school_register.statuses() == {"P1": "active", "P2": "active"}
    after2: School = {**after, "P1": ("parent", "true", "B", frozenset())}
    school_register.take(delta(tmp_path / "c", after, after2, 2))
    assert school_register.statuses()["P1"] == "ready_to_revoke", "now both ends have spoken"


def test_a_student_who_is_back_keeps_accounts_and_gives_none(tmp_path: Path, school_register: Register) -> None:
    school_register.take(whole(tmp_path / "a", A, 0))
    without: School = {code: row for code, row in A.items() if code != "S1"}
    school_register.take(delta(tmp_path / "b", A, without, 1), accept_shrink=True)
    assert school_register.statuses() == {"P1": "ready_to_revoke", "P2": "ready_to_revoke"}
    back: School = {**A, "S1": ("student", "true", "A", frozenset({"P1"}))}
    school_register.take(delta(tmp_path / "c", without, back, 2))
    assert school_register.statuses() == {"P1": "active", "P2": "active"}
    assert school_register.read("SELECT portal_access FROM links ORDER BY contact_id") == [(1,), (None,)]


def test_a_delta_needs_a_whole_roster_of_its_feed_before_it(tmp_path: Path, school_register: Register) -> None:
    with pytest.raises(InputRefused, match="is a delta") as caught:
        school_register.take(delta(tmp_path / "b", {}, A, 1))
    assert "bulk" in caught.value.todo
    with pytest.raises(InputRefused, match="is a delta"):
        school_register.take(delta(tmp_path / "c", A, {}, 1))  # one that only names who has gone is not "nobody"
    school_register.take(roster(0, [contact(1)]), accept_shrink=True)
    with pytest.raises(InputRefused, match="is a delta"):
        school_register.take(delta(tmp_path / "b", {}, A, 1))


def test_a_delta_from_before_the_last_import_is_refused(tmp_path: Path, school_register: Register) -> None:
    school_register.take(whole(tmp_path / "a", A, 5))
    with pytest.raises(InputRefused, match="before the last import"):
        school_register.take(delta(tmp_path / "b", A, {}, 1))


def test_a_delta_that_deletes_most_is_stopped(tmp_path: Path, school_register: Register) -> None:
    from tui.errors import ImportStopped

    many: School = {f"S{n}": ("student", "true", "A", frozenset({f"P{n}"})) for n in range(60)}
    many |= {f"P{n}": ("parent", "true", "A", frozenset()) for n in range(60)}
    school_register.take(whole(tmp_path / "a", many, 0))
    few = {code: row for code, row in many.items() if int(code[1:]) < 30}
    with pytest.raises(ImportStopped, match="60 before, 30 now"):
        school_register.take(delta(tmp_path / "b", many, few, 1))


def test_a_record_that_is_not_named_proves_nothing_of_a_request(tmp_path: Path, by_hand: Register) -> None:
    by_hand.take(whole(tmp_path / "a", A, 0))
    after: School = {**A, "S1": ("student", "false", "A", frozenset({"P1", "P2"}))}
    by_hand.take(delta(tmp_path / "b", A, after, 1))
    by_hand.revoke("P1", "P2", at=2)
    named: School = {**after, "P2": ("parent", "true", "B", frozenset({"S1"}))}
    difference = by_hand.take(delta(tmp_path / "c", after, named, 3))
    assert difference.verified == {"not_done": 1}, "P2 is named and still has the username; P1 is not named"
    assert by_hand.read("SELECT code, state FROM items ORDER BY code") == [("P1", "requested"), ("P2", "not_done")]


def test_a_left_out_row_keeps_accounts_until_a_whole_roster(tmp_path: Path, school_register: Register) -> None:
    school_register.take(whole(tmp_path / "a", A, 0))
    bad = write(tmp_path / "b", ["S1,active,perhaps,student,u,A,Lee,,,7"], 1, delta=True)
    school_register.take(bad, skip_bad=True)
    gone: School = {code: row for code, row in A.items() if code != "S1"}
    school_register.take(delta(tmp_path / "c", A, gone, 2), accept_shrink=True)
    assert school_register.statuses() == {"P1": "active", "P2": "active"}, "what was left out may have named another"
    school_register.take(whole(tmp_path / "d", gone, 3), accept_shrink=True)
    assert school_register.statuses() == {"P1": "ready_to_revoke", "P2": "ready_to_revoke"}
