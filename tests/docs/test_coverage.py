"""Everything that the mission names has its place: an answer that exists, or a reason why no data can give one."""

import re

import pytest

from analysis.metrics.cards import read_catalogue
from analysis.reporting.coverage import PAGE, REPORTS, Row, faults_of, read_rows, write_page
from analysis.reporting.parameters import PROJECT

# what the mission names: 26 areas, 31 metrics, 17 methods, 28 systems and products, 10 cases
ASKED_FOR = {
    "areas": [f"A{number}" for number in range(1, 27)],
    "metrics": [f"M{number}" for number in range(1, 32)],
    "methods": [f"T{number}" for number in range(1, 18)],
    "systems": [f"S{number}" for number in range(1, 29)],
    "cases": [f"C{number}" for number in range(1, 11)],
}
NOTHING = {"sections": (), "metrics": (), "statistics": (), "pages": (), "no_data": ""}


def row(**answers) -> Row:
    return Row("areas", "A1", "Something", **{**NOTHING, **answers})


@pytest.mark.parametrize("part", ASKED_FOR)
def test_every_row_that_is_asked_for_has_an_entry(part):
    assert [row.id for row in read_rows() if row.part == part] == ASKED_FOR[part]


def test_every_entry_points_at_something_that_exists_or_says_why_no_data_can():
    assert faults_of(read_rows(), read_catalogue()) == []


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == write_page(read_rows(), read_catalogue())


def test_every_report_answers_something():
    told = {section.split("#")[0] for row in read_rows() for section in row.sections}
    assert told == set(REPORTS)


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ({}, "A1: no answer and no reason why not"),
        ({"sections": ("repair_cycle#no-such-cell",)}, "A1: no section repair_cycle#no-such-cell"),
        ({"sections": ("no_such_report#trend",)}, "A1: no section no_such_report#trend"),
        ({"pages": ("docs/no_such_page.md",)}, "A1: no page docs/no_such_page.md"),
    ],
)
def test_an_entry_that_points_at_nothing_is_named(answers, fault):
    assert faults_of([row(**answers)], read_catalogue()) == [fault]


def test_once_all_reports_are_there_a_metric_or_function_that_is_not_is_named(tmp_path):
    (tmp_path / "notebooks").mkdir()
    for report in REPORTS:
        (tmp_path / "notebooks" / f"{report}.ipynb").write_text('{"cells": [{"id": "trend"}]}')
    entry = row(metrics=("no_such_metric", "backlog"), statistics=("stl.no_such", "stl.fit_stl", "nothing"))
    found = faults_of([entry], read_catalogue(), project=tmp_path)
    assert found == ["A1: no metric no_such_metric", "A1: no statistics stl.no_such", "A1: no statistics nothing"]


def test_make_docs_writes_the_page():
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^docs:.*\n((?:\t.*\n)+)", makefile, re.M)
    assert recipe is not None
    assert "analysis.reporting.coverage" in recipe[1]
