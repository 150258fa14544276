"""What the register knows of when revoking is due: who waits for it, and what came since it was last done."""

from collections.abc import Sequence

from tui.domain.due import Rollover, Since, is_rollover
from tui.domain.flag_groups import FlagGroup
from tui.register.database import Database
from tui.text import day_of

# A student left when a feed said so, or no longer had one who had not left before: leavers that a school takes out of
# its records years later are no rollover. One who had left when first seen has no change that says so, but a date.
_LEFT = (
    "(ch.field = 'status' AND ch.new = 'left' OR ch.field = '' AND ch.new = 'gone'"
    " AND NOT EXISTS (SELECT 1 FROM changes AS b WHERE b.kind = 'student' AND b.student_code = ch.student_code"
    "  AND b.field IN ('status', '') AND b.field = 'status' AND b.new = 'left' AND b.id < ch.id)"
    " AND NOT EXISTS (SELECT 1 FROM students AS o JOIN snapshots AS f ON f.id = o.first_snapshot"
    "  WHERE o.code = ch.student_code AND o.exit_date <> '' AND o.exit_date < substr(f.taken_at, 1, 10)))"
)


def waiting(database: Database, *, most: int = -1) -> int:
    """The accounts that are ready to revoke and neither held, by themselves or with their flag group, nor requested;
    counted up to `most`."""
    row = database.one(
        "SELECT count(*) FROM (SELECT 1 FROM directory AS d INDEXED BY directory_ready"
        " WHERE d.user_type = 'contact' AND d.status = 'ready_to_revoke'"
        " AND NOT EXISTS (SELECT 1 FROM holds AS h WHERE h.person = d.person AND h.kind = 'revoke'"
        "  AND h.released_at = '')"
        " AND NOT EXISTS (SELECT 1 FROM items AS i WHERE i.person = d.person AND i.state IN ('requested', 'attested'))"
        " AND NOT EXISTS (SELECT 1 FROM flag_answers AS g WHERE g.contact_type = d.contact_type"
        "  AND g.snapshot_id = d.flag_snapshot AND g.answer = 'mistake') LIMIT ?)",
        (most,),
    )
    return int(row[0])


def since(database: Database, last_run: str, groups: Sequence[FlagGroup], *, quick: bool = False) -> Since:
    """What came after the moment `last_run`; with "" everything. `groups` are all flag groups. `quick`: the imports
    alone, not what was in them."""
    rows = database.read("SELECT id, taken_at FROM snapshots WHERE imported_at > ? ORDER BY id", (last_run,))
    if not rows:
        return Since()
    if quick:
        return Since(imports=len(rows), newest=day_of(rows[-1][1]))
    first = int(rows[0][0])
    is_first = database.one("SELECT 1 FROM snapshots WHERE id < ?", (first,)) is None
    return Since(
        imports=len(rows),
        newest=day_of(rows[-1][1]),
        leavers=_leavers(database, first),
        groups=tuple(g for g in groups if g.import_number >= first or (is_first and not g.import_number)),
        rollover=_rollover(database, first, {int(id_): day_of(taken_at) for id_, taken_at in rows}),
    )


def _leavers(database: Database, first: int) -> int:
    row = database.one(
        "SELECT count(DISTINCT d.person) FROM changes AS ch JOIN students AS t ON t.code = ch.student_code"
        " JOIN links AS l ON l.student_id = t.id JOIN directory AS d ON d.person = l.contact_id * 4"
        f" WHERE ch.snapshot_id >= ? AND ch.kind = 'student' AND {_LEFT} AND t.status = 'left'"
        " AND d.status = 'ready_to_revoke' AND ' ' || d.reasons || ' ' LIKE '% no_current_student %'",
        (first,),
    )
    return int(row[0])


def _rollover(database: Database, first: int, days: dict[int, str]) -> Rollover | None:
    """The newest import of these that is a rollover. Its students are those at the school now and those who left in it:
    what a feed goes on listing of earlier years would hide one."""
    enrolled = int(database.one("SELECT count(*) FROM students WHERE status = 'enrolled'")[0])
    for number, moved, left in database.read(
        "SELECT ch.snapshot_id, count(DISTINCT ch.student_code),"
        f" count(DISTINCT CASE WHEN {_LEFT} THEN ch.student_code END) FROM changes AS ch"
        f" WHERE ch.snapshot_id >= ? AND ch.kind = 'student' AND ({_LEFT} OR ch.field = 'year_level')"
        " GROUP BY 1 ORDER BY 1 DESC",
        (first,),
    ):
        if is_rollover(moved, enrolled + left):
            return Rollover(number, days.get(number, ""), moved, enrolled + left)
    return None
