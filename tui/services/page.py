"""A page to print, as one HTML file: tables with boxes to tick, on A4, the heads repeated on each sheet.

It needs nothing from anywhere else and runs nothing; whatever stands in it is text, whoever wrote it.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from tui.text import clean

TICK, TICKED = "\x00 ", "\x00x"  # cells: a box to tick, and one that is ticked; no cleaned text is like them

_STYLE = """
@page { size: A4; margin: 14mm 12mm; @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt } }
body { font: 10pt/1.35 sans-serif; color: #000; background: #fff; max-width: 186mm; margin: 0 auto; padding: 4mm }
h1 { font-size: 14pt; margin: 0 0 2mm }
h2 { font-size: 11pt; margin: 5mm 0 1mm; break-after: avoid; page-break-after: avoid }
p { margin: 0 0 1mm }
p.what { font-weight: bold; margin-bottom: 3mm }
table { border-collapse: collapse; width: 100%; margin: 2mm 0 4mm }
thead { display: table-header-group }
tr { break-inside: avoid; page-break-inside: avoid }
th, td { border-bottom: .2mm solid #888; padding: 1.2mm 2mm 1.2mm 0; text-align: left; vertical-align: top;
  overflow-wrap: anywhere }
th { border-bottom: .4mm solid #000 }
.box { display: inline-block; width: 3.6mm; height: 3.6mm; border: .4mm solid #000; line-height: 3.4mm;
  text-align: center }
.by { margin-top: 8mm; break-inside: avoid; page-break-inside: avoid }
@media print { body { padding: 0; max-width: none } }
""".strip()


class Table(NamedTuple):
    """A table: its heading ("" for none), the columns' names, and the cells of each row, of which TICK and TICKED are
    boxes."""

    heading: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def page(title: str, what: str, parts: Sequence[str | Table], done_by: str) -> str:
    """The page: a title, what it is in a line, lines of text and tables in their order, and who is to sign it."""
    return "".join(_page(title, what, parts, done_by))


def _page(title: str, what: str, parts: Sequence[str | Table], done_by: str) -> Iterator[str]:
    yield '<!DOCTYPE html>\n<html lang="en-AU">\n<head>\n<meta charset="utf-8">\n'
    # Should anything ever get past the escaping, it loads nothing and runs nothing.
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    yield '<meta name="referrer" content="no-referrer">\n'
    yield f"<title>{_text(title)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n"
    yield f'<h1>{_text(title)}</h1>\n<p class="what">{_text(what)}</p>\n'
    for part in parts:
        if isinstance(part, str):
            yield f"<p>{_text(part)}</p>\n"
        else:
            yield from _table(part)
    yield f'<p class="by">{_text(done_by)} ______________________________ &nbsp; Date ______________</p>\n'
    yield "</body>\n</html>\n"


def _table(table: Table) -> Iterator[str]:
    if table.heading:
        yield f"<h2>{_text(table.heading)}</h2>\n"
    heads = "".join(f'<th scope="col">{_text(column)}</th>' for column in table.columns)
    yield f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
    for row in table.rows:
        yield f"<tr>{''.join(f'<td>{_cell(cell)}</td>' for cell in row)}</tr>\n"
    yield "</tbody>\n</table>\n"


def _cell(cell: str) -> str:
    if cell in (TICK, TICKED):
        return f'<span class="box">{"x" if cell == TICKED else ""}</span>'
    # A name that is written from right to left leaves its neighbours as they are.
    return f"<bdi>{_text(cell)}</bdi>"


def _text(text: str) -> str:
    return escape(clean(text))
