"""Pages, links and tables: what is promised is there."""

import re
from pathlib import Path

import pytest

from tests.docs import pages
from tui.config import setting_keys
from tui.errors import ExitCode

LINKS = [
    (path, target)
    for path in pages.PAGES
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8"))
    if not re.match(r"[a-z]+:", target)
]


@pytest.mark.parametrize(("page", "target"), LINKS, ids=[f"{path.name} {target}" for path, target in LINKS])
def test_links_lead_somewhere(page: Path, target: str) -> None:
    name, _, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    assert path.is_file()
    assert path.is_relative_to(pages.ROOT)
    if anchor:
        assert anchor in pages.anchors(path.read_text("utf-8"))


def test_every_page_is_linked_from_the_overview() -> None:
    overview = pages.text("README.md")
    for path in pages.DOCS.glob("*.md"):
        assert path.name == "README.md" or f"]({path.name})" in overview


def test_every_exit_code_is_documented_with_its_number() -> None:
    rows = re.findall(r"^\| (\d+) \| `([A-Z_]+)` \| .+ \|$", pages.text("exit-codes.md"), flags=re.M)
    assert {(int(number), name) for number, name in rows} == {(code.value, code.name) for code in ExitCode}


def test_the_keys_that_the_docs_name_exist() -> None:
    keys = setting_keys()
    tables = {key.rpartition(".")[0] for key in keys}
    for path in pages.PAGES:
        for name in re.findall(r"`((?:[a-z_]+\.)+[a-z_]+)`", path.read_text("utf-8")):
            if name.rpartition(".")[0] in tables:
                assert name in keys, f"{path.name}: {name}"


def test_the_pages_are_plain() -> None:
    for path in pages.PAGES:
        prose = re.sub(r"```.*?```|`[^`]*`|!\[", "", path.read_text("utf-8"), flags=re.S)
        assert "!" not in prose, path.name
