"""Reports of crashes: where the program was, and nothing of what it held.

A traceback's lines, locals and messages may carry names of children. Only the kinds of error and the places in the
code are written, to a file that the operator alone can read.
"""

import os
import platform
import traceback
from datetime import UTC, datetime

from tui import __version__
from tui.config import state_folder


def write_report(error: BaseException | None) -> str:
    """Write a report of `error`; returns the path, or why it couldn't be written."""
    now = datetime.now(UTC)
    try:
        folder = state_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"crash-{now:%Y%m%d-%H%M%S-%f}.txt"
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(describe(error, now))
    except OSError as problem:
        return f"nowhere: no report could be written ({problem.strerror})"
    return str(path)


def describe(error: BaseException | None, now: datetime) -> str:
    """The report."""
    from importlib.metadata import version

    lines = [
        f"engage-accounts {__version__} crashed at {now.isoformat(timespec='seconds')}",
        f"Python {platform.python_version()}, textual {version('textual')}, {platform.platform()}",
    ]
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        lines += ["", f"{type(error).__module__}.{type(error).__qualname__}"]
        lines += [
            f"  {f.filename}:{f.lineno} in {f.name}" for f in traceback.extract_tb(error.__traceback__, limit=None)
        ]
        error = error.__cause__ or error.__context__
    return "\n".join(lines) + "\n"
