"""Problems: in the order of the file, capped but counted, and never quoting at length or as it came."""

from tui.domain.problems import KEPT, QUOTED, Problem, Problems, quoted


def test_problems_come_by_file_and_line_whatever_the_order_they_were_found_in() -> None:
    problems = Problems()
    assert not problems
    for file, line in (("links.csv", 3), ("contacts.csv", 10), ("links.csv", 2), ("contacts.csv", 9)):
        problems.add(file, line, "code", "is wrong")
    assert [(found.file, found.line) for found in problems] == [
        ("contacts.csv", 9),
        ("contacts.csv", 10),
        ("links.csv", 2),
        ("links.csv", 3),
    ]
    assert problems
    assert problems.count == 4


def test_a_file_of_rubbish_fills_no_memory_but_is_counted() -> None:
    problems = Problems()
    for line in range(KEPT + 500):
        problems.add("contacts.csv", line, "", "is wrong")
    assert problems.count == KEPT + 500
    assert len(list(problems)) == len(problems.kept) == KEPT


def test_a_row_counts_once_whatever_is_wrong_with_it() -> None:
    problems = Problems()
    problems.add("contacts.csv", 9, "email", "is wrong")
    problems.add("links.csv", 9, "", "is ragged")
    problems.add("contacts.csv", 9, "gender", "is wrong")
    for kind in ("contacts", "students", "links"):
        problems.skip(kind, None)
    assert (problems.count, problems.rows) == (3, 2)
    problems.add("contacts.csv", 2, "code", "stands again", also=(9, 3_000_000))
    assert (problems.count, problems.rows) == (4, 4)


def test_a_problem_names_its_place() -> None:
    assert str(Problem("contacts.csv", 1234, "email", "is wrong")) == "contacts.csv, line 1,234, column email: is wrong"
    assert str(Problem("contacts.csv", 7, "", "is ragged")) == "contacts.csv, line 7: is ragged"
    assert str(Problem("contacts.csv", 0, "", "is empty")) == "contacts.csv: is empty"


def test_skipped_rows_are_kept_by_key_and_counted_where_they_have_none() -> None:
    problems = Problems()
    problems.skip("contacts", ("C1",))
    problems.skip("contacts", ("C1",))
    problems.skip("contacts", None)
    problems.skip("contacts", None)
    problems.skip("links", ("S1", "C1", "Mother"))
    assert problems.skipped_keys == {"contacts": {("C1",)}, "links": {("S1", "C1", "Mother")}}
    assert problems.keyless == {"contacts": 2}


def test_a_cell_is_quoted_short_and_clean() -> None:
    assert quoted("S1") == "“S1”"
    assert quoted("\x1b[31mRed\u202e") == "“\ufffd[31mRed\ufffd”"
    assert quoted("x" * QUOTED) == f"“{'x' * QUOTED}”"
    assert quoted("x" * 10_000) == f"“{'x' * QUOTED}…”"
