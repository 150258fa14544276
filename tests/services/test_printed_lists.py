"""The pages to print: boxes to tick, hostile text as text, nothing loaded or run; and the list of a hand-over."""

import csv
import io
import os
import stat
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.errors import ServiceError
from tui.services import handover_list
from tui.services.handover_list import HandoverLine
from tui.services.page import TICK, TICKED, Table, page
from tui.services.service import Listed
from tui.services.worklist import WorklistService

AT = "2026-11-21T07:05:00+00:00"
HOSTILE = (
    "<script>alert(1)</script>",
    "</td></table><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</style><link rel=stylesheet href=//evil.example>",
    "&lt;b&gt; &amp; & co",
    "a\x00b\x1b[2Jc\u202ed",
    "javascript:alert(1)",
)
_HARMLESS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td",
    "span", "bdi",
}  # fmt: skip


class Page(HTMLParser):
    """A page as a browser would take it apart: its tags, attributes, and the text of each cell and row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.rows: list[list[str]] = []
        self.boxes = 0
        self._in_cell = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self._in_cell = True
        elif ("class", "box") in attrs:
            self.boxes += 1

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.rows[-1][-1] += data.strip("\n")


def is_harmless(found: Page) -> bool:
    return set(found.tags) <= _HARMLESS and found.attributes <= {
        "lang", "charset", "http-equiv", "content", "name", "class", "scope",
    }  # fmt: skip


@pytest.fixture
def service(tmp_path: Path) -> WorklistService:
    return WorklistService(tmp_path / "worklists", "The Portal", "https://portal.school.example")


def listed(code: str, surname_first: str, why: str = "") -> Listed:
    return Listed(code, surname_first, f"{code.lower()}@families.example", f"user.{code.lower()}", why)


def test_a_page_has_the_steps_a_box_for_each_and_room_to_sign(service: WorklistService) -> None:
    here = [listed("P2", "Young, Ann"), listed("P1", "Adams, Zoe"), listed("P3", "Zz, Bo")]
    _, text, path = service.finish(7, "revoke", here, [listed("P9", "Stays, One", "held")], AT)
    found = Page(path.read_text("utf-8"))
    assert found.boxes == 4
    assert [row[1] for row in found.rows] == ["Code", "P9", "Code", "P1", "P2", "P3"]
    assert found.rows[-1] == ["", "P3", "Zz, Bo", "user.p3"]
    shown = path.read_text("utf-8")
    for line in text.read_text("utf-8").splitlines():
        if line[:1].isdigit():
            assert line.replace(">", "&gt;") in shown, "the steps are those of the text"
    assert "Carried out by" in shown


def test_a_page_is_made_for_a4_and_repeats_its_heads(service: WorklistService) -> None:
    *_, path = service.finish(7, "welcome", [listed("P1", "A")], [], AT)
    text = path.read_text("utf-8")
    assert "size: A4" in text
    assert "thead { display: table-header-group }" in text
    assert "tr { break-inside: avoid" in text
    assert text.count("<thead>") == text.count("<table>")


def test_a_page_loads_nothing_and_runs_nothing(service: WorklistService) -> None:
    hostile = [Listed(one, one, one, one, one) for one in HOSTILE]
    *_, path = service.finish(7, "revoke", hostile * 2, hostile, AT)
    text = path.read_text("utf-8")
    assert is_harmless(Page(text))
    assert "default-src 'none'" in text
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


# On a busy machine text of every kind is slow to make; that says nothing of the page.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=3), st.text(), st.text())
def test_whatever_is_written_is_text(cells: list[list[str]], title: str, line: str) -> None:
    found = Page(page(title, line, [line, Table(title, (title, line), cells)], line))
    assert is_harmless(found)
    assert len(found.rows) == 1 + len(cells)
    assert all(len(row) == 2 for row in found.rows)


def test_nothing_is_half_written(service: WorklistService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = service.finish(7, "revoke", [listed("P1", "A")], [], AT)
    before = {path: path.read_bytes() for path in files}

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as away:
        away.setattr(os, "fsync", full)
        with pytest.raises(ServiceError, match="No space left"):
            service.finish(7, "revoke", [listed("P1", "A"), listed("P2", "B")], [], AT)
    assert {path: path.read_bytes() for path in files} == before
    service.finish(7, "revoke", [listed("P1", "A"), listed("P2", "B")], [], AT)
    assert len(list(files[0].parent.iterdir())) == 3


# -- the list of a hand-over -----------------------------------------------------------------------------------------

LINES = (
    HandoverLine(4, "OLD1", "Smith, Kate", "ksmith", "", "NEW1", "Jones, Kate", "kate@families.example"),
    HandoverLine(4, "OLD2", "Doyle, Nora", "nora", "attested", "NEW2", "Doyle, Nora", "nora@families.example"),
    HandoverLine(4, "OLD3", "Hall, Ruth", "halls", "", "NEW3", "Hall, Ruth", "", "not yet, it is asked first: ..."),
    HandoverLine(4, "LEFT", "Olsen, Lars", "lars"),
)


def test_old_and_new_stand_beside_each_other_in_the_order_to_be_done(service: WorklistService) -> None:
    table, text, path = service.write_handover(3, LINES, AT)
    assert [one.name for one in (table, text, path)] == ["handover-3.csv", "handover-3.txt", "handover-3.html"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in (table, text, path)} == {0o600}
    found = Page(path.read_text("utf-8"))
    assert is_harmless(found)
    assert [row[1] for row in found.rows[1:]] == ["OLD2", "OLD3", "LEFT", "OLD1"], "by name"
    kate = found.rows[-1]
    assert kate == ["", "OLD1", "Smith, Kate", "ksmith", "", "NEW1", "Jones, Kate", "kate@families.example"]
    assert found.rows[1][0] == "x", "what is done is ticked"
    assert found.boxes == 6, "a welcome that must not be sent has none"
    shown = text.read_text("utf-8")
    assert "[ ] revoke   OLD1  Smith, Kate  ksmith\n[ ] welcome  NEW1  Jones, Kate  kate@families.example" in shown
    assert "[x] revoke   OLD2  Doyle, Nora  attested\n[ ] welcome  NEW2" in shown
    assert "    welcome  NEW3  Hall, Ruth: not yet, it is asked first: ..." in shown
    assert "[ ] revoke   LEFT  Olsen, Lars  lars\n    no new record: nobody to welcome" in shown
    assert "Old accounts first." in shown
    assert "engage-accounts attest 4" in shown


def test_the_text_is_as_wide_as_a_page_and_its_steps_are_in_order() -> None:
    text = handover_list.as_text(3, LINES, "The Portal", "https://portal.school.example", AT)
    assert max(map(len, text.splitlines())) <= 100
    places = [
        text.index(word) for word in ("Account Manager", "Old accounts first", "Then the new records", "attest 4")
    ]
    assert places == sorted(places)


def test_the_table_is_harmless_to_open() -> None:
    hostile = HandoverLine(4, "=1+1", "@SUM(A1)", "-user", "", "+1", "=x", "=mail")
    (row,) = csv.DictReader(io.StringIO(handover_list.as_csv(3, [hostile])))
    assert row["handover"] == "3"
    assert all(not value.startswith(("=", "@", "+", "-")) for value in row.values())


def test_boxes_are_told_from_text() -> None:
    found = Page(page("t", "w", [Table("", ("a", "b"), [(TICK, "x"), (TICKED, "")])], "by"))
    assert found.boxes == 2
    assert found.rows[1:] == [["", "x"], ["x", ""]]
