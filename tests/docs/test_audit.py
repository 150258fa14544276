"""The page on the audit: its snippet checks an export, and finds what was changed in it."""

import json
import subprocess
import sys
from pathlib import Path

from tests.docs import pages
from tests.running import Run
from tests.school import SchoolFiles


def check(tmp_path: Path, export: Path) -> subprocess.CompletedProcess[str]:
    (snippet,) = pages.fences(pages.text("audit.md"), "python")
    assert len(snippet.splitlines()) <= 15
    script = tmp_path / "check.py"
    script.write_text(snippet, encoding="utf-8")
    return subprocess.run([sys.executable, script, export], capture_output=True, text=True, check=False, cwd=tmp_path)


def test_an_export_is_checked_without_this_program(cli: Run, imported: SchoolFiles, tmp_path: Path) -> None:
    assert cli("hold", "P0001", "--note", "wartet bis später").code == 0
    head = cli("audit", "head").out
    export = tmp_path / "audit.jsonl"
    assert cli("audit", "export", export, "--format", "json").code == 0
    done = check(tmp_path, export)
    assert (done.returncode, done.stdout) == (0, head), done.stderr

    lines = export.read_text(encoding="utf-8").splitlines()
    changed = [*lines[:-1], json.dumps(json.loads(lines[-1]) | {"reason": "never said"})]
    export.write_text("\n".join(changed), encoding="utf-8")
    assert "is not as it was written" in check(tmp_path, export).stderr
    export.write_text("\n".join(lines[1:]), encoding="utf-8")
    assert check(tmp_path, export).returncode != 0
