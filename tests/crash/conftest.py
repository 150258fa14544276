"""What the crash tests share: the program in children, a mail server, and registers made once to be copied."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.mail_server import Post, mail_server
from tests.crash.running import Place, Programs
from tests.school import families
from tui.settings import Settings

REVOKE, WELCOME, RESET = 6, 4, 3
CONFIG = """
[accounts]
service = "embedded"
[guard]
max_percent = 100
[school]
name = "Example School"
[portal]
url = "https://portal.school.example"
[mail]
transport = "{transport}"
sender = "Example School <office@school.example>"
[mail.smtp]
host = "127.0.0.1"
port = {port}
security = "none"
user = "office"
timeout_seconds = 5
"""


@pytest.fixture(scope="session")
def programs() -> Iterator[Programs]:
    """The program, in children."""
    opened = Programs()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def post() -> Iterator[Post]:
    """The mail server."""
    with mail_server() as found:
        yield found


@pytest.fixture(autouse=True)
def fresh(post: Post) -> None:
    """A server that has taken nothing yet."""
    post.fresh()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, post: Post) -> Place:
    """P0001 to P0006 are ready to revoke, P0007 to P0010 ready to provision, the others of 60 active."""
    from tui.feeds import open_feed
    from tui.manager.manager import AccountManager

    place = Place(tmp_path_factory.mktemp("made") / "home")
    place.configure(CONFIG.format(transport="smtp", port=post.port))
    school = families(60)
    school.leave(*(f"S{number:04}" for number in range(1, REVOKE + 1)))
    for number in range(REVOKE + 1, REVOKE + WELCOME + 1):
        school.contacts[f"P{number:04}"]["username"] = ""
    manager = AccountManager(Settings(), place.register, create=True)
    manager.import_roster(open_feed(school.write(place.home / "extract")))
    manager.close()
    return place


@pytest.fixture
def place(made: Place, tmp_path: Path) -> Place:
    """A copy for one test."""
    return made.copy(tmp_path / "home")


@pytest.fixture
def survived(programs: Programs, record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Tell how many kills the test has made; they are summed up at the end of the run."""
    before = programs.kills
    yield
    record_property("kills survived", programs.kills - before)
