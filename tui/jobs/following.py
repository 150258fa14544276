"""The register follows what a service elsewhere has done, in the transaction that records the item."""

from datetime import datetime, timedelta

from tui.domain.gates import Verb
from tui.register import accounts, audit, journal
from tui.register.database import Connection
from tui.services.service import AccountService, Acted, Order


def follow(
    connection: Connection, service: AccountService, verb: Verb, order: Order, acted: Acted, *, future_counts: bool
) -> None:
    """Write down what became of an order: the item, the account where it was changed elsewhere, the audit event."""
    if acted.state == "pending":
        journal.set_item(connection, order.item, "pending", "")
        return
    if acted.state == "claimed":
        return  # something was sent: a resume looks what came of it
    journal.set_item(connection, order.item, acted.state, order.at, acted.detail)
    detail: dict[str, object] = {"system": service.system, "status": order.facts.status, "what": acted.detail}
    action = f"item {acted.state}" if acted.state in ("skipped", "failed") else f"{verb} {acted.state}"
    if acted.state == "done" and service.elsewhere:
        action = str(verb)
        before = accounts.state(connection, order.person)
        _change(connection, service, verb, order, acted, future_counts)
        detail |= {"before": before._asdict(), "after": accounts.state(connection, order.person)._asdict()}
    audit.append(
        connection,
        order.actor,
        order.at,
        action,
        subject=order.facts.code,
        detail=detail,
        job_id=order.job,
        reason=order.reason,
    )


def _change(
    connection: Connection, service: AccountService, verb: Verb, order: Order, acted: Acted, future_counts: bool
) -> None:
    persons = [order.person]
    if verb is Verb.REVOKE:
        days = service.restore_days
        keep_until = (datetime.fromisoformat(order.at) + timedelta(days=days)).isoformat() if days else ""
        accounts.revoke(connection, persons, order.job, order.at, keep_until, future_counts=future_counts)
    elif verb is Verb.RESTORE:
        accounts.restore(connection, persons, order.of_job or 0, order.at, future_counts=future_counts)
    elif acted.username:
        accounts.set_username(connection, order.person, acted.username, order.at, future_counts=future_counts)
