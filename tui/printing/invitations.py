"""What the command line prints of invitations."""

from collections.abc import Sequence
from typing import Any

from tui.manager.mail_verbs import Bounced
from tui.manager.saying import bounced, told
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
    return "\n".join(bounced(found))
