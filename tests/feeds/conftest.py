"""What the tests of feeds share: folders written by hand, and the real OneRoster file."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.postgres import Server, running

# Data that nobody here wrote lies beside the project, on a developer's machine as in CI.
REAL_USERS = Path(__file__).parents[2].parent / "shared" / "data" / "oneroster-mocker" / "users.csv"

GOOD = {
    "contacts.csv": "code,given_name,surname\nC1,Mai,Nguyen\n",
    "students.csv": "code,given_name,surname,status\nS1,Ann,Nguyen,enrolled\n",
    "links.csv": "student_code,contact_code\nS1,C1\n",
}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a good CSV folder, with files replaced or added: text or bytes by name, None takes one away."""

    def write_folder(files: dict[str, str | bytes | None] | None = None, **texts: str | bytes) -> Path:
        given = {f"{name}.csv": text for name, text in texts.items()}
        for name, content in {**GOOD, **given, **(files or {})}.items():
            if content is not None:
                (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return write_folder


@pytest.fixture
def real_users() -> Path:
    """The real users.csv: 812 parents and 1,187 students."""
    if not REAL_USERS.is_file():
        pytest.skip(f"the real OneRoster file is not there: {REAL_USERS}")
    return REAL_USERS


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A real PostgreSQL server, started once."""
    with running() as server:
        yield server
