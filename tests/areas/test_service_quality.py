"""What a reader of the service-quality page would notice: words agree with figures, parts add up, what cannot be told
is said."""

import re

import numpy as np
import pandas as pd
import pytest

from analysis.areas import service_quality as area
from analysis.presentation.blocks import Note, Section
from analysis.sections.fix_causes import _window, compared_traits, failures
from analysis.sections.fix_windows import pooled_curve, spread_of_months

SECTIONS = (
    area.stability, area.windows, area.causes, area.solved, area.first_contact, area.audits, area.segments,
    area.technicians, area.decomposition, area.units, area.measures,
)  # fmt: skip


def part(section: Section, kind: str):
    return next(block for block in section.parts if block.kind == kind)


@pytest.fixture(scope="module")
def company(sample_report):
    return sample_report("service_quality", "all")


def test_every_section_has_a_finding_for_the_company(company):
    for section in SECTIONS:
        block = section(company)
        if section is area.technicians:  # people of different units are not held against each other
            assert isinstance(block, Note)
            continue
        assert isinstance(block, Section), section.__name__
        assert block.headline["en"]
        assert block.headline["zh"]


# -- the curve ---------------------------------------------------------------------------------------------------------


def test_the_curve_begins_with_single_visits_passes_through_the_rates_and_never_rises(company):
    curve = pooled_curve(company).set_index("time")
    months = pd.period_range(*pooled_curve(company).attrs["months"], freq="M").astype(str)
    assert (curve["value"].diff().dropna() <= 1e-9).all()
    for day, metric in ((0, "single_visit_rate"), (7, "first_time_fix_rate_7d"), (30, "first_time_fix_rate")):
        rows = company.series(metric)
        rows = rows[rows["period"].isin(months)]
        rate = 100 * rows["numerator"].sum() / rows["denominator"].sum()
        # the ratio leaves out who comes back in the very second the window ends; the curve counts whole minutes
        assert curve.loc[day, "value"] == pytest.approx(rate, abs=0.15)


def test_the_curve_holds_only_months_of_which_every_order_was_watched_for_90_days(company):
    first, last = pooled_curve(company).attrs["months"]
    assert last == "2026-03"  # cut-off 5 July 2026: 90 days before it lie in April
    assert first == "2025-04"


def test_the_headline_of_the_curve_tells_its_figures(company):
    section = area.windows(company)
    curve = pooled_curve(company).set_index("time")["value"]
    told = [float(figure) for figure in re.findall(r"([\d.]+)%", section.headline["en"])]
    assert told == pytest.approx([curve[0], curve[30], curve[90]], abs=0.06)
    assert len(part(section, "figure").data) == 91


# -- causes ------------------------------------------------------------------------------------------------------------


def test_the_causes_add_up_to_all_orders_not_fixed(company):
    rows = _window(company)
    failed = failures(company, rows)
    assert failed["value"].sum() == pytest.approx(rows["denominator"].sum() - rows["numerator"].sum())
    assert len(failed) == 3
    assert (failed["value"] > 0).all()


def test_without_the_steps_of_orders_the_causes_are_two_and_still_add_up(company, monkeypatch):
    real = type(company).segments
    monkeypatch.setattr(
        type(company),
        "segments",
        lambda self, m, b: real(self, m, b).iloc[:0] if b == "parts_wait" else real(self, m, b),
    )
    failed = failures(company, _window(company))
    assert len(failed) == 2
    assert failed["value"].sum() == pytest.approx(_window(company).eval("denominator - numerator").sum())


def test_the_share_in_the_headline_is_that_of_the_figures(company):
    rows = _window(company)
    share = 100 * (1 - rows["numerator"].sum() / rows["denominator"].sum())
    told = float(re.match(r"([\d.]+)%", area.causes(company).headline["en"])[1])
    assert told == pytest.approx(share, abs=0.06)


def test_traits_are_only_drawn_where_they_differ_beyond_chance(company):
    judged = compared_traits(company)
    figures = [block for block in area.causes(company).parts if block.kind == "figure"]
    assert (len(figures) == 2) == bool((judged["outside"] != 0).any())
    assert set(judged["breakdown"]) >= {"fault_code", "product_line", "in_warranty"}


# -- reliability -------------------------------------------------------------------------------------------------------


def months(shares: list[float], n: int = 400) -> pd.DataFrame:
    k = np.round(np.array(shares) * n)
    return pd.DataFrame({"mature": True, "value": 100 * k / n, "numerator": k, "denominator": float(n)})


def test_months_that_differ_by_chance_alone_are_told_apart_from_those_that_do_not():
    rng = np.random.default_rng(5)
    steady = months(list(rng.binomial(400, 0.8, 24) / 400))
    observed, chance, count = spread_of_months(steady, minimum_n=30)
    assert count == 24
    assert chance == pytest.approx(2.0, abs=0.05)  # sqrt(.8 × .2 / 400) = 2 points
    assert observed < 1.3 * chance
    shaky = months([0.7, 0.9] * 12)
    observed, chance, _ = spread_of_months(shaky, minimum_n=30)
    assert observed > 4 * chance


def test_few_orders_or_few_months_are_called_neither_reliable_nor_unsteady():
    assert spread_of_months(months([0.8] * 11), minimum_n=30) is None
    assert spread_of_months(months([0.5] * 24, n=6), minimum_n=30) is None


def test_the_smallest_unit_is_not_called_reliable(sample_report, words_of):
    said = words_of([area.stability(sample_report("service_quality", "U12"))])
    assert "Reliable" not in said
    assert "Not steady" not in said


# -- solved, audits ----------------------------------------------------------------------------------------------------


def test_the_clearance_ratio_is_named_apart_from_the_resolution_rate(company, words_of):
    said = words_of([area.solved(company)])
    assert "Clearance ratio" in said
    assert "no success rate" in said
    assert "can pass 100%" in said


def test_a_score_from_few_audits_says_so(sample_report, words_of):
    report = sample_report("service_quality", "U03")
    row = report.kpi("service_standard_score")
    said = words_of([area.audits(report)])
    assert "do not say who audited" in said
    assert f"Resting on {int(row['n'])} audits" in said


def test_technicians_are_compared_and_not_ranked(sample_report, words_of):
    said = words_of([area.technicians(sample_report("service_quality", "all"))])
    assert "Each unit's report compares its own" in said
    said = words_of([area.technicians(sample_report("service_quality", "U01"))])
    assert "Too few technicians to compare: 3 with enough records, 4 are needed" in said
    assert "not compared" in said
    assert "different work" in said


def test_the_page_names_no_peer_on_a_units_page(sample_report, words_of):
    report = sample_report("service_quality", "U03")
    said = words_of([section(report) for section in SECTIONS])
    names = [report.run.unit_name(unit)["en"] for unit in report.run.business_units if unit != "U03"]
    assert not [name for name in names if name in said]


def test_sections_without_their_tables_name_what_they_need(tables_run):
    from analysis.report import open_report

    orders = pd.DataFrame(
        {
            "work_order_id": [f"W{number}" for number in range(60)],
            "business_unit": "A",
            "submitted_at": pd.date_range("2026-01-01", periods=60, freq="3D"),
            "status": "open",
        }
    )
    run = tables_run("bare_orders", {"work_orders": orders})
    report = open_report("service_quality", "A", language="en,zh", run=run)
    for section, need in (
        (area.windows, "work_orders.visits"),
        (area.causes, "work_orders.visits"),
        (area.first_contact, "interactions"),
        (area.audits, "quality_audits"),
        (area.technicians, "work_orders.technician_id"),
        (area.measures, "interventions"),
    ):
        note = section(report)
        assert isinstance(note, Note), section.__name__
        assert need in note.html("en"), section.__name__
