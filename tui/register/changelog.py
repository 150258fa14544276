"""Reading the change log of imports, in sentences, for the history of one record."""

from tui.register.database import Database
from tui.text import day_of

_WORDS = {"1": "yes", "0": "no", None: "unknown"}


def of_contact(database: Database, code: str, limit: int = 30) -> list[tuple[str, str, str]]:
    """The latest changes of a contact and its links: (day of the extract, import number, sentence), newest first."""
    rows = database.read(
        "SELECT s.taken_at, s.id, g.kind, g.student_code, g.field, g.old, g.new FROM changes AS g"
        " JOIN snapshots AS s ON s.id = g.snapshot_id"
        " WHERE g.contact_code = ? AND g.contact_code <> '' AND g.kind <> 'staff' ORDER BY g.id DESC LIMIT ?",
        (code, limit),
    )
    return [(day_of(taken_at), str(number), _sentence(*change)) for taken_at, number, *change in rows]


def _sentence(kind: str, student: str, field: str, old: object, new: object) -> str:
    if kind == "flag":
        before, after = (_WORDS.get(None if value is None else str(value), "unknown") for value in (old, new))
        return f"portal access to {student}: {before} -> {after}"
    if kind == "link":
        return f"link to {student} {new}" if not field else f"link to {student}, {field}: {old} -> {new}"
    if not field:
        return {"gone": "dropped out of the feed", "returned": "back in the feed", "added": "new in the feed"}[str(new)]
    if field in ("address", "suburb", "postcode"):
        return "address changed"
    return f"{field.replace('_', ' ')}: {old or '(blank)'} -> {new or '(blank)'}"
