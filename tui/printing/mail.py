"""What `doctor` and `mail preview` print."""

from collections.abc import Sequence
from email.message import EmailMessage

from tui.errors import Refused
from tui.manager.doctoring import Check, Health
from tui.text import clean, plural


def checks_text(checks: Sequence[Check]) -> str:
    """A line for each check, what to do below it, and a last line that sums up."""
    wide = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{check.health:<5}  {check.name:<{wide}}  {check.sentence}")
        if check.todo and check.health is not Health.OK:
            lines += [f"{'':{wide + 9}}{line}" for line in check.todo.splitlines()]
    wrong = sum(check.health is Health.WRONG for check in checks)
    warned = sum(check.health is Health.WARN for check in checks)
    summed = [plural(wrong, "thing is wrong", "things are wrong")] if wrong else []
    summed += [plural(warned, "warning")] if warned else []
    return "\n".join([*lines, "", f"{', '.join(summed) or 'All is well'}."])


def letter_text(letter: EmailMessage, *, html: bool = False) -> str:
    """The headers that a parent sees, and the text, or the HTML as it is written. Raises Refused without HTML."""
    part = letter.get_body(("html",) if html else ("plain",))
    if part is None:
        raise Refused(
            "This letter has no HTML part.",
            todo="Put an .html template beside the school's own text for one.",
        )
    headers = "\n".join(f"{name}: {clean(str(letter[name]))}" for name in ("From", "To", "Subject"))
    return f"{headers}\n\n{str(part.get_content()).rstrip()}"
