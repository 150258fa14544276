"""Gathering the facts about accounts that the gates, the reasons and the why-pane judge.

For a set of contacts at once, in a fixed number of statements, so that a plan of a thousand costs no more per account
than one.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from tui.domain.facts import (
    AccountFacts,
    Correlated,
    GroupFact,
    HoldFact,
    ImportRef,
    InvitationFact,
    LinkFact,
    NamedOther,
    OldRecord,
    StudentFact,
)
from tui.domain.flag_groups import GROUP_FROM
from tui.domain.records import UserType
from tui.domain.status import Status
from tui.register.database import Database
from tui.register.derive import named_how, named_other_cases
from tui.register.people import TABLES, person_number, split_person
from tui.text import day_of

_PART = 400
_NAME = "trim(c.title || ' ' || coalesce(nullif(c.preferred_name, ''), c.given_name) || ' ' || c.surname)"


def person_of(database: Database, code: str, user_type: UserType = UserType.CONTACT) -> int | None:
    """The person number of a code; None when there is none."""
    row = database.one(f"SELECT id FROM {TABLES[user_type]} WHERE code = ?", (code,))
    return person_number(row[0], user_type) if row else None


def persons_of(database: Database, codes: Iterable[str]) -> dict[str, int]:
    """Contact codes to person numbers; unknown codes are left out."""
    found: dict[str, int] = {}
    wanted = list(dict.fromkeys(codes))
    for start in range(0, len(wanted), _PART):
        part = wanted[start : start + _PART]
        places = ", ".join("?" * len(part))
        found.update(database.read(f"SELECT code, id * 4 FROM contacts WHERE code IN ({places})", part))
    return found


def near_codes(database: Database, code: str) -> list[str]:
    """Contact codes that look like `code`, the likest first."""
    from rapidfuzz import fuzz, process

    codes = [row[0] for row in database.read("SELECT code FROM contacts ORDER BY code")]
    found = process.extract(code, codes, scorer=fuzz.ratio, processor=str.casefold, limit=5, score_cutoff=70)
    return [near for near, _, _ in found]


def gather(database: Database, persons: Sequence[int]) -> dict[int, AccountFacts]:
    """The facts of these people, by person number."""
    found: dict[int, AccountFacts] = {}
    imports = {
        number: ImportRef(number, day_of(taken_at))
        for number, taken_at in database.read("SELECT id, taken_at FROM snapshots")
    }
    first = min(imports.values(), key=lambda ref: ref.number, default=None)
    contacts = [person for person in persons if not person & 3]
    for start in range(0, len(contacts), _PART):
        found.update(_gather_contacts(database, contacts[start : start + _PART], imports, first))
    for person in persons:
        if person & 3:
            found[person] = _gather_other(database, person)
    return found


def _gather_contacts(
    database: Database, persons: Sequence[int], imports: dict[int, ImportRef], first: ImportRef | None
) -> dict[int, AccountFacts]:
    places = ", ".join("?" * len(persons))
    ids = [person >> 2 for person in persons]
    links = _links(database, ids, places, imports)
    holds = _holds(database, persons, places)
    others = _named_others(database, ids)
    groups = _groups(database, persons, places, imports)
    requests = _requests(database, persons, places)
    undone = _not_done(database, persons, places)
    correlated = _correlated(database, ids, places)
    old_records = _old_records(database, ids, places)
    invited = _invitations(database, persons, places)
    emails = _shared(
        database,
        "SELECT c.id * 4, o.code FROM contacts AS c JOIN contacts AS o ON o.email = c.email COLLATE NOCASE"
        f" AND o.email <> '' AND o.id <> c.id WHERE c.email <> '' AND c.id IN ({places}) ORDER BY o.code",
        ids,
    )
    usernames = _shared(
        database,
        "SELECT a.person, coalesce(c.code, s.code, f.code) FROM accounts AS a JOIN accounts AS o"
        " ON o.username_key = a.username_key AND o.username_key <> '' AND o.person <> a.person"
        " LEFT JOIN contacts AS c ON o.person % 4 = 0 AND c.id = o.person / 4"
        " LEFT JOIN students AS s ON o.person % 4 = 1 AND s.id = o.person / 4"
        " LEFT JOIN staff AS f ON o.person % 4 = 2 AND f.id = o.person / 4"
        f" WHERE a.username_key <> '' AND a.person IN ({places}) ORDER BY 2",
        persons,
    )
    found = {}
    for row in database.read(
        "SELECT d.person, c.code, c.title, c.given_name, c.preferred_name, c.surname, c.contact_type, c.email,"
        " c.mobile, coalesce(a.username, ''), a.password_hash IS NOT NULL, a.last_login, d.status, c.gone_snapshot,"
        " a.came_back_snapshot, c.incomplete_snapshot FROM directory AS d JOIN contacts AS c ON c.id = d.person / 4"
        f" LEFT JOIN accounts AS a ON a.person = d.person WHERE d.person IN ({places})",
        persons,
    ):
        person, code, title, given, preferred, surname, type_, email, mobile, username, password, *rest = row
        last_login, status, gone, came_back, incomplete = rest
        job, verb = requests.get(person, (None, ""))
        found[person] = AccountFacts(
            code=code,
            user_type=UserType.CONTACT,
            name=" ".join(filter(None, (title, preferred or given, surname))),
            given_name=preferred or given,
            surname=surname,
            contact_type=type_,
            email=email,
            mobile=mobile,
            username=username,
            has_password=bool(password),
            last_login=last_login,
            status=Status(status),
            gone=imports.get(gone),
            links=tuple(links.get(person, ())),
            named_others=tuple(others.get(person, ())),
            correlated=tuple(correlated.get(person, ())),
            old_records=tuple(old_records.get(person, ())),
            group=groups.get(person),
            holds=tuple(holds.get(person, ())),
            email_shared_with=tuple(emails.get(person, ())),
            username_shared_with=tuple(usernames.get(person, ())),
            requested_job=job,
            requested_verb=verb,
            came_back=imports[came_back].taken_on if came_back else "",
            not_done=undone.get(person, ""),
            incomplete=imports.get(incomplete),
            first_import=first,
            invitations=tuple(invited.get(person, ())),
        )
    return found


def _links(
    database: Database, ids: Sequence[int], places: str, imports: dict[int, ImportRef]
) -> dict[int, list[LinkFact]]:
    found: dict[int, list[LinkFact]] = {}
    shown: dict[tuple[int, str], tuple[int, tuple[int, str]]] = {}  # the place of a pair's link, and when it went
    for row in database.read(
        "SELECT l.contact_id * 4, t.code, t.given_name, t.preferred_name, t.surname, t.year_level, t.status,"
        " t.exit_date, t.gone_snapshot, t.custody_note, l.relationship, l.portal_access, l.access_off_snapshot,"
        " l.removed_snapshot, l.removed_on FROM links AS l JOIN students AS t ON t.id = l.student_id"
        f" WHERE l.contact_id IN ({places})"
        " ORDER BY l.contact_id, l.removed_snapshot IS NOT NULL OR l.removed_on <> '', l.priority, t.code",
        ids,
    ):
        person, code, given, preferred, surname, year, status, exit_date, gone, custody, *link = row
        relationship, access, off, removed, removed_on = link
        student = StudentFact(
            code, f"{preferred or given} {surname}".strip(), year, status, exit_date, imports.get(gone), custody
        )
        fact = LinkFact(
            student, relationship, None if access is None else bool(access), imports.get(off), imports.get(removed),
            removed_on,
        )  # fmt: skip
        facts = found.setdefault(person, [])
        if fact.is_removed and (person, code) in shown:
            # A relationship that was renamed leaves a removed link beside that of the same pair, which was present or
            # went later: the last to go tells when the two were parted.
            place, before = shown[person, code]
            if facts[place].is_removed and _went(fact) > before:
                facts[place], shown[person, code] = fact, (place, _went(fact))
            continue
        shown[person, code] = len(facts), _went(fact)
        facts.append(fact)
    return found


def _went(link: LinkFact) -> tuple[int, str]:
    """When a link went, to be compared: what a first import tells of the past came before every import."""
    return (link.removed.number if link.removed else 0), (link.removed_on if link.removed_on[:1].isdigit() else "")


def _holds(database: Database, persons: Sequence[int], places: str) -> dict[int, list[HoldFact]]:
    found: dict[int, list[HoldFact]] = {}
    for person, *hold in database.read(
        f"SELECT person, kind, note, by, at, until FROM holds WHERE released_at = '' AND person IN ({places})", persons
    ):
        found.setdefault(person, []).append(HoldFact(*hold))
    return found


def _invitations(database: Database, persons: Sequence[int], places: str) -> dict[int, list[InvitationFact]]:
    found: dict[int, list[InvitationFact]] = {}
    for person, *invitation in database.read(
        "SELECT person, id, purpose, state, job_id, sent_at, expires_at FROM invitations"
        f" WHERE person IN ({places}) ORDER BY id DESC",
        persons,
    ):
        found.setdefault(person, []).append(InvitationFact(*invitation))
    return found


def _named_others(database: Database, ids: Sequence[int]) -> dict[int, list[NamedOther]]:
    found: dict[int, dict[str, NamedOther]] = {}
    with database.errors():
        connection = database.connection
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS t_asked (id INTEGER PRIMARY KEY)")
        connection.execute("DELETE FROM temp.t_asked")
        connection.executemany("INSERT INTO temp.t_asked VALUES (?)", ((id_,) for id_ in ids))
        for case in named_other_cases(connection, "t_asked"):
            how = named_how(case)
            if how:
                code, title, given, surname = connection.execute(
                    "SELECT code, title, given_name, surname FROM contacts WHERE id = ?", (case[6],)
                ).fetchone()
                name = " ".join(filter(None, (title, given, surname)))
                found.setdefault(case[0] * 4, {}).setdefault(code, NamedOther(code, name, how))
    return {person: list(others.values()) for person, others in found.items()}


def _correlated(database: Database, ids: Sequence[int], places: str) -> dict[int, list[Correlated]]:
    """The records that are proposed or accepted as the same person's, of contacts that have an account."""
    found: dict[int, list[Correlated]] = {}
    for person, code, name, decision, eligible, evidence, cause, by, at, has_account in database.read(
        f"SELECT p.old * 4, c.code, {_NAME}, p.decision, d.status IN ('active', 'ready_to_provision'), p.evidence,"
        " p.cause, coalesce(p.by, ''), coalesce(p.at, ''), d.status = 'active'"
        " FROM proposals AS p JOIN contacts AS c ON c.id = p.new JOIN directory AS d ON d.person = c.id * 4"
        f" WHERE p.old IN ({places}) ORDER BY p.old, c.code",
        ids,
    ):
        said = tuple(json.loads(evidence))
        correlated = Correlated(code, name, decision, bool(eligible), said, cause, by, at, bool(has_account))
        found.setdefault(person, []).append(correlated)
    return found


def _old_records(database: Database, ids: Sequence[int], places: str) -> dict[int, list[OldRecord]]:
    """The old records that are perhaps these contacts'. What was accepted stays so when the evidence changes, and is
    doubted: a person looks again before anything is sent."""
    found: dict[int, list[OldRecord]] = {}
    for person, code, name, decision, has_account, doubted in database.read(
        f"SELECT x.new * 4, c.code, {_NAME}, x.decision,"
        " coalesce(a.username <> '' OR a.password_hash IS NOT NULL, 0), x.doubted FROM ("
        "SELECT v.old, v.new, 'accepted' AS decision, v.found <> 'match' OR v.digest <> coalesce(k.digest, '')"
        " AS doubted FROM pair_verdicts AS v LEFT JOIN correlations AS k ON k.old = v.old AND k.new = v.new"
        " WHERE v.verdict = 'accepted' UNION ALL"
        " SELECT p.old, p.new, p.decision, 0 FROM proposals AS p JOIN directory AS d ON d.person = p.old * 4"
        " WHERE d.status = 'ready_to_revoke' AND NOT EXISTS (SELECT 1 FROM pair_verdicts AS a"
        " WHERE a.old = p.old AND a.new = p.new AND a.verdict = 'accepted')) AS x"
        " JOIN contacts AS c ON c.id = x.old LEFT JOIN accounts AS a ON a.person = c.id * 4"
        f" WHERE x.new IN ({places}) ORDER BY x.new, c.code",
        ids,
    ):
        found.setdefault(person, []).append(OldRecord(code, name, decision, bool(has_account), bool(doubted)))
    return found


def _groups(
    database: Database, persons: Sequence[int], places: str, imports: dict[int, ImportRef]
) -> dict[int, GroupFact]:
    return {
        person: GroupFact(contact_type, imports.get(number), size, answer or "", reason or "")
        for person, contact_type, number, size, answer, reason in database.read(
            "WITH sizes AS (SELECT contact_type, flag_snapshot, count(*) AS size FROM directory"
            " WHERE flag_snapshot IS NOT NULL GROUP BY 1, 2 HAVING count(*) >= ?)"
            " SELECT d.person, d.contact_type, d.flag_snapshot, coalesce(s.size, 0), g.answer, g.reason"
            " FROM directory AS d LEFT JOIN sizes AS s USING (contact_type, flag_snapshot)"
            " LEFT JOIN flag_answers AS g ON g.contact_type = d.contact_type AND g.snapshot_id = d.flag_snapshot"
            " WHERE d.flag_snapshot IS NOT NULL AND (s.size IS NOT NULL OR g.answer IS NOT NULL)"
            f" AND d.person IN ({places})",
            (GROUP_FROM, *persons),
        )
    }


def _requests(database: Database, persons: Sequence[int], places: str) -> dict[int, tuple[int, str]]:
    return {
        person: (job, verb)
        for person, job, verb in database.read(
            "SELECT i.person, i.job_id, j.verb FROM items AS i JOIN jobs AS j ON j.id = i.job_id"
            f" WHERE i.state = 'requested' AND i.person IN ({places}) ORDER BY i.id",
            persons,
        )
    }


def _not_done(database: Database, persons: Sequence[int], places: str) -> dict[int, str]:
    """The day of the extract that showed a person's latest request for a revoke as not carried out."""
    return {
        person: day_of(taken_at)
        for person, state, taken_at in database.read(
            "SELECT i.person, i.state, coalesce(s.taken_at, '') FROM items AS i JOIN jobs AS j ON j.id = i.job_id"
            " LEFT JOIN snapshots AS s ON s.id = i.verified_snapshot WHERE j.verb = 'revoke' AND i.id ="
            " (SELECT max(n.id) FROM items AS n JOIN jobs AS k ON k.id = n.job_id WHERE n.person = i.person"
            f" AND k.verb = 'revoke' AND n.state <> 'skipped') AND i.person IN ({places})",
            persons,
        )
        if state == "not_done"
    }


def _shared(database: Database, sql: str, parameters: Sequence[Any]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for person, code in database.read(sql, parameters):
        found.setdefault(person, []).append(code)
    return found


def _gather_other(database: Database, person: int) -> AccountFacts:
    row_id, user_type = split_person(person)
    columns = "'', '', status" if user_type is UserType.STUDENT else "title, '', employed"
    title, _, standing, code, given, surname, email = database.one(
        f"SELECT {columns}, code, given_name, surname, email FROM {TABLES[user_type]} WHERE id = ?", (row_id,)
    )
    status, username, login = database.one(
        "SELECT d.status, coalesce(a.username, ''), a.last_login FROM directory AS d"
        " LEFT JOIN accounts AS a ON a.person = d.person WHERE d.person = ?",
        (person,),
    )
    return AccountFacts(
        code=code,
        user_type=user_type,
        name=" ".join(filter(None, (title, given, surname))),
        given_name=given,
        contact_type="",
        email=email,
        mobile="",
        username=username,
        has_password=False,
        last_login=login,
        status=Status(status),
        employed=bool(standing) if user_type is UserType.STAFF else True,
        own_status=str(standing) if user_type is UserType.STUDENT else "",
    )


def relatives(database: Database, contacts: Sequence[int]) -> dict[int, list[tuple[str, str, str, str, str]]]:
    """The other contacts of the children of these contacts (row ids), by contact: (code, name, relationship, status,
    names of the shared children)."""
    found: dict[int, list[tuple[str, str, str, str, str]]] = {}
    for start in range(0, len(contacts), _PART):
        part = contacts[start : start + _PART]
        for contact, *relative in database.read(
            "SELECT l.contact_id, c.code,"
            f" {_NAME},"
            " max(p.relationship), d.status,"
            # It joins by a bare comma, which a name may hold too; a bell is never in one.
            " group_concat(DISTINCT replace(coalesce(nullif(t.preferred_name, ''), t.given_name), ',', char(7)))"
            " FROM links AS l JOIN links AS p ON p.student_id = l.student_id AND p.contact_id <> l.contact_id"
            " JOIN contacts AS c ON c.id = p.contact_id JOIN students AS t ON t.id = l.student_id"
            f" JOIN directory AS d ON d.person = c.id * 4 WHERE l.contact_id IN ({', '.join('?' * len(part))})"
            " GROUP BY l.contact_id, c.id ORDER BY l.contact_id, c.surname, c.given_name",
            part,
        ):
            code, name, relationship, status, shares = relative
            shared = ", ".join(sorted(child.replace("\a", ",") for child in shares.split(",")))
            found.setdefault(contact, []).append((code, name, relationship, status, shared))
    return found
