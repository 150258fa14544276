"""What `reconcile` prints."""

from typing import Any

from tui.domain.drift import SAID, Drift
from tui.manager.reconcile_verbs import Reconciled, say_compared
from tui.printing.plain import table

_SHOWN = 50


def reconciled_text(found: Reconciled) -> str:
    """The differences by kind, each with what it means."""
    lines = [say_compared(found)]
    for kind in Drift:
        those = [one for one in found.drift if one.kind is kind]
        if not those:
            continue
        lines += ["", f"{str(kind).capitalize()} ({len(those):,}): {SAID[kind]}"]
        cells = [(one.code, one.ours, one.theirs) for one in those[:_SHOWN]]
        lines += [f"  {line}" for line in table(("Code", "Username here", "Username there"), cells).splitlines()]
        if len(those) > _SHOWN:
            lines.append(f"  ... and {len(those) - _SHOWN:,} more (--json lists all)")
    if any(one.kind is Drift.NOT_HERE for one in found.drift):
        lines += ["", "Take all over that this register does not know of: engage-accounts reconcile --take-new"]
    if found.drift:
        lines += ["", "Nothing was changed, here or there."]
    return "\n".join(lines)


def reconciled_values(found: Reconciled) -> dict[str, Any]:
    """`reconcile --json`."""
    return {
        "system": found.system,
        "records": found.records,
        "unreadable": found.unreadable,
        "drift": [one._asdict() for one in found.drift],
    }
