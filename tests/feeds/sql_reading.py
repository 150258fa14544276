"""Reading by SQL in tests: everything that a feed gives, and why it is refused."""

from dataclasses import replace

import pytest

from tui.errors import ConfigError, EngageError, InputRefused
from tui.feeds import open_feed, reading
from tui.settings import Settings, SqlSettings


def problems(sql: SqlSettings) -> list[str]:
    """Read everything; what is wrong with rows."""
    with reading(open_feed(None, "sql", settings=Settings(sql=sql))) as feed:
        for kind in (feed.contacts, feed.students, feed.links, feed.link_history, feed.staff):
            list(kind())
        return list(map(str, feed.problems))


def refusal(sql: SqlSettings) -> EngageError:
    """Why reading is refused."""
    with pytest.raises((InputRefused, ConfigError)) as caught:
        problems(sql)
    assert caught.value.todo
    return caught.value


def contacts(sql: SqlSettings, statement: str) -> SqlSettings:
    """The same with another SELECT of contacts."""
    return replace(sql, contacts=statement)


def columns(**given: str) -> str:
    """A SELECT of one contact, with expressions for some of its columns."""
    values = {"code": "'C1'", "given_name": "'Mai'", "surname": "'Ng'", **given}
    return "SELECT " + ", ".join(f"{value} AS {name}" for name, value in values.items())
