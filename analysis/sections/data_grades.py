"""How far the figures can be relied on: grades by report, and what holds the weak ones back."""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_heat
from analysis.presentation.language import Text, both, join, plain
from analysis.presentation.naming import report_name
from analysis.presentation.telling import tell_count
from analysis.sections.grading import GRADES, Criterion, grade_metrics, read_criteria
from analysis.sections.wording import capital, said

if TYPE_CHECKING:
    from analysis.report import Report

RELIABLE, UNRELIABLE = ("A", "B"), "D"


def grades(report: "Report") -> Block:
    """Grades A to D of every figure, counted by report, and listed with what decides them."""
    graded = grade_metrics(report)
    title = both("How far the figures of the reports can be relied on")
    if graded.empty:
        return Note(title, both("There are no figures to grade."), languages=report.languages)
    headline = _headline(graded)
    figure = chart_heat(
        _by_report(graded),
        title=headline,
        description=title,
        name="grades",
        table=_metric_table(report, graded),
        languages=report.languages,
    )
    about = both("{title}: number of metrics by report and grade · {unit}", title=title, unit=report.unit_name)
    notes = said(
        both("A reliable · B usable, with care · C a hint, no basis for a decision · D not to be relied on."),
        _deciding(graded),
        _rule(),
    )
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(notes, languages=report.languages))
    )


def _headline(graded: pd.DataFrame) -> Text:
    good, bad = graded["grade"].isin(RELIABLE).sum(), (graded["grade"] == UNRELIABLE).sum()
    counts = {"good": str(int(good)), "all": str(len(graded)), "bad": str(int(bad))}
    if bad:
        return both("{good} of {all} figures can be relied on (A or B); {bad} should not be (D)", **counts)
    if good < len(graded):
        return both("{good} of {all} figures can be relied on (A or B); the others are hints (C)", **counts)
    return both("All {all} figures can be relied on (A or B)", **counts)


def _by_report(graded: pd.DataFrame) -> pd.DataFrame:
    areas = list(dict.fromkeys(graded["area"]))
    counts = graded.groupby(["area", "grade"]).size()
    cells = [(area, grade, counts.get((area, grade), 0)) for area in areas for grade in GRADES]
    return pd.DataFrame(
        {
            "row": text_column(capital(report_name(area)) for area, _, _ in cells),
            "column": [grade for _, grade, _ in cells],
            "value": [float(count) for _, _, count in cells],
        }
    )


def _deciding(graded: pd.DataFrame) -> Text | None:
    """What holds most of the C and D figures back."""
    weak = graded[graded["grade"].isin(("C", "D"))]
    if weak.empty:
        return None
    names = {criterion.id: criterion.name for criterion in read_criteria()}
    counts = weak["weakest"].value_counts()
    told = [both("{criterion} ({n})", criterion=names[str(name)], n=tell_count(n)) for name, n in counts.items()]
    return both("What decides the grades C and D: {reasons}.", reasons=join(told, {"en": ", ", "zh": "、"}))


def _rule() -> Text:
    told = [_bounds(criterion) for criterion in read_criteria()]
    return both(
        "The grade is the worst of (bounds of A, B and C): {rule}. In times and shares within a time, work still open "
        "counts as open: their interval allows for it, and no share of theirs is undecided.",
        rule=join(told, {"en": "; ", "zh": "；"}),
    )


def _bounds(criterion: Criterion) -> Text:
    sign, unit = "≥" if criterion.at_least else "≤", "×" if criterion.id == "records" else "%"
    numbers = " / ".join(f"{bound:g}" for bound in criterion.bounds)
    return join([criterion.name, plain(f"{sign} {numbers} {unit}")])


def _metric_table(report: "Report", graded: pd.DataFrame) -> Table:
    names = {criterion.id: criterion.name for criterion in read_criteria()}
    frame = graded.assign(
        name=text_column(report.catalogue[metric].name for metric in graded["metric"]),
        weakest=text_column(names[weakest] if weakest else plain("–") for weakest in graded["weakest"]),
    )[["name", "grade", "weakest", *names]]
    columns = {
        "name": Column(both("Metric"), kind="text"),
        "grade": Column(both("Grade"), kind="text"),
        "weakest": Column(both("Decided by"), kind="text"),
        **{
            name: Column(capital(label), "×" if name == "records" else "%", decimals=1) for name, label in names.items()
        },
    }
    return table(
        frame,
        columns=columns,
        caption=both("Grade of each metric, worst first"),
        name="grades",
        languages=report.languages,
    )
