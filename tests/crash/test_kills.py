"""Killed at one point after the other, gone on with, perhaps killed again: nothing is done twice, nothing is lost.

Usually a seeded choice of points; ENGAGE_ACCOUNTS_CRASH=all (`make crash`) goes through every one of them and then
through ENGAGE_ACCOUNTS_CRASH_ROUNDS random moments, which fall within a write as well. ENGAGE_ACCOUNTS_CRASH_SEED says
where they fall.
"""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.crash import reader
from tests.crash.conftest import CONFIG
from tests.crash.mail_server import PHASES, Post
from tests.crash.running import Ended, Place, Programs, codes

ALL = os.environ.get("ENGAGE_ACCOUNTS_CRASH") == "all"
SEED = int(os.environ.get("ENGAGE_ACCOUNTS_CRASH_SEED", "2026"))
ROUNDS = int(os.environ.get("ENGAGE_ACCOUNTS_CRASH_ROUNDS", "60" if ALL else "5"))
FEW = 8

pytestmark = [
    pytest.mark.usefixtures("survived"),
    pytest.mark.filterwarnings("ignore:Requiring AUTH"),  # the login goes in the clear, on loopback
]


class Story(NamedTuple):
    """A command line to be killed, what stands before it, and the job that it runs or goes on with."""

    arguments: tuple[str, ...]
    job: int
    smtp: bool
    before: Callable[[Programs, Place, Post], None] = lambda programs, place, post: None
    clock: tuple[tuple[int, float], ...] = ()


def revoked(programs: Programs, place: Place, post: Post) -> None:
    assert programs.run(place, "revoke", *codes(1, 4), "--yes").code == 0


def stopped(*arguments: str) -> Callable[[Programs, Place, Post], None]:
    """A job that was killed when two of its items were done, between two items."""

    def prepare(programs: Programs, place: Place, post: Post) -> None:
        total = programs.run(place.copy(place.home.with_name("counting")), *arguments).points
        shutil.rmtree(place.home.with_name("counting"))
        post.fresh()
        for at in range(total // 2, total, 5):
            copy = place.copy(place.home.with_name("trying"))
            assert programs.run(copy, *arguments, at=at).killed
            begun = reader.read(copy.register, "SELECT 1 FROM items WHERE state = 'claimed'")
            if reader.reached(copy.register, 1)[0] >= 2 and not begun:
                shutil.rmtree(place.home)
                copy.home.rename(place.home)
                return
            copy.remove()
            post.received.clear()
        raise AssertionError("two items were never done")

    return prepare


def put_off(programs: Programs, place: Place, post: Post) -> None:
    """Two welcome emails that the server has put off."""
    post.says = {f"p{number:04}@families.example": "451 4.7.1 try again later" for number in (7, 9)}
    programs.run(place, "welcome", "--all-ready", "--yes")
    post.says = {}
    assert len(reader.read(place.register, "SELECT 1 FROM items WHERE state = 'deferred'")) == 2


STORIES = {
    "revoke": Story(("revoke", "--all-ready", "--yes"), 1, smtp=False),
    "welcome-by-smtp": Story(("welcome", "--all-ready", "--yes"), 1, smtp=True),
    "welcome-to-outbox": Story(("welcome", "--all-ready", "--yes"), 1, smtp=False),
    "reset": Story(("reset", *codes(11, 13), "--yes"), 1, smtp=True),
    "restore": Story(("restore", "1", "--yes"), 2, smtp=False, before=revoked),
    "resume-revoke": Story(
        ("resume", "1"), 1, smtp=False, before=stopped("revoke", "--all-ready", "--yes")
    ),
    "resume-welcome": Story(
        ("resume", "1"), 1, smtp=True, before=stopped("welcome", "--all-ready", "--yes")
    ),
    "mail-flush": Story(("mail", "flush"), 1, smtp=True, before=put_off, clock=((1, 3600.0),)),
}  # fmt: skip


class Ready(NamedTuple):
    """A story's register as it stands before the command line, with what had arrived by then."""

    story: Story
    place: Place
    received: list[tuple[str, bytes]]
    points: int


@pytest.fixture(scope="module")
def readied() -> dict[str, Ready]:
    return {}


@pytest.fixture(params=STORIES)
def ready(
    request: pytest.FixtureRequest,
    readied: dict[str, Ready],
    made: Place,
    post: Post,
    programs: Programs,
    tmp_path_factory: pytest.TempPathFactory,
) -> Ready:
    """A story, its points counted by a run to the end."""
    name = request.param
    if name not in readied:
        story = STORIES[name]
        place = made.copy(tmp_path_factory.mktemp(name) / "home")
        place.configure(CONFIG.format(transport="smtp" if story.smtp else "outbox", port=post.port))
        story.before(programs, place, post)
        received = list(post.received)
        copy = place.copy(place.home.with_name("counted"))
        ended = programs.run(copy, *story.arguments, clock=list(story.clock))
        assert ended.code == 0, ended
        assert not reader.problems(copy.register, arrived(copy, post))
        copy.remove()
        readied[name] = Ready(story, place, received, ended.points)
    post.fresh()
    return readied[name]


def arrived(place: Place, post: Post) -> list[reader.Delivered]:
    return reader.delivered(post.received) + reader.in_outbox(place.state / "outbox")


class Round:
    """One copy of a story's register, whose run is killed once or several times."""

    def __init__(self, programs: Programs, ready: Ready, post: Post, home: Path) -> None:
        self.programs, self.ready, self.post = programs, ready, post
        self.place = ready.place.copy(home)
        self.clock = list(ready.story.clock)
        post.fresh()
        post.received.extend(ready.received)

    def first(self, **how: object) -> Ended:
        return self.programs.run(self.place, *self.ready.story.arguments, clock=self.clock, **how)

    def to_its_end(self, again: list[int]) -> None:
        """Go on until the job is done, killed at the points in `again` on the way; then count."""
        job, register = self.ready.story.job, self.place.register
        self.post.client = None
        for at in [*again, 0]:
            done, total = reader.reached(register, job)
            status = self.programs.run(self.place, "status", clock=self.clock)
            assert status.code == 0, status
            state = reader.state_of(register, job)
            if state not in ("", "done"):
                assert f"stopped at {done} of {total}: engage-accounts resume {job}" in status.out, status.out
                arguments: tuple[str, ...] = ("resume", str(job))
            elif state == "done" and not reader.read(register, "SELECT 1 FROM items WHERE state = 'deferred'"):
                break
            else:
                arguments = self.ready.story.arguments
            ended = self.programs.run(self.place, *arguments, at=at, clock=self.clock)
            assert ended.killed or ended.code in (0, 7), ended
        self.count()

    def count(self) -> None:
        job, register = self.ready.story.job, self.place.register
        states = {state for (state,) in reader.read(register, "SELECT state FROM items WHERE job_id = ?", job)}
        allowed = {"done", "unknown"} if self.ready.story.smtp else {"done"}
        assert states <= allowed
        assert reader.state_of(register, job) == "done"
        assert "stopped at" not in self.programs.run(self.place, "status", clock=self.clock).out
        came = arrived(self.place, self.post)
        assert reader.problems(register, came) == []
        assert reader.dead_links(register, came) == 0
        if unknown := reader.read(register, "SELECT code FROM items WHERE state = 'unknown'"):
            listed = self.programs.run(self.place, "invitations", "--state", "unknown", clock=self.clock).out
            assert all(code in listed for (code,) in unknown)
            assert len(unknown) == len(reader.read(register, "SELECT 1 FROM invitations WHERE state = 'unknown'"))
        # Whoever asks once more is refused, and nothing comes of it.
        assert self.programs.run(self.place, "resume", str(job), clock=self.clock).code == 5
        assert arrived(self.place, self.post) == came
        self.place.remove()


def test_killed_at_one_point_after_the_other(
    ready: Ready, programs: Programs, post: Post, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    dice = random.Random(f"{SEED} {request.node.name}")
    # The latter half has the job; what comes before it reads and plans.
    points = range(1, ready.points + 1) if ALL else sorted(
        dice.sample(range(ready.points // 3, ready.points + 1), FEW)
    )  # fmt: skip
    for at in points:
        this = Round(programs, ready, post, tmp_path / str(at))
        assert this.first(at=at).killed, at
        this.to_its_end([dice.randint(1, ready.points)] if dice.random() < 0.3 else [])


@pytest.mark.parametrize("phase", PHASES)
def test_killed_by_the_mail_server(made: Place, programs: Programs, post: Post, tmp_path: Path, phase: str) -> None:
    place = made.copy(tmp_path / "ready")
    ready = Ready(STORIES["welcome-by-smtp"], place, [], 0)
    once_a_connection = phase in ("connect", "EHLO", "AUTH")
    for time in (1,) if once_a_connection else (1, 2, 4) if not ALL else (1, 2, 3, 4):
        this = Round(programs, ready, post, tmp_path / str(time))
        post.phase, post.time = phase, time
        started: list[int] = []  # the server asks for it when the client is there
        post.client = lambda started=started: started[0]
        started.append(programs.start(this.place, *ready.story.arguments))
        assert programs.wait(started[0]).killed
        this.to_its_end([])


def test_killed_at_random_moments(
    ready: Ready, programs: Programs, post: Post, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    dice = random.Random(f"{SEED} {request.node.name}")
    for number in range(ROUNDS):
        this = Round(programs, ready, post, tmp_path / str(number))
        pid = programs.start(this.place, *ready.story.arguments, clock=this.clock)
        this.programs.kill_after(pid, dice.random() * 0.25)
        this.to_its_end([dice.randint(1, ready.points)] if dice.random() < 0.3 else [])
