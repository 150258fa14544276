"""What the command line prints of invitations."""

from collections.abc import Sequence
from typing import Any

from tui.manager.mail_verbs import Bounced
from tui.printing.plain import table
from tui.register.invitations import InvitationRow
from tui.text import plural, say_time


def values(row: InvitationRow) -> dict[str, Any]:
    """An invitation as JSON has it."""
    return {
        "number": row.id,
        "code": row.code,
        "purpose": row.purpose,
        "email": row.email,
        "state": row.state,
        "job": row.job,
        "transport": row.transport,
        "created_at": row.created_at,
        "sent_at": row.sent_at,
        "expires_at": row.expires_at,
        "retry_at": row.retry_at,
        "ended_at": row.ended_at,
        "why": row.why,
    }


def told(row: InvitationRow) -> str:
    """What there is to say of an invitation in its state, in short."""
    if row.state == "sent":
        return f"link until {say_time(row.expires_at)}"
    if row.state == "queued" and row.retry_at:
        return f"tried again from {say_time(row.retry_at)}: {row.why}"
    if row.state == "unknown":
        return row.why or "it may have been sent; a person has to look"
    return row.why


def text(rows: Sequence[InvitationRow]) -> str:
    """`invitations`, for a person."""
    if not rows:
        return "No invitations."
    cells = [
        (
            str(row.id),
            row.code,
            row.name,
            row.purpose,
            row.state,
            say_time(row.sent_at or row.created_at),
            told(row),
        )
        for row in rows
    ]
    lines = [table(("No.", "Code", "Name", "What", "State", "When", ""), cells), "", plural(len(rows), "invitation")]
    if any(row.state == "unknown" for row in rows):
        lines += ["", "For each unknown one, look in the mail server's log or ask, then say what you found:"]
        lines += ["  engage-accounts invitations settle NUMBER --sent|--not-sent"]
    return "\n".join(lines)


def bounced_text(found: Bounced) -> str:
    """What a folder of bounces came to."""
    lines = [f"{plural(len(found.failed), 'message')} came back and failed."]
    lines += [f"  {code}" for code in found.failed]
    for count, words in (
        (found.delayed, "of a message that is still on its way"),
        (found.other, "of a message that was delivered or passed on"),
        (found.unknown, "of no invitation here, or of one that was sent again since"),
    ):
        if count:
            lines.append(f"{plural(count, 'report')} {words}.")
    lines += [f"Not read: {problem}" for problem in found.unreadable]
    if found.failed:
        lines.append("Mend the addresses in the admin system; they come with the next import.")
    return "\n".join(lines)
