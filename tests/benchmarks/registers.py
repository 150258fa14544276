"""Registers of generated schools, made through the command line as anybody's is, once for each size."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.benchmarks import measuring
from tests.benchmarks.school import Size, write_school
from tests.benchmarks.terminal import environment


def filled(scratch: Path, contacts: int) -> Path:
    """A register with one import of so many contacts; the one made before, where it is there."""
    register = scratch / f"{contacts}-contacts.sqlite3"
    if not register.exists():
        school, making = scratch / f"school-{contacts}", scratch / f"making-{contacts}.sqlite3"
        for left_over in scratch.glob(f"{making.name}*"):
            left_over.unlink()
        shutil.rmtree(school, ignore_errors=True)
        write_school(school, Size.of(contacts))
        subprocess.run(
            [sys.executable, "-m", "tui", "--register", str(making), "import", str(school)],
            cwd=measuring.ROOT,
            env=environment(scratch),
            check=True,
            capture_output=True,
        )
        shutil.rmtree(school)
        making.rename(register)
    return register
