"""The first rows of a feed, for `import --rows`: aligned, and safe for a spreadsheet they may be pasted into."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.printing.plain import table
from tui.text import clean, formula_safe, plural, say_time

if TYPE_CHECKING:
    from tui.domain.records import Roster
    from tui.feeds.sampling import Sample

_PROBLEMS = 20


def rows_text(samples: "Sequence[Sample]", roster: "Roster") -> str:
    """For a person."""
    description = roster.description
    extract = f"{description.feed} extract of {say_time(description.taken_at)}"
    lines = [f"{clean(description.source)}, {extract}: nothing was imported"]
    lines += [description.sync_rule] if description.sync_rule else []
    for sample in samples:
        lines += ["", f"{sample.kind.value.replace('_', ' ').capitalize()} ({sample.file})"]
        cells = [tuple(map(formula_safe, row)) for row in sample.rows]
        lines.append(table(sample.fields, cells) if cells else "no rows")
    problems = list(roster.problems)
    if problems:
        lines += ["", f"{plural(roster.problems.count, 'problem')} so far:"]
        lines += [f"  {formula_safe(str(problem))}" for problem in problems[:_PROBLEMS]]
    for file, names in roster.ignored_columns.items():
        lines += ["", f"Not read of {file}: {', '.join(formula_safe(clean(name)) for name in names)}"]
    return "\n".join(lines)


def rows_values(samples: "Sequence[Sample]", roster: "Roster") -> dict[str, object]:
    """For a program."""
    return {
        "feed": roster.description.feed,
        "source": clean(roster.description.source),
        "taken_at": roster.description.taken_at.isoformat(),
        "sync_rule": roster.description.sync_rule,
        "kinds": {
            sample.kind.value: {
                "file": sample.file,
                "rows": [dict(zip(sample.fields, row, strict=True)) for row in sample.rows],
            }
            for sample in samples
        },
        "problems": [str(problem) for problem in roster.problems],
    }
