"""Random sequences of small rosters: whatever comes in which order, what is derived agrees with what is recorded.

After every import the directory is compared with one derived afresh, statuses with a plain reading of the tables, and
the rules about vanished records and dates are checked against a model that knows only the rosters.
"""

import contextlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tui.domain.gates import Verb
from tui.domain.records import LinkHistoryRecord
from tui.domain.status import Status
from tui.errors import ImportStopped
from tui.manager.views import Tab
from tui.register import audit
from tui.register.database import Database
from tui.register.derive import derive_all

from .making import Register, contact, link, roster, student

PEOPLE = range(4)
some = st.sets(st.sampled_from(PEOPLE))


@st.composite
def rosters(draw: st.DrawFn) -> dict[str, Any]:
    """One extract's records; names, emails and usernames cross now and then, so that they name somebody else."""
    names = st.sampled_from(["Mai", "Tom", "Zoë", "Ann"])
    contacts = [
        contact(
            n,
            given_name=draw(names),
            surname="Lee",
            email=draw(st.sampled_from([f"c{n}@home.example", "tomlee@home.example", ""])),
            username=draw(st.sampled_from(["", f"user{n}", "tomlee", "Ann.Lee", "tomlee@home.example"])),
            contact_type=draw(st.sampled_from(["Residential", "Postal"])),
        )
        for n in sorted(draw(some))
    ]
    students = [
        student(n, draw(st.sampled_from(["enrolled", "enrolled", "left", "future"]))) for n in sorted(draw(some))
    ]
    pairs = [(s, c) for s in students for c in contacts]
    links = [
        link(s.code[1:], c.code[1:], draw(st.sampled_from([True, True, False, None])), relationship=relationship)
        for s, c in pairs
        for relationship in draw(st.sampled_from([(), ("Mother",), ("Mother",), ("Parent",), ("Mother", "Parent")]))
    ]
    history = [
        LinkHistoryRecord(
            1, f"S{draw(st.sampled_from(PEOPLE))}", f"C{draw(st.sampled_from(PEOPLE))}", "Mother", "2025-06-30"
        )
        for _ in range(draw(st.integers(0, 1)))
    ]
    return {"contacts": contacts, "students": students, "links": links, "history": history}


def read(register: Register) -> list[tuple[Any, ...]]:
    return register.read("SELECT * FROM directory ORDER BY person")


def derived_afresh(register: Register, future: bool) -> list[tuple[Any, ...]]:
    database = Database(register.path)
    try:
        with database.transaction() as connection:
            derive_all(connection, future_counts=future)
        return read(register)
    finally:
        database.close()


def by_the_tables(path: Path, future: bool) -> dict[str, str]:
    """The statuses, from the tables, in SQL and in plain words."""
    here = "('enrolled', 'future')" if future else "('enrolled')"
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT c.code, coalesce((SELECT a.username <> '' OR a.password_hash IS NOT NULL FROM accounts AS a"
            "  WHERE a.person = 4 * c.id), 0),"
            " (SELECT group_concat(coalesce(l.portal_access, '?')) FROM links AS l"
            "  JOIN students AS s ON s.id = l.student_id"
            f"  WHERE l.contact_id = c.id AND s.status IN {here} AND l.removed_snapshot IS NULL AND l.removed_on = '')"
            " FROM contacts AS c"
        ).fetchall()
    found = {}
    for code, has_account, flags in rows:
        eligible = "1" in (flags or "") or (has_account and "?" in (flags or ""))
        found[code] = {
            (True, True): "active",
            (True, False): "ready_to_provision",
            (False, True): "ready_to_revoke",
            (False, False): "no_access",
        }[bool(eligible), bool(has_account)]
    return found


def check(register: Register, future: bool) -> None:
    stored = read(register)
    assert stored == derived_afresh(register, future)
    assert register.statuses() == by_the_tables(register.path, future)
    reasons = register.reasons()
    ready = {code for code, status in register.statuses().items() if status == "ready_to_revoke"}
    assert set(reasons) == ready, "every account that is ready has a reason, and no other"
    for code in ready:
        # What the table says and what the pane says can't differ, and every reason has its evidence.
        evidence = register.evidence(code)
        assert list(evidence) == reasons[code].split()
        assert all(evidence.values())
    counted = register.manager.counts()
    assert sum(counted[Tab(status)] for status in Status) == counted[Tab.ALL] == len(register.statuses())


def check_against(register: Register, made: dict[str, Any], known: dict[str, set[str]]) -> None:
    """Nobody vanishes: all that ever came is there, and gone is who is not in this extract."""
    for kind, prefix in (("contacts", "C"), ("students", "S")):
        here = {record.code for record in made[kind]}
        known[prefix] |= here
        found = dict(register.read(f"SELECT code, gone_snapshot IS NOT NULL FROM {kind}"))
        assert found == {code: code not in here for code in known[prefix]}
    statuses = {record.code: record.status for record in made["students"]}
    assert dict(register.read("SELECT code, status FROM students")) == {
        code: statuses.get(code, "left") for code in known["S"]
    }
    present = {(one.student_code, one.contact_code, one.relationship): one.portal_access for one in made["links"]}
    found_links = register.read(
        "SELECT s.code, c.code, l.relationship, l.portal_access FROM links AS l"
        " JOIN contacts AS c ON c.id = l.contact_id JOIN students AS s ON s.id = l.student_id"
        " WHERE l.removed_snapshot IS NULL AND l.removed_on = ''"
        # Links to a student who dropped out stay as they were: they are a leaver's.
        " AND s.gone_snapshot IS NULL"
    )
    assert {row[:3]: None if row[3] is None else bool(row[3]) for row in found_links} == present


def anybody(made: dict[str, Any]) -> bool:
    """A first import of nobody is refused, and has its own test."""
    return bool(made["contacts"] or made["students"])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(rosters(), min_size=1, max_size=5), st.booleans(), st.booleans())
def test_any_sequence_of_rosters(
    tmp_path_factory: pytest.TempPathFactory, sequence: list[dict[str, Any]], future: bool, by_hand: bool
) -> None:
    assume(anybody(sequence[0]))
    path = tmp_path_factory.mktemp("any") / "register.sqlite3"
    register = Register(path, service="worklist" if by_hand else "embedded", future=future)
    try:
        known: dict[str, set[str]] = {"C": set(), "S": set()}
        for taken, made in enumerate(sequence):
            before = register.dump()
            dry = None
            with contextlib.suppress(ImportStopped):
                dry = register.take(roster(taken, **made), dry_run=True)
            assert register.dump() == before
            difference = register.take(roster(taken, **made), accept_shrink=True)
            if dry is not None:
                dry.dry_run = False
                assert dry == difference
            check(register, future)
            check_against(register, made, known)
        database = Database(path, read_only=True)
        assert audit.first_broken(database) is None
        database.close()
    finally:
        register.manager.close()


Step = tuple[str, Any]
steps = st.one_of(
    st.tuples(st.just("import"), rosters()),
    st.tuples(st.sampled_from(["revoke", "welcome", "hold", "release", "attest"]), st.sampled_from(PEOPLE)),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rosters(), st.lists(steps, max_size=8), st.booleans())
def test_any_sequence_of_imports_and_acts(
    tmp_path_factory: pytest.TempPathFactory, first: dict[str, Any], sequence: list[Step], by_hand: bool
) -> None:
    """Acts in between: what an act derives for one account is what is derived for all, and what was revoked here
    no import brings back; nobody who is not eligible keeps an open link."""
    assume(anybody(first))
    path = tmp_path_factory.mktemp("acts") / "register.sqlite3"
    register = Register(path, service="worklist" if by_hand else "embedded")
    revoked: set[str] = set()
    try:
        for taken, (what, given_) in enumerate([("import", first), *sequence]):
            if what == "import":
                register.take(roster(taken, **given_), accept_shrink=True)
            elif f"C{given_}" in register.statuses():
                act(register, what, f"C{given_}", taken, revoked, by_hand)
            check(register, False)
            names = register.usernames()
            if not by_hand:
                assert not [code for code in revoked if names.get(code)]
            open_links = register.read(
                "SELECT count(*) FROM invitations AS i JOIN directory AS d USING (person)"
                " WHERE i.state = 'sent' AND d.status NOT IN ('active', 'ready_to_provision')"
            )
            assert open_links == [(0,)]
        database = Database(path, read_only=True)
        assert audit.first_broken(database) is None
        database.close()
    finally:
        register.manager.close()


def act(register: Register, what: str, code: str, at: float, revoked: set[str], by_hand: bool) -> None:
    held = register.manager.why(code).facts.hold("revoke") is not None
    if what == "hold":
        register.manager.hold(code, "wait")
    elif what == "release":
        if held:
            register.manager.release(code)
    elif what == "attest":
        waiting = register.read("SELECT job_id FROM items WHERE state = 'requested' AND code = ?", code)
        for (job,) in waiting:
            register.manager.attest(job, [code])
    else:
        plan = register.manager.plan(Verb(what), [code], reason="asked for")
        if plan.items:
            register.act(Verb(what), code, at=at + 0.5, reason="asked for")
            if what == "revoke":
                assert not held
                revoked.add(code)
