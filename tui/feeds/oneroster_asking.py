"""Users asked of a OneRoster server page by page, everybody or the families; nothing that the server says is believed.

Some servers ignore `limit`, `offset` or a filter, some cap a page, some say no total. So pages are counted by what came
and people told apart by their id. A page that comes again, a total that changes meanwhile, or fewer people than the
total says end the reading: half a school would look like the other half having left.

Families are asked for by their roles, so that the staff's records stay where they are. Servers disagree on how that is
said, some refuse it, some heed it not or in part. Where what came is not surely whole, everybody is read instead, and
who has no such role is let go unread.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tui.errors import InputRefused
from tui.feeds.oneroster import CONTACT_ROLES, STAFF_ROLES, STUDENT
from tui.feeds.oneroster_json import agents_of, roles_of, text_in
from tui.web import Answer, Unanswered, Web

USERS = "users"
"""The resource that is asked for, and what problems call its rows."""
FAMILY_ROLES = (STUDENT, *CONTACT_ROLES)
_MOST_PAGES = 20_000
_MOST_USERS = 1_000_000
_MOST_BYTES = 64 * 1024 * 1024
_ATTEMPTS = 4
_LONGEST_WAIT = 60.0

Told = Callable[[int, int | None], None]
"""Called with how many have come and how many there are, None where the server doesn't say."""


class _NoSuchFilter(Exception):
    """The server refuses what it was asked to filter by, or does not heed it."""


def everybody(web: Web, page_size: int, told: Told) -> Iterator[dict[str, Any]]:
    """Every user once, as the server has them. Raises InputRefused where they can't be read as a whole."""
    return _listed(web, page_size, told, None)


def families(web: Web, page_size: int, told: Told) -> tuple[list[dict[str, Any]], bool]:
    """Students, parents, guardians and relatives, each once, and whether the server could be asked for just them.

    Raises InputRefused where they can't be read as a whole.
    """
    for field in _role_fields(web):
        try:
            found = _by_role(web, page_size, told, field)
        except _NoSuchFilter:
            continue
        if _is_whole(found):
            return found, True
        break
    return [user for user in everybody(web, page_size, told) if _is_of_a_family(user)], False


def filters_by_role(web: Web) -> bool:
    """Whether the server heeds a filter by role, as far as a page of one user for each role shows it."""
    for field in _role_fields(web):
        came: list[str] = []
        try:
            for role in FAMILY_ROLES:
                answer = asked(web, {"limit": 1, "offset": 0, "filter": _filter(field, role)})
                users = users_in(answer, web.site.what)
                if not all(role in _roles_in(user) for user in users):
                    raise _NoSuchFilter
                came += [role] * bool(users)
        except _NoSuchFilter:
            continue
        return STUDENT in came and len(came) > 1
    return False


def asked(web: Web, params: Mapping[str, str | int]) -> Answer:
    """One page; asked again a few times where the server says later, or gives nothing.

    Raises InputRefused with what it says instead of users.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            answer = web.run(web.ask("GET", USERS, params=params, most=_MOST_BYTES))
        except Unanswered as error:
            if attempt < _ATTEMPTS:
                continue  # reading changes nothing, so it can be asked again
            raise InputRefused(
                error.what, means="Not everybody was read, so nothing was imported.", todo="Try again later."
            ) from error
        if answer.status not in (429, 502, 503, 504) or attempt == _ATTEMPTS:
            break
        wait = answer.seconds_to_wait(datetime.now(UTC))
        time.sleep(min(_LONGEST_WAIT, 2.0**attempt if wait is None else wait))
    if answer.is_ok:
        return answer
    if "filter" in params and answer.status not in (401, 403, 429, 502, 503, 504):
        raise _NoSuchFilter  # whatever is wrong besides shows when everybody is asked for
    hint = {
        401: "Check the client's id and secret in the config.",
        403: "Ask for the scope that lets this client read users, and set it in the config.",
        404: "Check the url in the config: it ends before /users, as in …/ims/oneroster/rostering/v1p2.",
    }
    raise InputRefused(
        f"{web.site.what} answers {answer.status} where users are asked for.",
        means="Not everybody was read, so nothing was imported.",
        todo=hint.get(answer.status, "Try again later, and look into the server's log."),
    )


def users_in(answer: Answer, what: str) -> list[dict[str, Any]]:
    """The users on a page. Raises InputRefused where it is something else."""
    body = answer.body
    users = body.get("users") if isinstance(body, dict) else None
    if not isinstance(users, list) or not all(isinstance(user, dict) for user in users):
        raise InputRefused(
            f"{what} answers with something else than OneRoster users"
            + (f": {answer.unread}." if answer.unread else "."),
            means="Nothing was imported.",
            todo="Check the url in the config: it ends before /users, as in …/ims/oneroster/rostering/v1p2.",
        )
    return users


def total_of(answer: Answer) -> int | None:
    """How many there are in all, as the server says."""
    said = answer.headers.get("x-total-count", "").strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def _role_fields(web: Web) -> tuple[str, ...]:
    """What servers call a role in a filter: 1.2 has a list of objects, and many take the word of 1.1 all the same."""
    return ("role",) if "v1p1" in web.site.url else ("roles.role", "role")


def _filter(field: str, role: str) -> str:
    return f"{field}='{role}'"


def _by_role(web: Web, page_size: int, told: Told, field: str) -> list[dict[str, Any]]:
    """Who came for each of the roles. Somebody with two of them comes twice, and is one."""
    found: dict[str, dict[str, Any]] = {}
    nameless: list[dict[str, Any]] = []
    for role in FAMILY_ROLES:
        before = len(found)

        def told_of_all(got: int, total: int | None, before: int = before) -> None:
            told(before + got, None if total is None else before + total)

        for user in _listed(web, page_size, told_of_all, _filter(field, role)):
            if role not in _roles_in(user):
                raise _NoSuchFilter
            if code := text_in(user.get("sourcedId")):
                found.setdefault(code, user)
            else:
                nameless.append(user)
    return [*found.values(), *nameless]


def _is_whole(found: list[dict[str, Any]]) -> bool:
    """Whether this can be all of the families: somebody of each end came, and nobody is named who did not.

    A filter that looks at primary roles only would leave out the teacher who is a parent: a child names her.
    """
    roles = {role for user in found for role in _roles_in(user)}
    codes = {text_in(user.get("sourcedId")) for user in found}
    return (
        STUDENT in roles
        and not roles.isdisjoint(CONTACT_ROLES)
        and all(agent in codes for user in found for agent in agents_of(user))
    )


def _is_of_a_family(user: Mapping[str, Any]) -> bool:
    """Whether somebody is not just staff; a role that is missing or misspelt is for the reader to tell."""
    roles = _roles_in(user)
    return not roles or not roles.issubset(STAFF_ROLES)


def _roles_in(user: Mapping[str, Any]) -> set[str]:
    return {role.lower() for role in roles_of(user)}


def _listed(web: Web, page_size: int, told: Told, only: str | None) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    got = 0
    total: int | None = None
    for _ in range(_MOST_PAGES):
        answer = asked(web, {"limit": page_size, "offset": got} | ({"filter": only} if only else {}))
        try:
            users = users_in(answer, web.site.what)
        except InputRefused:
            if only:
                raise _NoSuchFilter from None
            raise
        said = total_of(answer)
        if total is not None and said is not None and said < total:
            raise _changed(web, f"it said {total:,} users, and then {said:,}")
        total = said if said is not None else total
        codes = [text_in(user.get("sourcedId")) for user in users]
        again = [code for code in codes if code and code in seen]
        if users and len(again) == len(users):
            if got == total:
                return  # it does not heed the offset, and had given everybody already
            raise _changed(web, "a page came twice; it may not heed the offset that is asked for")
        if again or len({code for code in codes if code}) < len([code for code in codes if code]):
            raise _changed(web, "the same user came twice")
        seen.update(code for code in codes if code)
        got += len(users)
        told(got, total)
        yield from users
        if got > _MOST_USERS:
            raise _changed(web, f"it has more than {_MOST_USERS:,} users")
        # A page that is not full may be the server's own limit: only an empty one, or no next one, is the end.
        ended = not users or (_says_links(answer) and not _next(answer) and (total is None or got >= total))
        if ended:
            if total is not None and got < total:
                raise _changed(web, f"it said {total:,} users and gave {got:,}")
            return
    raise _changed(web, f"it has more than {_MOST_PAGES:,} pages")


def _says_links(answer: Answer) -> bool:
    return "rel=" in answer.headers.get("link", "")


def _next(answer: Answer) -> bool:
    links = answer.headers.get("link", "").lower().replace("'", '"').replace(" ", "")
    return 'rel="next"' in links or "rel=next" in links


def _changed(web: Web, why: str) -> InputRefused:
    return InputRefused(
        f"{web.site.what} can't be read as a whole: {why}.",
        means="Whoever is missing would look as if they had left. Nothing was imported.",
        todo="Try again when nothing is changed there. If it stays so, import its files.",
    )
