"""The confirm: what would be done, where, to whom, what is left out; and what it takes to start it. *No* is focused.

What it takes (y, the count, or the count with a reason) is the plan's affair: `Plan.check` decides, here and again
when it is run.
"""

from collections.abc import Sequence

from textual import events

from tui.errors import EngageError
from tui.jobs.plan import Confirmation, Need, Plan
from tui.ui.drawing import Line, Para
from tui.ui.editing import LineEdit
from tui.ui.keys import key_name
from tui.ui.widgets.panel import Field, Panel


class Confirm(Panel[Confirmation]):
    """Asks whether to carry out a plan; gives the confirmation, or None."""

    takes_typed_ahead = False

    def __init__(self, plan: Plan, body: Sequence[Para]) -> None:
        self.plan = plan
        self.yes = False
        count = Field(f"Type {plan.count} to go on:", LineEdit(allowed=lambda c: c.isdecimal() or c == ","))
        reason = Field("Reason, which is kept:", LineEdit())
        fields = {Need.COUNT: [count], Need.OVERRIDE: [count, reason]}.get(plan.need, [])
        super().__init__(
            plan.title if plan.items else "Nothing to do", body, fields=fields, alarm=plan.need is Need.OVERRIDE
        )

    def keys_line(self) -> Line:
        look = self.engage.look
        if self.plan.need is Need.NOTHING:
            return super().keys_line()
        if self.fields:
            return (("enter", look.key), (" goes on   ", None), ("esc", look.key), (" No, leave it", None))
        no, yes = (" No ", look.dim if self.yes else look.cursor), (" Yes ", look.cursor if self.yes else look.dim)
        return (("y", look.key), (" ", None), yes, ("   ", None), ("n", look.key), (" ", None), no)

    def on_key(self, event: events.Key) -> None:
        key = key_name(event.key, event.character)
        if self.plan.need is not Need.YES or key not in ("y", "Y", "n", "N", "enter", "tab", "left", "right"):
            super().on_key(event)
            return
        event.stop()
        event.prevent_default()
        if key in ("tab", "left", "right"):
            self.yes = not self.yes
            self.paint()
        elif key in ("y", "Y") or (key == "enter" and self.yes):
            self.leave(Confirmation(yes=True))
        else:
            self.leave(None)

    def submit(self) -> None:
        typed = self.fields[0].edit.text.replace(",", "")
        if not typed:
            # Enter with nothing typed is No: it has the focus.
            self.leave(None)
            return
        count = int(typed)
        if self.plan.need is Need.COUNT:
            given = Confirmation(typed_count=count)
        else:
            given = Confirmation(override_count=count, override_reason=self.fields[1].edit.text.strip())
            if count == self.plan.count and not given.override_reason:
                self._refuse("The guard is only overridden with a reason.", 1)
                return
        try:
            self.plan.check(given)
        except EngageError:
            self._refuse(f"{count:,} was typed; the plan acts on {self.plan.count:,}. Nothing was done.", 0)
        else:
            self.leave(given)

    def _refuse(self, why: str, field: int) -> None:
        self.message, self.field = why, field
        self.lay_out()
