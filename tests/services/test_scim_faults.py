"""Whatever happens on the way to the service: no wrong person is changed, and nobody is called revoked who is not.

Whole jobs run over a proxy that does to one request, or to all from one on, what networks, gateways and servers do
(tests/servers/fault_proxy.py), to a scim2-server; then the proxy is well again and the job is resumed. By itself each
fault meets some requests of a job; ENGAGE_ACCOUNTS_CRASH=all (`make crash`) has each meet every one.
"""

import json
import os
import random
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.crash import reader
from tests.crash.running import Place, Programs
from tests.servers.fault_proxy import FAULTS, Exchange, FaultProxy, Request, fault_proxy, passed
from tests.servers.scim2 import TOKEN, ScimServer, scim2_server
from tests.services.scim_school import NOW, PASSWORD, YES, ScimSchool, make_school
from tui.domain.actor import Actor
from tui.domain.gates import Verb
from tui.jobs.plan import JobReport
from tui.manager.manager import AccountManager
from tui.services import scim_wire

ALL = os.environ.get("ENGAGE_ACCOUNTS_CRASH") == "all"
SEED = int(os.environ.get("ENGAGE_ACCOUNTS_CRASH_SEED", "2026"))
SIZE, LEAVERS, NEWCOMERS = 14, 2, 2
LEFT = [f"P{number:04}" for number in range(1, LEAVERS + 1)]
NEW = [f"P{number:04}" for number in range(SIZE - NEWCOMERS + 1, SIZE + 1)]
# Batches of 1, 2, 4 and 8: the last goes as one request.
CROWD = [f"P{number:04}" for number in range(1, 16)]
# The record that would be taken for another's: its username begins like a leaver's, and nobody knows its code.
NEAR = "user.p0001x"


class Story(NamedTuple):
    """A job: its verb, and of whom."""

    verb: Verb
    codes: list[str]


STORIES = {"revoke": Story(Verb.REVOKE, LEFT), "welcome": Story(Verb.WELCOME, NEW)}


@dataclass
class Ground:
    """What all rounds begin with: a server with everybody in it, a register, and a proxy between."""

    server: ScimServer
    proxy: FaultProxy
    school: ScimSchool
    left: list[str]
    new: list[str]

    def again(self, register: Path) -> AccountManager:
        """Everything as it was at first: the records of those whom a job is about, and a register of its own."""
        self.proxy.wait_until_quiet()
        self.proxy.heal()
        mine = self.mine()
        for identity in mine:
            self.server.client.delete(f"/Users/{identity}")
        for code in self.left:
            name = {"givenName": f"Given{code[1:]}", "familyName": f"Surname{code[1:]}"}
            self.school.ids[code] = self.server.put(f"user.{code.lower()}", code, password=PASSWORD, name=name)
        register.parent.mkdir(parents=True)
        shutil.copy(self.school.register, register)
        return AccountManager(self.school.settings, register, actor=Actor("kim", "local"), clock=lambda: NOW)

    def mine(self) -> list[str]:
        """The ids of the records with the codes of those whom a job is about, or of what is left of them."""
        ours = {*self.left, *self.new}
        return [id_ for id_, record in self.server.users().items() if record.get("externalId") in ours]

    def others(self) -> dict[str, Any]:
        """Everybody else's records, and whether their passwords are those that they had."""
        known = set(self.server.users(f'password eq "{PASSWORD}"'))
        everybody = self.server.users().items()
        ours = {*self.left, *self.new}
        return {id_: (user, id_ in known) for id_, user in everybody if user.get("externalId") not in ours}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    yield from _ground(tmp_path_factory.mktemp("ground"), SIZE, LEFT, NEW, parallel=1)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """So many that their changes go in one request, and what is read goes side by side."""
    yield from _ground(tmp_path_factory.mktemp("crowd"), 80, CROWD, ["P0080"], parallel=4)


def _ground(folder: Path, size: int, left: list[str], new: list[str], *, parallel: int) -> Iterator[Ground]:
    with scim2_server(folder) as server, fault_proxy(server.port) as proxy:
        school = make_school(
            folder / "register.sqlite3",
            folder / "extract",
            server,
            size=size,
            leavers=len(left),
            newcomers=len(new),
            url=f"http://127.0.0.1:{proxy.port}/v2",
            parallel=parallel,
        )
        school.settings = replace(school.settings, scim=replace(school.settings.scim, timeout_seconds=1))
        school.close()
        server.put(NEAR, password=PASSWORD)
        server.put("nobody", "P0001x", password=PASSWORD)
        with closing(sqlite3.connect(school.register)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield Ground(server, proxy, school, left, new)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The token, and no long pauses between questions."""
    monkeypatch.setenv("ENGAGE_ACCOUNTS_SCIM_TOKEN", TOKEN)
    monkeypatch.setattr(scim_wire, "_PAUSE_SECONDS", 0.01)


@pytest.fixture
def survived_by_crowd(crowd: Ground, record_property: Callable[[str, object], None]) -> Iterator[None]:
    """The same for the crowd's jobs."""
    before = crowd.proxy.faults
    yield
    record_property("faults survived", crowd.proxy.faults - before)


@pytest.fixture
def survived(ground: Ground, record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Tell how many faults the test's jobs have met; they are summed up at the end of the run."""
    before = ground.proxy.faults
    yield
    record_property("faults survived", ground.proxy.faults - before)


@dataclass
class Round:
    """A job that meets a fault, from its plan to its end."""

    ground: Ground
    story: Story
    register: Path
    requests: int = 0
    posts: int = 0
    came: list[Request] = field(default_factory=list)

    def run(self, prepare: Callable[[FaultProxy], None]) -> JobReport:
        """Run it with faults, then without them until nothing is open; count it all."""
        ground, proxy = self.ground, self.ground.proxy
        manager = ground.again(self.register)
        before = ground.others()
        try:
            plan = manager.plan(self.story.verb, self.story.codes)
            prepare(proxy)
            report = manager.run(plan, YES)
            self.came = proxy.came
            self.requests = len(proxy.came)
            self.count(before, stopped=report.stopped)
            wrote = [request for request in proxy.forwarded if request.is_write]
            proxy.heal()
            for _ in range(3):
                if report.stopped:
                    report = manager.resume(report.job)
            wrote += [request for request in proxy.forwarded if request.is_write]
            assert not report.stopped, report
            self.count(before, stopped=report.stopped)
            self.count_writes(wrote)
            return report
        finally:
            manager.service.close()
            manager.close()

    def count(self, before: dict[str, Any], *, stopped: bool) -> None:
        """Whatever is done is so there, whatever is not so is told, and nobody else was touched."""
        ground = self.ground
        assert ground.others() == before
        users = list(ground.server.users().values())
        outbox = [path.read_text("utf-8") for path in (self.register.parent / "outbox").glob("*.eml")]
        for code, state, detail in self.items():
            there = [user for user in users if user.get("externalId") == code]
            assert len(there) <= 1, f"{len(there)} records of {code}"
            letters = sum(f"{code.lower()}@families.example" in text for text in outbox)
            assert state in ("done", "failed") or stopped
            assert state != "failed" or detail
            if self.story.verb is Verb.REVOKE:
                assert len(there) == 1
                gone = there[0]["active"] is False and there[0]["userName"].startswith("revoked-")
                assert gone or state != "done"
                assert letters == 0
            else:
                assert letters == (state == "done")
                assert state != "done" or (len(there) == 1 and there[0]["active"] is False)

    def items(self) -> list[tuple[str, str, str]]:
        with closing(sqlite3.connect(self.register)) as connection:
            return connection.execute("SELECT code, state, detail FROM items").fetchall()

    def count_writes(self, wrote: list[Request]) -> None:
        """What was written is of those whom the job is about, and not more often than faults make needful."""
        self.posts = sum(request.method == "POST" for request in wrote)
        mine = [f"/v2/Users/{id_}" for id_ in self.ground.mine()]
        for request in wrote:
            if request.path.endswith("/Bulk"):
                paths = [f"/v2{one['path']}" for one in json.loads(request.body)["Operations"]]
                assert set(paths) <= set(mine)
            elif request.method == "POST":
                assert any(f'"externalId": "{code}"'.encode() in request.body for code in self.story.codes)
            else:
                assert request.path in mine
        if self.story.verb is Verb.WELCOME:
            assert {request.method for request in wrote} <= {"POST"}


@pytest.fixture(scope="module")
def counted(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How many requests each story has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENGAGE_ACCOUNTS_SCIM_TOKEN", TOKEN)
        folder = tmp_path_factory.mktemp("counted")
        rounds = {name: Round(ground, story, folder / name / "register.sqlite3") for name, story in STORIES.items()}
        for this in rounds.values():
            this.run(lambda proxy: None)
            assert {state for _, state, _ in this.items()} == {"done"}
        return {name: this.requests for name, this in rounds.items()}


@pytest.mark.usefixtures("survived")
@pytest.mark.parametrize("times", [1, 0], ids=["once", "that stays"])
@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault(ground: Ground, counted: dict[str, int], tmp_path: Path, name: str, fault: str, times: int) -> None:
    every = range(1, counted[name] + 1)
    dice = random.Random(f"{SEED} {name} {fault} {times}")
    for at in every if ALL else dice.sample(every, 1):
        this = Round(ground, STORIES[name], tmp_path / str(at) / "register.sqlite3")
        this.run(partial(FaultProxy.script, fault=FAULTS[fault], nth=at, times=times))


@pytest.mark.usefixtures("survived_by_crowd")
@pytest.mark.parametrize("where", ["the bulk request", "what is read back of it"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_many_at_once(crowd: Ground, tmp_path: Path, fault: str, where: str) -> None:
    this = Round(crowd, Story(Verb.REVOKE, CROWD), tmp_path / "crowd" / "register.sqlite3")

    def meant(request: Request) -> bool:
        if where == "the bulk request":
            return request.path.endswith("/Bulk")
        return request.method == "GET" and any(one.path.endswith("/Bulk") for one in crowd.proxy.forwarded)

    this.run(lambda proxy: proxy.script(FAULTS[fault], times=1, matching=meant))
    assert any(one.path.endswith("/Bulk") for one in this.came)


NOT_DONE = ("404 by a gateway", "404 in SCIM", "dropped", "503 before", "429 for a moment", "elsewhere")


@pytest.mark.usefixtures("survived")
@pytest.mark.parametrize("fault", NOT_DONE)
def test_nobody_is_revoked_where_nothing_is_carried_out(ground: Ground, tmp_path: Path, fault: str) -> None:
    this = Round(ground, STORIES["revoke"], tmp_path / "ground" / "register.sqlite3")
    this.run(
        lambda proxy: proxy.script(FAULTS[fault], times=0, matching=lambda one: "/Users/" in one.path or one.is_write)
    )


@pytest.mark.usefixtures("survived")
def test_a_record_that_can_t_be_found_again_is_not_made_twice(ground: Ground, tmp_path: Path) -> None:
    """A list that is behind: the record was made, and a search does not show it yet."""
    this = Round(ground, STORIES["welcome"], tmp_path / "ground" / "register.sqlite3")

    def behind(exchange: Exchange) -> None:
        made = any(one.method == "POST" for one in exchange.proxy.forwarded)
        if made:
            exchange.say(200, {"totalResults": 0, "Resources": []})
        else:
            passed(exchange)

    this.run(lambda proxy: proxy.script(behind, times=0, matching=lambda one: "externalId" in one.path))
    assert this.posts == len(NEW)


CONFIG = """
[accounts]
service = "scim"
[services.scim]
url = "{url}"
system = "Kew IdM"
parallel = 1
timeout_seconds = 5
"""


class ScimPlace(Place):
    """A home whose program has the token."""

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"ENGAGE_ACCOUNTS_SCIM_TOKEN": TOKEN}


@pytest.fixture(scope="module")
def programs() -> Iterator[Programs]:
    opened = Programs()
    yield opened
    opened.close()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", STORIES)
def test_killed_at_a_request(
    ground: Ground,
    counted: dict[str, int],
    programs: Programs,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    name: str,
    after: bool,
) -> None:
    """Killed by SIGKILL just before the server has a request, or just after it has done it; then resumed."""
    every = range(1, counted[name] + 1)
    for at in every if ALL else sorted(random.Random(f"{SEED} {name} {after}").sample(every, 4)):
        place = ScimPlace(tmp_path / str(at))
        place.configure(CONFIG.format(url=f"http://127.0.0.1:{ground.proxy.port}/v2"))
        this = Round(ground, STORIES[name], place.register)
        ground.again(place.register).close()
        before = ground.others()
        started: list[int] = []

        def kill(exchange: Exchange, started: list[int] = started) -> None:
            if after:
                exchange.forward()
            os.kill(started[0], signal.SIGKILL)
            exchange.close()

        ground.proxy.script(kill, at)
        started.append(programs.start(place, name, "--all-ready", "--yes"))
        assert programs.wait(started[0]).killed
        wrote = [request for request in ground.proxy.forwarded if request.is_write]
        ground.proxy.heal()
        ended = programs.run(place, "resume", "1")
        assert ended.code == 0, ended
        wrote += [request for request in ground.proxy.forwarded if request.is_write]
        this.count_writes(wrote)
        # The one that was on its way when it was killed may be asked for twice.
        assert len(wrote) <= len(this.story.codes) + 1
        assert {state for _, state, _ in this.items()} == {"done"}
        this.count(before, stopped=False)
        came = reader.in_outbox(place.state / "outbox")
        assert reader.problems(place.register, came) == []
        assert reader.dead_links(place.register, came) == 0
    record_property("kills survived", programs.kills)
    programs.kills = 0


def test_versions_that_tell_of_something_else_are_not_sent_again(ground: Ground, tmp_path: Path) -> None:
    """A service that says that a record was changed, which was not: once it is seen, its versions are left out."""
    seen: list[bool] = []

    def changed(exchange: Exchange) -> None:
        seen.append(b"if-match" in exchange.request.head.lower())
        if seen[-1]:
            exchange.say(412, {"status": "412"})
        else:
            passed(exchange)

    this = Round(ground, STORIES["revoke"], tmp_path / "ground" / "register.sqlite3")
    this.run(lambda proxy: proxy.script(changed, times=0, matching=lambda one: one.method == "PATCH"))
    assert {state for _, state, _ in this.items()} == {"done"}
    assert seen == [True, False, False]
