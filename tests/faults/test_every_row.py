"""No row of the fault table goes without its test, and the page made from them tells of every row."""

from pathlib import Path

from tests.faults.reliability import (
    PAGE,
    Row,
    Seen,
    read_rows,
    render_page,
    rows_not_shown,
    rows_on,
    witnesses_in_code,
)

TESTS = sorted(Path(__file__).parent.glob("test_*.py"))


def test_every_row_of_the_table_has_a_test_that_bears_witness():
    without = [row.id for row in read_rows() if row.id not in witnesses_in_code(TESTS)]
    assert without == []


def test_every_witness_names_a_row_of_the_table():
    assert witnesses_in_code(TESTS).keys() <= {row.id for row in read_rows()}


def test_the_page_has_every_row_and_shows_each_that_a_test_bears_witness_of():
    page = PAGE.read_text(encoding="utf-8")
    assert rows_on(page) == [row.id for row in read_rows()]
    stale = rows_not_shown(page) & witnesses_in_code(TESTS).keys()
    assert stale == set(), "run `make reliability`"


def test_the_page_names_tests_that_are_there():
    page, known = PAGE.read_text(encoding="utf-8"), set().union(*witnesses_in_code(TESTS).values())
    named = {part for part in page.split("`") if part.startswith("test_") and "::" in part}
    assert named
    assert named <= known, "run `make reliability`"


def test_a_row_without_witness_stays_visible_and_a_hostile_word_stays_in_its_cell():
    rows = [Row("R1", "Run", "a fault", "an answer"), Row("R2", "Run", "b", "c")]
    page = render_page(
        rows, [Seen("R1", "<script> | \n x", "/tmp/pytest-of-me/x/y stayed *whole*", "tests/faults/t.py::test_r1")]
    )
    assert rows_not_shown(page) == {"R2"}
    assert "| &lt;script> \\| x | … stayed \\*whole\\* | `t.py::test_r1` |" in page
    assert "1 of 2 rows are shown." in page
