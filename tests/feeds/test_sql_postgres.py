"""The SQL feed on a real PostgreSQL server: what it reads, and that it can do nothing else, nor wait for ever."""

import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.feeds.sql_reading import columns, contacts, problems, refusal
from tests.school import small_school
from tests.school_database import postgres_school, settings
from tests.servers.postgres import Server, running
from tui.errors import InputRefused
from tui.feeds import check_feed, open_feed
from tui.feeds.sql_postgres import parameters, shown
from tui.settings import Settings, SqlSettings

PASSWORD = "correct horse"


@pytest.fixture(scope="session")
def school(postgres: Server) -> SqlSettings:
    """The small school in a database of its own, and a user who may read it with a password."""
    sql = postgres_school(small_school(), postgres, "sis")
    postgres.run(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
    postgres.run("GRANT SELECT ON contacts, students, links TO reader", database="sis")
    return sql


def counted(postgres: Server) -> int:
    ((count,),) = postgres.rows("SELECT count(*) FROM contacts", database="sis")
    return int(count)


# -- what it reads -----------------------------------------------------------------------------------------------------


def test_it_gives_the_records_that_the_csv_folder_gives(school: SqlSettings, tmp_path: Path) -> None:
    by_sql = open_feed(None, "sql", settings=Settings(sql=school))
    by_csv = open_feed(small_school().write(tmp_path / "csv"), "csv")
    for kind in ("contacts", "students", "links", "link_history", "staff"):
        ours = sorted(record[1:] for record in getattr(by_sql, kind)())
        assert ours == sorted(record[1:] for record in getattr(by_csv, kind)()), kind
    assert not by_sql.problems
    assert by_sql.description.columns == by_csv.description.columns


def test_it_is_dated_by_the_clock_of_the_database(school: SqlSettings) -> None:
    description = open_feed(None, "sql", settings=Settings(sql=school)).description
    assert abs(description.taken_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert description.taken_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("expression", "field", "value"),
    [
        ("true", "internally_managed", True),
        ("NULL::boolean", "internally_managed", False),
        ("12345678901234567890::numeric", "mobile", "12345678901234567890"),
        ("3.10::numeric(6,2)", "mobile", "3.10"),
        ("date '2026-11-28'", "mobile", "2026-11-28"),
        ("timestamptz '2026-11-28 07:05+11'", "last_login", "2026-11-27T20:05:00+00:00"),
        ("timestamp '2026-11-28 07:05'", "last_login", "2026-11-28T07:05:00+00:00"),
        ("'Zoë ' || chr(128512)", "mobile", "Zoë \U0001f600"),
        ("'00000000-0000-0000-0000-000000000001'::uuid", "mobile", "00000000-0000-0000-0000-000000000001"),
        ("ARRAY[1, 2]", "mobile", "{1,2}"),
        ("'P'::char(5)", "contact_type", "P    "),
    ],
)
def test_a_value_is_what_a_csv_export_would_have(
    school: SqlSettings, expression: str, field: str, value: object
) -> None:
    feed = open_feed(None, "sql", settings=Settings(sql=contacts(school, columns(**{field: expression}))))
    (record,) = feed.contacts()
    assert getattr(record, field) == value


def test_bad_values_are_told_by_query_row_and_column(school: SqlSettings) -> None:
    sql = replace(
        school,
        students="SELECT code, given_name, surname, status, date 'infinity' AS \"Exit_Date\" FROM students LIMIT 1",
    )
    assert problems(sql) == [
        "students query, row 1, column Exit_Date: “infinity” is not a date such as 2026-11-28 or 28/11/2026"
    ]


def test_many_rows_are_counted_through(school: SqlSettings) -> None:
    many = "SELECT 'C' || i AS code, 'a' AS given_name, 'b' AS surname, i AS last_login FROM generate_series(1, 5000) i"
    sql = contacts(school, many.replace("i AS last_login", "CASE i WHEN 4321 THEN 'never' ELSE '' END AS last_login"))
    assert [problem.partition(":")[0] for problem in problems(sql)] == ["contacts query, row 4,321, column last_login"]
    assert (
        "more than 4,999 rows"
        in refusal(replace(contacts(school, many.replace(", i AS last_login", "")), max_rows=4999)).what
    )


def test_all_statements_see_the_same_moment(postgres: Server) -> None:
    sql = postgres_school(small_school(), postgres, "moving")
    feed = open_feed(None, "sql", settings=Settings(sql=sql))
    before = len(list(feed.contacts()))
    postgres.run("DELETE FROM students", "DELETE FROM links", database="moving")
    assert len(list(feed.students())) == before
    assert list(feed.links())


# -- what it can't do --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "WITH gone AS (DELETE FROM contacts RETURNING *) SELECT * FROM gone",
        "WITH new AS (INSERT INTO contacts (code) VALUES ('C9') RETURNING *) SELECT * FROM new",
        "SELECT * FROM contacts FOR UPDATE",
        columns(code="nextval('counter')::text"),
        columns(code="setval('counter', 7)::text"),
    ],
)
def test_what_does_more_than_read_is_refused(postgres: Server, school: SqlSettings, statement: str) -> None:
    postgres.run("CREATE SEQUENCE IF NOT EXISTS counter", database="sis")
    before = counted(postgres), postgres.rows("SELECT last_value, is_called FROM counter", database="sis")
    assert "it does more than read, which is refused" in refusal(contacts(school, statement)).what
    assert (counted(postgres), postgres.rows("SELECT last_value, is_called FROM counter", database="sis")) == before


def test_what_a_function_does_all_the_same_is_rolled_back(postgres: Server, school: SqlSettings) -> None:
    assert not problems(
        replace(
            contacts(school, columns(code="lo_create(0)::text")), links="SELECT 1 AS student_code, 2 AS contact_code"
        )
    )
    assert postgres.rows("SELECT count(*) FROM pg_largeobject_metadata", database="sis") == [(0,)]


def test_a_second_statement_is_not_run_even_where_the_first_check_misses_it(
    postgres: Server, school: SqlSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.feeds.sql_query.why_not_reading", lambda statement: "")
    before = counted(postgres)
    for statement in (
        "SELECT * FROM contacts; DELETE FROM contacts",
        "SELECT * FROM contacts; COMMIT; BEGIN READ WRITE; DELETE FROM contacts; COMMIT",
    ):
        assert "multiple commands" in refusal(contacts(school, statement)).what
    assert counted(postgres) == before


def test_the_session_reads_only_whatever_the_environment_says(
    school: SqlSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_read_only=off -c statement_timeout=0")
    said = columns(
        code="current_setting('transaction_read_only')",
        given_name="current_setting('statement_timeout')",
        surname="current_setting('transaction_isolation')",
        email="current_setting('default_transaction_read_only')",
        mobile="current_setting('application_name')",
    )
    (record,) = open_feed(None, "sql", settings=Settings(sql=contacts(school, said))).contacts()
    assert (record.code, record.given_name, record.surname, record.email, record.mobile) == (
        "on", "1min", "repeatable read", "on", "engage-accounts",
    )  # fmt: skip


def test_a_statement_that_takes_too_long_is_ended_by_the_server(postgres: Server, school: SqlSettings) -> None:
    slow = replace(contacts(school, columns(code="pg_sleep(60)::text")), timeout_seconds=1)
    assert "took longer than 1 second." in refusal(slow).what
    assert postgres.rows("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active'"
                         " AND pid <> pg_backend_pid()") == [(0,)]  # fmt: skip


def test_fetches_that_take_too_long_together_are_ended(school: SqlSettings) -> None:
    pause = "CASE WHEN i % 2048 = 0 THEN pg_sleep(0.4)::text ELSE '' END"
    slow = f"SELECT i::text AS code, 'a' AS given_name, {pause} AS surname FROM generate_series(1, 40000) i"
    assert "took longer than 1 second." in refusal(replace(contacts(school, slow), timeout_seconds=1)).what


# -- what goes wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT code,\n  mobil\nFROM contacts", 'at line 2, character 3: column "mobil" does not exist'),
        ("SELECT code\nFORM contacts", "at line 2, character 6: syntax error"),
        ("  SELECT code FROM nowhere", 'at line 1, character 20: relation "nowhere" does not exist'),
    ],
)
def test_a_wrong_statement_is_told_with_its_place(school: SqlSettings, statement: str, said: str) -> None:
    assert f"The contacts query (feeds.sql.contacts) failed, {said}" in refusal(contacts(school, statement)).what


def test_an_error_in_the_rows_shows_no_value(school: SqlSettings) -> None:
    what = str(refusal(contacts(school, columns(mobile="email::int") + " FROM contacts")))
    assert "a value in its rows can't be converted or calculated with (code 22P02)" in what
    assert "@" not in what


def test_a_table_that_the_user_may_not_read_is_named(school: SqlSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGAGE_ACCOUNTS_SQL_PASSWORD", PASSWORD)
    sql = contacts(replace(school, database=school.database.replace("owner@", "reader@")), "SELECT * FROM pg_authid")
    assert "permission denied for table pg_authid" in refusal(sql).what


def test_the_password_opens_the_door_and_is_never_told(
    school: SqlSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sql = replace(school, database=school.database.replace("owner@", "reader@"))
    assert "no password supplied" in refusal(sql).what
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    file.chmod(0o600)
    assert not problems(replace(sql, password_file=file))
    monkeypatch.setenv("ENGAGE_ACCOUNTS_SQL_PASSWORD", "wrong horse")
    error = refusal(sql)
    assert "password authentication failed" in error.what
    assert "horse" not in str(error)
    chain: BaseException | None = error
    while chain is not None:
        assert "wrong horse" not in repr(chain)
        chain = chain.__cause__ or chain.__context__
    description = open_feed(None, "sql", settings=Settings(sql=school)).description
    assert re.fullmatch(r"postgresql://127\.0\.0\.1:\d+/sis", description.source)


@pytest.mark.parametrize(
    ("database", "said"),
    [
        ("postgresql://owner@127.0.0.1:{free}/sis", "Connection refused"),
        ("postgresql://owner@127.0.0.1:{port}/nowhere", 'database "nowhere" does not exist'),
        ("postgresql://owner@nowhere.invalid/sis", "nowhere.invalid"),
    ],
)
def test_a_server_that_is_not_there_is_told(postgres: Server, school: SqlSettings, database: str, said: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    error = refusal(replace(school, database=database.format(free=free, port=postgres.port)))
    assert "can't be reached" in error.what
    assert said in error.what


def test_a_server_that_stops_answering_is_given_up(
    postgres: Server, school: SqlSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.feeds.sql_postgres._GRACE", 0)
    feed = open_feed(None, "sql", settings=Settings(sql=replace(school, timeout_seconds=2)))
    ((backend,),) = postgres.rows(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'engage-accounts' AND datname = 'sis'"
        " ORDER BY backend_start DESC LIMIT 1"
    )
    os.kill(backend, signal.SIGSTOP)
    try:
        with pytest.raises(InputRefused, match="took longer than 2 seconds"):
            list(feed.contacts())
    finally:
        os.kill(backend, signal.SIGCONT)


def test_a_connection_that_is_cut_is_told(postgres: Server, school: SqlSettings) -> None:
    feed = open_feed(None, "sql", settings=Settings(sql=school))
    postgres.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'engage-accounts'")
    with pytest.raises(InputRefused, match=r"connection was lost|server was stopped"):
        list(feed.contacts())


def test_without_the_driver_it_is_said_how_to_get_it(school: SqlSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    error = refusal(school)
    assert "psycopg is not installed" in error.what
    assert "pip install 'engage-accounts[postgres]'" in error.todo


def test_trying_it_reads_no_row_and_leaves_nothing_open(postgres: Server, school: SqlSettings) -> None:
    said = check_feed("sql", Settings(sql=contacts(school, columns(code="pg_sleep(60)::text"))))
    assert said.endswith("/sis answers, and can plan contacts query, students query and links query.")
    for _ in range(200):
        open_sessions = postgres.rows(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = 'engage-accounts' AND query LIKE '%pg_sleep(60)%'"
        )
        if open_sessions == [(0,)]:
            break
        threading.Event().wait(0.02)
    assert open_sessions == [(0,)]


# -- over the wire -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("database", "mode"),
    [
        ("postgresql://u@sis.school.example/sis", "verify-full"),
        ("postgresql://u@localhost/sis", "prefer"),
        ("postgresql://u@127.0.0.1:5433/sis", "prefer"),
        ("postgresql:///sis", "prefer"),
        ("postgresql://u@[::1]/sis", "prefer"),
        ("postgresql://u@%2Fvar%2Frun/sis", "prefer"),
    ],
)
def test_a_server_elsewhere_must_show_who_it_is(database: str, mode: str) -> None:
    given = parameters(SqlSettings(database=database))
    assert given["sslmode"] == mode
    assert ("sslrootcert" in given) == (mode == "verify-full")
    assert "password" not in given


def test_an_address_is_shown_without_what_is_secret() -> None:
    assert shown("postgresql://user:secret@sis.example:5433/sis") == "postgresql://sis.example:5433/sis"
    assert shown("postgresql://sis.example:x/sis") == "postgresql://sis.example/sis"
    assert shown("postgresql:///sis") == "postgresql://(local socket)/sis"


class Certified:
    """A server with a certificate for localhost, and the authority that vouches for it."""

    def __init__(self, server: Server, ca_file: Path, other_ca: Path) -> None:
        self.server, self.ca_file, self.other_ca = server, ca_file, other_ca


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certified]:
    import trustme

    folder = tmp_path_factory.mktemp("certificates")
    authority, other = trustme.CA(), trustme.CA()
    for name, ca in (("ca.pem", authority), ("other.pem", other)):
        ca.cert_pem.write_to_path(folder / name)
    certificate = authority.issue_cert("localhost")
    files = {
        "server.crt": b"".join(blob.bytes() for blob in certificate.cert_chain_pems),
        "server.key": certificate.private_key_pem.bytes(),
    }
    with running({"ssl": "on"}, files) as server:
        yield Certified(server, folder / "ca.pem", folder / "other.pem")


def test_a_certificate_is_checked_for_authority_and_name(certified: Certified) -> None:
    port = certified.server.port
    by_tls = "(SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid())"
    base: dict[str, Any] = {"sslmode": "verify-full", "contacts": columns(mobile=by_tls),
                            "students": "SELECT 1 AS code, '' AS given_name, '' AS surname, 'FULL' AS status",
                            "links": "SELECT 1 AS student_code, 'C1' AS contact_code"}  # fmt: skip
    good = settings(f"postgresql://owner@localhost:{port}/postgres", ca_file=certified.ca_file, **base)
    (record,) = open_feed(None, "sql", settings=Settings(sql=good)).contacts()
    assert record.mobile == "true"
    assert "certificate verify failed" in refusal(replace(good, ca_file=certified.other_ca)).what
    assert "certificate verify failed" in refusal(replace(good, ca_file=None)).what
    by_number = replace(good, database=f"postgresql://owner@127.0.0.1:{port}/postgres")
    assert "does not match host name" in refusal(by_number).what
