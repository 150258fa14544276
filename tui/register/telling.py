"""What else is told of an import's difference: who becomes ready to revoke, which fields changed, who is new or gone.

Asked within the import's transaction, of what it has just written; a few names each, so that it stays small.
"""

import sqlite3

from tui.domain.difference import Difference, Ready
from tui.domain.records import RecordKind

SOME = 5
_LOGGED = {"contact": RecordKind.CONTACTS, "student": RecordKind.STUDENTS, "staff": RecordKind.STAFF}
_READY = "user_type = 'contact' AND status = 'ready_to_revoke'"


def remember_ready(connection: sqlite3.Connection) -> None:
    """Note who is ready to revoke before the statuses are derived anew."""
    connection.execute("DROP TABLE IF EXISTS temp.t_ready")
    connection.execute("CREATE TEMP TABLE t_ready (person INTEGER PRIMARY KEY)")
    connection.execute(f"INSERT INTO temp.t_ready SELECT person FROM directory WHERE {_READY} ORDER BY person")


def tell(connection: sqlite3.Connection, difference: Difference) -> None:
    """Fill in who became ready to revoke, and what the change log has of this import."""
    newly = f"FROM directory AS d WHERE {_READY} AND d.person NOT IN (SELECT person FROM temp.t_ready)"
    for reason, size in connection.execute(
        f"SELECT reason, count(*) {newly} GROUP BY reason ORDER BY 2 DESC, 1"
    ).fetchall():
        first = connection.execute(
            "SELECT c.code, trim(c.given_name || ' ' || c.surname) FROM contacts AS c JOIN"
            f" (SELECT d.person, d.sort_name {newly} AND d.reason = ? ORDER BY d.sort_name LIMIT ?) AS d"
            " ON c.id = d.person / 4 ORDER BY d.sort_name",
            (reason, SOME),
        )
        difference.ready.append(Ready(reason, size, tuple(first)))
    difference.no_longer_ready = connection.execute(
        f"SELECT count(*) FROM temp.t_ready WHERE person NOT IN (SELECT person FROM directory WHERE {_READY})"
    ).fetchone()[0]
    for kind, field, count in connection.execute(
        "SELECT kind, field, count(*) FROM changes WHERE snapshot_id = ? AND field <> '' AND kind <> 'flag'"
        " GROUP BY 1, 2 ORDER BY 3 DESC, 2",
        (difference.number,),
    ):
        difference.fields.setdefault(kind, {})[field] = count
    for logged, kind in _LOGGED.items():
        code = "student_code" if kind is RecordKind.STUDENTS else "contact_code"
        for what in ("added", "gone", "returned"):
            some = connection.execute(
                f"SELECT g.{code}, trim(m.given_name || ' ' || m.surname) FROM changes AS g"
                f" JOIN {kind} AS m ON m.code = g.{code}"
                " WHERE g.snapshot_id = ? AND g.kind = ? AND g.field = '' AND g.new = ? ORDER BY g.id LIMIT ?",
                (difference.number, logged, what, SOME),
            ).fetchall()
            if some:
                difference.some.setdefault(kind, {})[what] = some
