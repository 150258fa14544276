"""What `handover` prints at the end: what became of each account and what to tell whom, as text, CSV and JSON."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tui.jobs.plan import Plan
from tui.manager.handover_plans import CheckedPlan
from tui.manager.handover_summary import PARTS, as_csv, as_text, part_of, values
from tui.manager.handover_views import Handover
from tui.manager.manager import AccountManager
from tui.printing.handover import walk_values
from tui.printing.plain import as_json, plan_values


def summary_rows(manager: AccountManager, walk: Handover) -> list[dict[str, Any]]:
    """A row an account: what the file of the summary has, under which part it comes, and the states of its items."""
    return [
        {
            **values(told),
            "part": part_of(told.account),
            "revoked": told.account.revoked.state if told.account.revoked else "",
            "welcomed": told.account.welcomed.state if told.account.welcomed else "",
        }
        for told in manager.handover_summary(walk)
    ]


def summary_values(manager: AccountManager, walk: Handover) -> dict[str, Any]:
    """The summary, as JSON has it."""
    rows = summary_rows(manager, walk)
    counted = Counter(row["part"] for row in rows)
    counts = {part: counted[part] for part in PARTS}
    return {**walk_values(walk), "system": manager.service.system, "counts": counts, "outcomes": rows}


def summary_json(manager: AccountManager, walk: Handover) -> str:
    """`handover --summary --format json`."""
    return as_json(summary_values(manager, walk))


def done_json(
    manager: AccountManager, walk: Handover | None, plans: Mapping[str, Plan], checked: CheckedPlan | None = None
) -> str:
    """What something that was done, or (without a walk) would be done, prints as JSON: the summary, or the plans by
    verb; and of a saved plan what was refused."""
    refused = [{"code": item.old, "why": list(why)} for item, why in checked.refused] if checked else None
    said = summary_values(manager, walk) if walk else {verb: plan_values(plan) for verb, plan in plans.items()}
    return as_json(said if refused is None else {**said, "refused": refused})


def summary_csv(manager: AccountManager, walk: Handover) -> str:
    """`handover --summary --format csv`: the very file that the screen writes."""
    return as_csv(manager.handover_summary(walk))


def summary_text(manager: AccountManager, walk: Handover) -> str:
    """`handover --summary`, for a person, and to be printed: the very text that the screen writes."""
    told = manager.handover_summary(walk)
    return as_text(walk, told, manager.service.system, manager.settings.school.name)
