"""Whether the machine's clock is believed when something is ended for good because its time is over.

A clock that jumps ahead (a dead battery, a wrong time server) must not wipe what a restore needs. So after a gap that
is longer than any holiday, what has run out is let go a day later only: by then a jump has been noticed and mended.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

LONGEST_GAP = timedelta(days=60)
_WAIT = timedelta(days=1)
_BACK = timedelta(hours=1)
_REMEMBER_EVERY = timedelta(hours=1)


class ClockState(NamedTuple):
    """What is remembered of the clock, ISO text: when the register was last opened, and the first opening after a gap
    too long ("" for none)."""

    last_opened: str
    after_gap: str


class ClockVerdict(NamedTuple):
    """Whether the clock is believed now, and what to remember; `state` None: nothing new."""

    believed: bool
    state: ClockState | None


def judge_clock(now: datetime, state: ClockState) -> ClockVerdict:
    """Judge the clock at an opening of the register."""
    if not state.last_opened:
        return ClockVerdict(True, ClockState(now.isoformat(), ""))
    last = datetime.fromisoformat(state.last_opened)
    if now < last - _BACK:
        # It stood ahead before, or stands behind now: either way what was counted on it is not sure.
        return ClockVerdict(False, ClockState(now.isoformat(), ""))
    if state.after_gap:
        over = now - datetime.fromisoformat(state.after_gap) >= _WAIT
        return ClockVerdict(over, ClockState(now.isoformat(), "" if over else state.after_gap))
    if now - last > LONGEST_GAP:
        return ClockVerdict(False, ClockState(now.isoformat(), now.isoformat()))
    fresh = now - last < _REMEMBER_EVERY
    return ClockVerdict(True, None if fresh else ClockState(now.isoformat(), ""))
