"""What the tests of the register share: a register with the embedded service, and one with the worklist."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .making import Register


@pytest.fixture
def school_register(tmp_path: Path) -> Iterator[Register]:
    """An empty register whose accounts live in it."""
    register = Register(tmp_path / "state" / "register.sqlite3")
    yield register
    register.manager.close()


@pytest.fixture
def by_hand(tmp_path: Path) -> Iterator[Register]:
    """An empty register whose accounts live in a portal that a person works by hand."""
    register = Register(tmp_path / "state" / "register.sqlite3", service="worklist")
    yield register
    register.manager.close()
