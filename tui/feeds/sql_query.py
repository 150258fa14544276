"""The SQL feed: statements that read, in the config, one for each kind of record, in somebody else's database.

Columns of a result are named as our fields (`AS mobile`), or mapped by a profile. All is read in one transaction, so
that contacts, students and links are of the same moment; values become the text that a CSV cell would be, and pass
the same checks.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from tui.config import expanded, secret_variable
from tui.domain.problems import Problems, quoted
from tui.domain.records import RecordKind, Roster, RosterDescription
from tui.errors import ConfigError, InputRefused
from tui.feeds.csv_files import SHAPES
from tui.feeds.rows import Rows, Shape
from tui.feeds.sql_source import LONGEST_CELL, NoText, QueryFailed, Source, as_text
from tui.feeds.sql_statement import place, why_not_reading, without_end
from tui.feeds.table_feed import TableFeed
from tui.feeds.tables import BATCH
from tui.secret import Secret, SecretSource, read_secret
from tui.settings import Settings, SqlSettings
from tui.text import clean, join_and, plural

_NEEDED = (RecordKind.CONTACTS, RecordKind.STUDENTS, RecordKind.LINKS)
_BY_KIND: Mapping[RecordKind, Shape[Any]] = {shape.kind: shape for shape in SHAPES}


class QueryRows:
    """The rows of one statement. Rows are counted from one, in the order in which the database gives them."""

    def __init__(self, source: Source, kind: RecordKind, statement: str, most: int) -> None:
        """Raises InputRefused when the statement does more than read, or the database can't plan it."""
        self.file = f"{kind.value.replace('_', ' ')} query"
        self._source = source
        self._key = f"feeds.sql.{kind.value}"
        self._given = statement
        self._query = without_end(statement)
        self._most = most
        try:
            spelt = source.columns(self._query)
        except QueryFailed as error:
            raise self._failed(error) from error
        self.columns = tuple(name.strip().lower() for name in spelt)
        self._spelt = dict(zip(self.columns, spelt, strict=True))
        twice = sorted({name for name in self.columns if self.columns.count(name) > 1})
        if twice:
            raise InputRefused(
                f"The {self.file} gives the column {join_and([quoted(name) for name in twice], most=3)} twice.",
                means="There is no telling which of the two is meant. Nothing was imported.",
                todo=f"Name each once in {self._key}, with AS.",
            )

    def index(self, column: str) -> int | None:
        return self.columns.index(column) if column in self.columns else None

    def told(self, column: str) -> str:
        return clean(self._spelt.get(column, column))

    def ignored(self, known: frozenset[str]) -> tuple[str, ...]:
        """The columns that mean nothing to this feed."""
        return tuple(name for name in self.columns if name not in known)

    def batches(self, problems: Problems, kinds: Sequence[str]) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
        done = 0
        try:
            for fetched in self._source.rows(self._query):
                if done + len(fetched) > self._most:
                    raise InputRefused(
                        f"The {self.file} gives more than {plural(self._most, 'row')}.",
                        means="That is the limit of feeds.sql.max_rows. Nothing was imported.",
                        todo="Perhaps a join lacks its condition. If so many are right, raise the limit.",
                    )
                for start in range(0, len(fetched), BATCH):
                    some = fetched[start : start + BATCH]
                    yield range(done + 1, done + 1 + len(some)), self._texts(some, done + 1)
                    done += len(some)
        except QueryFailed as error:
            raise self._failed(error) from error

    def _texts(self, rows: Sequence[Sequence[object]], first: int) -> list[list[str]]:
        try:
            columns = [_text_column(column) for column in zip(*rows, strict=True)]
        except NoText:
            columns = []
        if not columns or max(max(map(len, column)) for column in columns) > LONGEST_CELL:
            raise self._no_cell(rows, first)
        return list(map(list, zip(*columns, strict=True)))

    def _no_cell(self, rows: Sequence[Sequence[object]], first: int) -> InputRefused:
        """Which of the values is no cell; only looked for once there is one."""
        for number, row in enumerate(rows, first):
            for column, value in zip(self.columns, row, strict=True):
                what = ""
                try:
                    if len(as_text(value)) > LONGEST_CELL:
                        what = f"a text of more than {LONGEST_CELL:,} characters"
                except NoText as error:
                    what = str(error)
                if what:
                    return InputRefused(
                        f"{self.file}, row {number:,}, column {self.told(column)}: it holds {what}.",
                        means="Nothing was imported.",
                        todo=f"Leave the column out of {self._key}, or convert it to text there.",
                    )
        raise AssertionError("every value is a cell")

    def _failed(self, error: QueryFailed) -> InputRefused:
        where = f", at {place(self._given, error.position)}" if error.position else ""
        return InputRefused(
            f"The {self.file} ({self._key}) failed{where}: {error.why.rstrip('.')}.",
            means="Nothing was imported.",
            todo=error.todo or f"Correct {self._key} in the config.",
        )


def _text_column(column: Sequence[object]) -> Sequence[str]:
    """A column as text; most are text already, which a look at their types tells at the speed of C."""
    return cast("Sequence[str]", column) if set(map(type, column)) == {str} else list(map(as_text, column))


def shown(settings: Settings) -> str:
    """The database that the config names, without anything secret."""
    from tui.feeds.sql_postgres import shown as shown_address

    database = settings.sql.database
    return shown_address(database) if "://" in database else clean(database)


def open_sql(settings: Settings, profile: str = "") -> Roster:
    """The roster that the statements give, planned and no row read yet; `profile` goes before the config's own.

    Raises ConfigError (nothing to read, a bad profile, no password) and InputRefused (what the database refuses).
    """
    sql = settings.sql
    name = profile or sql.profile
    statements = _statements(sql, mapped=bool(name))
    for kind, statement in statements.items():
        if why := why_not_reading(statement):
            raise InputRefused(
                f"The statement feeds.sql.{kind} {why}.",
                means="Only one statement that reads is sent to a database. Nothing was sent.",
                todo=f"Write feeds.sql.{kind} as one SELECT.",
            )
    source = _open(sql)
    try:
        queries = {kind: QueryRows(source, kind, text, sql.max_rows) for kind, text in statements.items()}
        return _mapped(source, queries, name) if name else _plain(source, queries)
    except BaseException:
        source.close()
        raise


def check_sql(settings: Settings) -> str:
    """Connect, plan each statement and run none; what was found, in a sentence. Raises as open_sql() does."""
    roster = open_sql(settings)
    files = list(dict.fromkeys(roster.description.files.values()))
    if isinstance(roster, TableFeed):
        roster.close()
    return f"{roster.description.source} answers, and can plan {join_and(files)}."


def _statements(sql: SqlSettings, *, mapped: bool) -> dict[RecordKind, str]:
    if not sql.database:
        raise ConfigError(
            "The config names no database for the SQL feed.",
            means="Nothing was imported.",
            todo="Set feeds.sql.database, and a SELECT for contacts, students and links. See docs/sql.md.",
        )
    given = {
        RecordKind.CONTACTS: sql.contacts,
        RecordKind.STUDENTS: sql.students,
        RecordKind.LINKS: sql.links,
        RecordKind.LINK_HISTORY: sql.link_history,
        RecordKind.STAFF: sql.staff,
    }
    found = {kind: text for kind, text in given.items() if text.strip()}
    missing = [] if mapped and found else [f"feeds.sql.{kind}" for kind in _NEEDED if kind not in found]
    if missing:
        raise ConfigError(
            f"The config has no statement {join_and(missing)}.",
            means="Nobody's status can be told without contacts, students and links. Nothing was imported.",
            todo="Write a SELECT for each. See docs/sql.md.",
        )
    return found


def password_source(sql: SqlSettings) -> SecretSource:
    """Where the database's password comes from, where one is needed."""
    return SecretSource(
        "database's password",
        "feeds.sql.password",
        secret_variable("feeds.sql.password"),
        sql.password_command,
        expanded(sql.password_file) if sql.password_file else None,
    )


def _open(sql: SqlSettings) -> Source:
    if "://" not in sql.database:
        from pathlib import Path

        from tui.feeds.sql_sqlite import SqliteSource

        return SqliteSource(expanded(Path(sql.database)), sql.timeout_seconds)
    from tui.feeds.sql_postgres import PostgresSource

    where = password_source(sql)
    password: Secret | None = read_secret(where) if where.is_set else None
    return PostgresSource(sql, password)


def _plain(source: Source, queries: Mapping[RecordKind, QueryRows]) -> TableFeed:
    for kind, rows in queries.items():
        missing = [name for name in _BY_KIND[kind].needed if name not in rows.columns]
        if missing:
            others = [quoted(rows.told(name)) for name in rows.ignored(_BY_KIND[kind].columns)]
            raise InputRefused(
                f"The {rows.file} gives no column {join_and(missing)}.",
                means=_say_others(others) + "Nothing was imported.",
                todo=f"Name the columns in feeds.sql.{kind} with AS, or use a mapping profile.",
            )
    columns = {kind: _BY_KIND[kind].columns.intersection(rows.columns) for kind, rows in queries.items()}
    ignored = {rows.file: rows.ignored(_BY_KIND[kind].columns) for kind, rows in queries.items()}
    return TableFeed(
        RosterDescription(
            feed="sql",
            source=source.shown,
            taken_at=source.taken_at,
            files={kind: rows.file for kind, rows in queries.items()},
            columns=columns,
        ),
        {kind: (rows,) for kind, rows in queries.items()},
        _BY_KIND,
        Problems(unit="row"),
        ignored_columns={file: names for file, names in ignored.items() if names},
        close=source.close,
    )


def _say_others(others: list[str]) -> str:
    mean = "means" if len(others) == 1 else "mean"
    return f"It gives {join_and(others, most=8)}, which {mean} nothing here. " if others else ""


def _mapped(source: Source, queries: Mapping[RecordKind, QueryRows], name: str) -> TableFeed:
    from tui.feeds.mapped import MappedParts, ToldOnce
    from tui.feeds.profile_files import load_profile

    profile = load_profile(name)
    tables: dict[str, Rows] = {}
    for table, said in profile.tables.items():
        with suppress(ValueError, KeyError):  # a table that no query takes the place of, which nothing may need
            tables[table] = queries[RecordKind(said.query or table)]

    def absent(table: str) -> InputRefused:
        query = profile.tables[table].query or table
        known = query in set(RecordKind)
        return InputRefused(
            f"The mapping profile {profile.name} reads its table {clean(table)} from "
            + (f"feeds.sql.{query}, which is blank." if known else "a file, and names no query for it."),
            means="Nothing was imported.",
            todo=f"Write that statement, or name another in tables.{clean(table)}.query of a profile of your own.",
        )

    parts = MappedParts(profile, tables, absent)
    return parts.feed("sql", source.shown, source.taken_at, ToldOnce(unit="row"), close=source.close)
