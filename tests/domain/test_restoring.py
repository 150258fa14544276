"""A revoke is taken back while a copy is kept, and never gives one person two ways in."""

from typing import Any

import pytest

from tests.domain.making import an_account
from tui.domain.gates import Decision
from tui.domain.restoring import KeptCopy, restore_gate

NOW = "2026-11-26T07:00:00+00:00"
COPY = KeptCopy("kate", True, "2026-11-20T07:00:00+00:00", "2026-12-04T07:00:00+00:00")


def asked(copy: KeptCopy | None = COPY, **more: Any) -> tuple[Decision, str]:
    values: dict[str, Any] = {"username": "", "has_password": False} | more
    verdict = restore_gate(an_account(**values), copy, NOW)
    return verdict.decision, verdict.sentence


def test_it_is_taken_back_while_the_copy_is_kept() -> None:
    assert asked() == (Decision.ACT, "")


@pytest.mark.parametrize(
    ("copy", "why"),
    [
        (None, "nothing is kept"),
        (COPY._replace(keep_until=NOW), "until 26 Nov 2026"),
        (COPY._replace(taken_by=("BRO0001",)), "taken by BRO0001"),
        (COPY._replace(welcomed_as=("C1",)), "on this record"),
        (COPY._replace(welcomed_as=("JON0117",)), "on JON0117"),
    ],
)
def test_it_is_refused_with_the_reason(copy: KeptCopy | None, why: str) -> None:
    decision, sentence = asked(copy)
    assert decision is Decision.REFUSE
    assert why in sentence


def test_an_account_that_is_there_again_stays() -> None:
    assert asked(username="other")[0] is Decision.REFUSE
    assert asked(has_password=True)[0] is Decision.REFUSE


def test_a_password_alone_is_nobodys_username() -> None:
    assert asked(COPY._replace(username="", taken_by=()))[0] is Decision.ACT
