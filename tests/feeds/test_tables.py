"""The shared CSV reader: encodings, headers, lines, and files that are hardly CSV."""

import csv
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tui.domain.problems import Problems
from tui.errors import InputRefused
from tui.feeds.tables import BATCH, LONGEST_LINE, open_table


def read(path: Path) -> tuple[list[tuple[int, list[str]]], Problems]:
    problems = Problems()
    batches = open_table(path).batches(problems, ("contacts",))
    return [pair for starts, rows in batches for pair in zip(starts, rows, strict=True)], problems


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "contacts.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(tmp_path: Path, content: str | bytes) -> str:
    with pytest.raises(InputRefused) as caught:
        read(written(tmp_path, content))
    assert caught.value.what
    assert caught.value.means
    assert caught.value.todo
    assert "contacts.csv" in caught.value.what
    return str(caught.value)


def said(problems: Problems) -> list[str]:
    return [str(problem) for problem in problems]


@pytest.mark.parametrize("start", ["", "\ufeff", "\n\n", "\ufeff\r\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_spreadsheets_write_is_read(tmp_path: Path, start: str, end: str, delimiter: str) -> None:
    text = start + end.join(["Code, Given_Name ", "1,Zoë", '"2","a ""b"" c"']).replace(",", delimiter)
    table = open_table(written(tmp_path, text))
    assert table.columns == ("code", "given_name")
    rows, problems = read(table.path)
    first = 2 + len(start.replace("\ufeff", "").replace("\r\n", "\n"))
    assert rows == [(first, ["1", "Zoë"]), (first + 1, ["2", 'a "b" c'])]
    assert not problems


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_line_that_tells_excel_the_delimiter_is_no_header(tmp_path: Path, delimiter: str) -> None:
    text = f"\ufeffsep={delimiter}\r\ncode{delimiter}name\r\n1{delimiter}x\r\n"
    table = open_table(written(tmp_path, text))
    assert table.columns == ("code", "name")
    assert read(table.path)[0] == [(3, ["1", "x"])]
    assert open_table(written(tmp_path, "Sep=;\na,b;c\n")).columns == ("a,b", "c"), "it is believed"
    with pytest.raises(InputRefused, match="is empty"):
        open_table(written(tmp_path, f"sep={delimiter}\n"))


def test_a_line_number_is_where_the_record_starts(tmp_path: Path) -> None:
    text = 'code,address\n\n1,"Unit 4\n12 Long St\r\nPreston"\n,\n2,x\n"3\r4",y\n5,z\n'
    rows, problems = read(written(tmp_path, text))
    assert [(line, row[0]) for line, row in rows] == [(3, "1"), (6, ""), (7, "2"), (8, "3\r4"), (10, "5")]
    assert not problems


def test_line_numbers_hold_over_batches(tmp_path: Path) -> None:
    text = "code,address\n" + "".join(f'{n},"a\nb"\n' if n % 7 == 0 else f"{n},c\n" for n in range(3 * BATCH))
    rows, _ = read(written(tmp_path, text))
    lines = text.split("\n")
    assert len(rows) == 3 * BATCH
    assert all(lines[line - 1].startswith(f"{row[0]},") for line, row in rows)


def test_ragged_rows_are_problems_and_blank_lines_are_not(tmp_path: Path) -> None:
    rows, problems = read(written(tmp_path, "code,a,b\n1,2,3\n\n   \n1,2\n,,,,\n1,2,3,4\n5,6,7"))
    assert [row[0] for _, row in rows] == ["1", "5"]
    assert said(problems) == [
        "contacts.csv, line 5: the row has 2 cells, the header 3; perhaps the file was cut short",
        "contacts.csv, line 7: the row has 4 cells, the header 3; "
        "perhaps a cell that holds a comma stands without quotation marks",
    ]
    assert problems.keyless == {"contacts": 2}


def test_the_rows_around_a_broken_one_are_kept(tmp_path: Path) -> None:
    rows, problems = read(written(tmp_path, 'code,a\n1,x\n2,"a\nb"\n3,"y"y"\n4,z\n'))
    assert [(line, row[0]) for line, row in rows] == [(2, "1"), (3, "2"), (6, "4")]
    assert said(problems) == [
        "contacts.csv, line 5: a quotation mark within a cell is not doubled, "
        "or a closing one is missing before this line"
    ]


def test_a_quotation_mark_never_closed_is_named_where_it_opens(tmp_path: Path) -> None:
    rows, problems = read(written(tmp_path, 'code,a\n1,x\n2,"never\n3,z\n'))
    assert [row[0] for _, row in rows] == ["1"]
    assert said(problems) == ["contacts.csv, line 3: a quotation mark is opened here and never closed"]
    assert problems.keyless == {"contacts": 1}


def test_a_huge_cell_is_a_problem(tmp_path: Path) -> None:
    rows, problems = read(written(tmp_path, f"code,a\n1,x\n2,{'y' * (csv.field_size_limit() + 1)}\n3,z\n"))
    assert [(line, row[0]) for line, row in rows] == [(2, "1"), (4, "3")]
    assert "line 3: a cell is longer than 131,072 characters" in said(problems)[0]


def test_a_line_without_end_is_refused_before_it_fills_memory(tmp_path: Path) -> None:
    path = written(tmp_path, b"code,a\n1," + b"y" * (3 * LONGEST_LINE))
    tracemalloc.start()
    try:
        with pytest.raises(InputRefused, match="a line of more than 4 MB"):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 2.5 * LONGEST_LINE
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        path = written(tmp_path, "code,a\n" + "".join(f"{n},{n}\n" for n in range(rows)))
        tracemalloc.start()
        try:
            for _ in open_table(path).batches(Problems(), ()):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(60_000) < 1.5 * peak(6_000)


def test_nul_bytes_are_left_to_the_cleaning_gate(tmp_path: Path) -> None:
    rows, problems = read(written(tmp_path, b"code,given_name,surname\n1,Ann\x00a,Nguyen\n"))
    assert rows == [(2, ["1", "Ann\x00a", "Nguyen"])]
    assert not problems


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf16_is_refused(tmp_path: Path, encoding: str) -> None:
    text = refusal(tmp_path, "code,given_name\n1,Zoë\n".encode(encoding))
    assert "contacts.csv, line 1: the text is not UTF-8" in text
    assert "CSV UTF-8" in text


@pytest.mark.parametrize(("end", "before"), [("\n", 9), ("\r\n", 9), ("\r", 9), ("\n", 40_000)])
def test_other_encodings_are_refused_with_the_line(tmp_path: Path, end: str, before: int) -> None:
    lines = ["code,given_name", *(f"{n},Ann" for n in range(before)), "x,Zoë", "y,Ann"]
    text = refusal(tmp_path, end.join(lines).encode("cp1252"))
    assert f"contacts.csv, line {before + 2:,}: the text is not UTF-8" in text
    assert "CSV UTF-8" in text
    assert "Zo" not in text


def test_text_cut_within_a_character_is_refused(tmp_path: Path) -> None:
    assert "line 2: the text is not UTF-8" in refusal(tmp_path, "code,a\n1,Zoë".encode()[:-1])


def test_a_workbook_is_named_as_such(tmp_path: Path) -> None:
    assert "an Excel workbook" in refusal(tmp_path, b"PK\x03\x04rest")


@pytest.mark.parametrize("content", ["", "\ufeff", "\n\n", " , ,\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: str) -> None:
    assert "contacts.csv is empty" in refusal(tmp_path, content)


def test_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    assert read(written(tmp_path, "code,a"))[0] == []


def test_a_column_named_twice_is_refused(tmp_path: Path) -> None:
    assert "names the column “code” twice" in refusal(tmp_path, "code,a,CODE \n1,2,3\n")
    assert read(written(tmp_path, "code,,\n1,,\n"))[0] == [(2, ["1", "", ""])]  # Excel's columns without a name


def test_a_broken_header_is_refused(tmp_path: Path) -> None:
    assert "The header of contacts.csv can't be read" in refusal(tmp_path, 'code,"a\n1,2\n')


def test_a_missing_column_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    table = open_table(written(tmp_path, "Code,givenname,username\n"))
    with pytest.raises(InputRefused) as caught:
        table.require(("code", "given_name", "surname"), ("code", "given_name", "surname", "username"))
    assert caught.value.what == "contacts.csv has no column given_name and surname."
    assert caught.value.means.startswith("Perhaps “givenname” for given_name was meant.")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").mkdir()
    with pytest.raises(InputRefused, match="can't be read"):
        open_table(tmp_path / "contacts.csv")


ROWS = st.lists(st.lists(st.text("ab,\"'; \r\n\tö", max_size=6), min_size=3, max_size=3), max_size=12)


@given(ROWS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_the_csv_module_writes_comes_back_with_its_lines(tmp_path: Path, rows: list[list[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(["a", "b", "c"])
    expected = []
    for row in rows:
        line = len((text.getvalue() + "|").splitlines())
        if any(cell.strip() for cell in row):
            expected.append((line, row))
        writer.writerow(row)
    got, problems = read(written(tmp_path, text.getvalue()))
    assert [pair for pair in got if any(cell.strip() for cell in pair[1])] == expected
    assert not problems


CSV_BYTES = st.lists(
    st.sampled_from(
        [b"a", b",", b'"', b"\n", b"\r", b"\r\n", b"\x00", b"\xff", b"\xc3\xab", b"code", b";", b" ", b"1"]
    ),
    max_size=60,
).map(b"".join)


@given(st.binary() | CSV_BYTES | CSV_BYTES.map(lambda tail: b"code,a\n1,2\n" + tail))
@example(b'a,b\n"')
@example(b"\xef\xbb\xbf")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
def test_no_bytes_make_the_reader_crash(tmp_path: Path, content: bytes) -> None:
    try:
        rows, problems = read(written(tmp_path, content))
    except InputRefused:
        return
    lines = content.count(b"\n") + content.count(b"\r") + 1
    assert all(1 < line <= lines for line, _ in rows)
    assert all(1 < problem.line <= lines for problem in problems)
