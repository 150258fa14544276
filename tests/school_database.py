"""A school of tests.school in a database instead of CSV files, with the SELECTs that a config would have for it."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.school import CONTACT_COLUMNS, LINK_COLUMNS, STUDENT_COLUMNS, SchoolFiles
from tests.servers.postgres import Server
from tui.settings import SqlSettings

TABLES = {"contacts": CONTACT_COLUMNS, "students": STUDENT_COLUMNS, "links": LINK_COLUMNS}
STATEMENTS = {kind: f"SELECT {', '.join(columns)} FROM {kind} ORDER BY 1, 2" for kind, columns in TABLES.items()}


def rows(school: SchoolFiles) -> dict[str, list[tuple[str, ...]]]:
    """The records as rows of each table."""
    records: dict[str, Iterable[dict[str, str]]] = {
        "contacts": school.contacts.values(),
        "students": school.students.values(),
        "links": school.links.values(),
    }
    return {
        kind: [tuple(record.get(column, "") for column in TABLES[kind]) for record in found]
        for kind, found in records.items()
    }


def sqlite_school(school: SchoolFiles, path: Path) -> SqlSettings:
    """Write the school into an SQLite file, anew."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    for kind, found in rows(school).items():
        connection.execute(f"CREATE TABLE {kind} ({', '.join(TABLES[kind])})")
        connection.executemany(f"INSERT INTO {kind} VALUES ({', '.join('?' * len(TABLES[kind]))})", found)
    connection.commit()
    connection.close()
    return settings(str(path))


def postgres_school(school: SchoolFiles, server: Server, database: str) -> SqlSettings:
    """Write the school into a database of its own."""
    import psycopg

    server.run(f"CREATE DATABASE {database}")
    with psycopg.connect(server.url(database)) as connection:
        for kind, found in rows(school).items():
            connection.execute(f"CREATE TABLE {kind} ({', '.join(f'{name} text' for name in TABLES[kind])})".encode())
            with connection.cursor() as cursor:
                cursor.executemany(
                    f"INSERT INTO {kind} VALUES ({', '.join(['%s'] * len(TABLES[kind]))})".encode(), found
                )
    return settings(server.url(database))


def settings(database: str, **given: Any) -> SqlSettings:
    """The SQL feed of that database."""
    return SqlSettings(**{"database": database, **STATEMENTS, **given})
