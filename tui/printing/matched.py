"""What `match` prints: the candidates of each account as CSV, JSON and a table."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from tui.manager.matching import Matched
from tui.printing.plain import as_json
from tui.text import formula_safe


def matched_json(rows: Iterable[Matched]) -> str:
    """A list of objects; `evidence` is a list of sentences."""
    return as_json([row._asdict() for row in rows])


def matched_csv(rows: Iterable[Matched]) -> str:
    """A header and a row a candidate; the evidence is parted by `; `, formulas are made harmless."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(Matched._fields)
    for row in rows:
        cells: list[Any] = [*row[:3], f"{row.score:.4f}", row.decision, row.cause, "; ".join(row.evidence)]
        writer.writerow([formula_safe(str(cell)) for cell in cells])
    return out.getvalue()


def matched_text(rows: Iterable[Matched]) -> str:
    """For a person: each account with its decision, and the candidates below it."""
    lines: list[str] = []
    for row in rows:
        if row.rank == 1:
            lines += [""] if lines else []
            lines.append(f"{row.old_code}  {row.decision}, {row.cause}" if row.new_code else f"{row.old_code}  nobody")
        if row.new_code:
            lines.append(f"  {row.rank}. {row.new_code}  {row.score:.0%}")
            lines += [f"     {said}" for said in row.evidence]
    return "\n".join(lines) or "Nobody is ready to revoke."
