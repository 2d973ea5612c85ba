"""The pieces of a page on the sample: what is drawn, what is counted and what is said agree."""

import json
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from analysis.metrics.cards import read_catalogue
from analysis.presentation.blocks import Note, Section, kpi_card
from analysis.presentation.language import missing_translations, plain
from analysis.report import Report
from analysis.sections import change as change_module
from analysis.sections.change import change
from analysis.sections.decomposition import decomposition
from analysis.sections.pooling import parts
from analysis.sections.segments import segments
from analysis.sections.stages import ADDITIVE, STAGES, stages
from analysis.sections.trend import trend
from analysis.sections.unit_years import unit_years
from analysis.sections.units import units
from analysis.sections.wording import capital, say_change, say_state, say_target
from analysis.statistics.mix import kitagawa

Open = Callable[..., Report]
SPLITS = [
    ("repair_cycle_restricted_mean", "product_line"),
    ("complaints_per_1000_units", "product_line"),
    ("complaints_per_100_orders", "channel"),
    ("repair_cycle_within_7d", "fault_code"),
]
DAYS = r"([\d.]+)\s(?:days|hours)"


def part(section: Section, kind: str) -> list:
    """The section's parts of one kind: figure, sentences, table."""
    return [block for block in section.parts if block.kind == kind]


@pytest.mark.parametrize(("metric", "breakdown"), SPLITS)
def test_rate_and_mix_add_up_to_the_change_exactly(sample_report: Open, metric: str, breakdown: str):
    report = sample_report("repair_cycle")
    card, rows = report.catalogue[metric], report.segments(metric, breakdown)
    now, before = change_module.compared_windows(rows)
    was, is_now = parts(before, card), parts(now, card)
    split = kitagawa(was, is_now)
    total = is_now["numerator"].sum() / is_now["denominator"].sum() - was["numerator"].sum() / was["denominator"].sum()
    assert split[["rate_effect", "mix_effect"]].to_numpy().sum() == pytest.approx(total, abs=1e-9)
    drawn = part(change(report, metric, breakdown), "figure")[0].data
    assert drawn["value"].sum() == pytest.approx(total, abs=1e-9)


def test_the_two_windows_of_a_change_are_the_same_three_months_of_two_years(sample_report: Open):
    rows = sample_report("repair_cycle").segments("repair_cycle_restricted_mean", "product_line")
    now, before = change_module.compared_windows(rows)
    assert sorted(now["period"].unique()) == ["2026-03", "2026-04", "2026-05"]
    assert sorted(before["period"].unique()) == ["2025-03", "2025-04", "2025-05"]


def test_a_change_within_chance_makes_no_headline_about_performance():
    """Shares of two years from one coin: the headline says chance, whatever the split says."""
    card = read_catalogue()["resolution_sla_attainment"]
    rows = pd.DataFrame({"segment": ["a", "b"], "numerator": [40.0, 42.0], "denominator": [50.0, 50.0], "n": [50, 50]})
    before = rows.assign(value=100 * rows["numerator"] / rows["denominator"], se=np.nan)
    now = before.assign(numerator=[41.0, 40.0], value=[82.0, 80.0])
    assert not change_module.is_beyond_chance(before, now, card)
    assert change_module.is_beyond_chance(before, now.assign(numerator=[10.0, 12.0], value=[20.0, 24.0]), card)
    split = kitagawa(parts(before, card), parts(now, card))
    said = change_module._headline(None, split, card, "region", span=plain("May"), sure=False, hint=False)
    assert "no more than chance" in said["en"]
    said = change_module._headline(None, split, card, "region", span=plain("May"), sure=False, hint=True)
    assert said["en"].endswith("a hint, not yet sure among all that is compared")


@pytest.mark.parametrize("unit", ["all", "U03"])
def test_stage_means_add_up_to_the_mean_cycle_of_the_same_month(sample_report: Open, unit: str, words_of: Callable):
    report = sample_report("repair_cycle", unit)
    section = stages(report)
    drawn = part(section, "figure")[0].data
    sums = drawn.groupby("period")["value"].agg(["sum", "count"])
    whole = report.series(ADDITIVE).set_index("period")["value"]
    full = sums[sums["count"] == len(STAGES)]
    assert len(full) >= 24
    np.testing.assert_allclose(full["sum"], whole.loc[full.index], atol=1e-9)
    table = part(section, "table")[0]
    assert table.total["mean"] == pytest.approx(whole.loc[full.index.max()])
    said = [float(figure) for figure in re.findall(DAYS, section.headline["en"])]
    assert said[-1] == pytest.approx(whole.loc[full.index.max()], abs=0.006)


@pytest.mark.parametrize("unit", ["all", "U01", "U03"])
@pytest.mark.parametrize("metric", ["repair_cycle_within_7d", "complaints_per_1000_units"])
def test_the_funnels_verdicts_agree_with_its_drawn_limits(sample_report: Open, unit: str, metric: str):
    report = sample_report("repair_cycle", unit)
    section = units(report, metric)
    figure = part(section, "figure")[0]
    table = figure.table.data
    enough = table["verdict"].map(lambda word: word["en"]) != "too few"
    out = table["verdict"].map(lambda word: word["en"]).isin(["high", "low"])
    assert figure.data["out"].sum() == out.sum()
    minimum = report.catalogue[metric].minimum_n
    assert (table["n"] >= minimum).equals(enough)
    if unit == "all":
        said = re.findall(r"(\d+) of \d+ units", section.headline["en"])
        assert bool(out.sum()) == bool(said)


def test_a_unit_outside_the_drawn_limits_is_called_so(sample_report: Open, monkeypatch: pytest.MonkeyPatch):
    """The sample's units with one of them made far worse: dot, table and headline say the same."""
    report = sample_report("repair_cycle")
    rows = unit_years(report, report.catalogue["repair_cycle_within_7d"]).assign(n=200.0, value=95.0, se=1.5)
    rows.loc[rows.index[2], ["value", "se"]] = [60.0, 3.5]
    monkeypatch.setattr("analysis.sections.units.unit_years", lambda *_: rows)
    section = units(report, "repair_cycle_within_7d")
    figure = part(section, "figure")[0]
    assert figure.data["out"].sum() == 1
    drawn = figure.data[figure.data["out"]].iloc[0]
    assert drawn["value"] == 60
    assert f"Worse than the others beyond chance: 1 of {len(rows)} units" in section.headline["en"]
    assert any(rows["label"].iloc[2]["en"] in said["en"] for said in part(section, "sentences")[0].items)


def test_no_segment_below_the_minimum_is_named_as_standing_out(sample_report: Open):
    looked = 0
    for unit in ("all", "U03", "U12"):
        report = sample_report("repair_cycle", unit)
        card = report.catalogue["repair_cycle_within_7d"]
        for breakdown in ("fault_code", "technician_id", "product_line"):
            section = segments(report, card.id, breakdown)
            if isinstance(section, Note):
                continue
            drawn = part(section, "figure")
            if not drawn:  # too few to compare: a table without a chart
                continue
            figure, looked = drawn[0], looked + 1
            small = figure.data[figure.data["n"] < card.minimum_n]
            assert (small["outside"] == 0).all()
            named = [row["label"]["en"] for _, row in small.iterrows()]
            assert not any(section.headline["en"].startswith(f"{name} stands out") for name in named)
    assert looked >= 3, "most are drawn and looked at"


def test_what_stands_out_is_on_the_chart_and_in_the_table_alike(sample_report: Open):
    section = segments(sample_report("repair_cycle"), "repair_cycle_within_7d", "service_mode")
    figure = part(section, "figure")[0]
    told = figure.table.data["verdict"].map(lambda word: word["en"]).isin(["high", "low"]).sum()
    assert (figure.data["outside"] != 0).sum() == told > 0


WORDS = {
    "steady": ("better", "worse"),
    "improving": ("worse",),
    "worsening": ("better",),
    "insufficient": ("usual range",),
}


@pytest.mark.parametrize("unit", ["all", "U01", "U03", "U09", "U12"])
def test_headline_words_agree_with_the_signals(sample_report: Open, unit: str):
    report = sample_report("summary", unit)
    for row in report.kpi_rows:
        said = say_state(row, report.catalogue[row["metric"]])["en"]
        verdict = said.rsplit(", ", 1)[-1]
        for word in WORDS.get(row["signal"], ()):
            assert word not in verdict, said


def test_a_change_is_called_more_than_chance_exactly_when_it_is_significant(sample_report: Open):
    report = sample_report("summary")
    for row in report.kpi_rows:
        for told in json.loads(row["changes"]):
            if told["versus"] == "target":
                continue
            said = say_change(row, report.catalogue[row["metric"]], told["versus"])
            if said is not None:
                assert ("more than chance would make it" in said["en"]) == bool(told["significant"])
                assert ("超出正常波动" in said["zh"]) == bool(told["significant"])


def test_a_change_and_its_interval_have_one_precision():
    card = read_catalogue()["repair_cycle_median"]
    change_told = {"versus": "previous", "value": -0.0094, "low": -0.51, "high": 0.3, "significant": False}
    said = say_change({"changes": [change_told]}, card, "previous")["en"]
    assert "−0.01 days (−0.51 to 0.30 days)" in said.replace("\xa0", " ")
    change_told |= {"value": 0.001}
    assert "no change" in say_change({"changes": [change_told]}, card, "previous")["en"]


def test_a_sentence_on_a_target_tells_the_gap_with_the_interval_that_its_verdict_is_from():
    card = read_catalogue()["repair_cycle_median"]
    gap = {"versus": "target", "value": 0.4, "low": 0.1, "high": 0.7, "significant": True}
    row = {"target": 2.0, "value": 2.4, "target_met": False, "low": 2.1, "high": 2.7, "changes": [gap]}

    def said(**change) -> str:
        return say_target(row | {"changes": [gap | change]}, card)["en"].replace("\xa0", " ")

    assert said() == "The target of 2 days is missed: +0.40 days (0.10–0.70 days), more than chance would make it."
    assert said(significant=False).endswith("a hint, not yet sure among all that is compared.")
    wide = said(low=-0.1, significant=False)
    assert "(−0.10 to 0.70 days), more than sampling explains" in wide
    assert wide.endswith("but no more than it usually swings from month to month.")
    near = say_target(row | {"low": 1.9, "changes": [gap | {"low": -0.1, "significant": False}]}, card)["en"]
    assert near.endswith("no more than chance explains.")
    assert say_target(row | {"value": 2.0, "target_met": True}, card)["en"].replace("\xa0", " ") == (
        "The target of 2 days is met."
    )
    assert say_target(row | {"target": None}, card) is None


def test_a_steady_figure_outside_the_limits_drawn_is_not_said_to_be_within_them():
    card = read_catalogue()["backlog"]
    row = {"value": 324.0, "n": 324, "period": "2026-06", "value_period": "2026-06", "signal": "steady"}
    assert "within its usual range" in say_state(row | {"chart": json.dumps({"out": [True, False]})}, card)["en"]
    outside = row | {"chart": json.dumps({"out": [False, True]})}
    assert "outside its usual range, not yet sure" in say_state(outside, card)["en"]
    assert kpi_card(outside, card).unsure
    assert not kpi_card(row, card).unsure


def test_with_too_few_records_no_comparison_is_worth_a_sentence(sample_report: Open):
    report = sample_report("complaints", "U07")
    row = report.kpi("external_complaint_share")
    assert row["signal_reason"] == "records"
    section = trend(report, "external_complaint_share")
    assert "Against" not in section.html("en")
    assert "target of" not in section.html("en")
    assert "Calendar effects taken out" not in section.html("en")


def test_the_trend_shows_the_figures_it_talks_about(sample_report: Open):
    report = sample_report("repair_cycle", "U03")
    section = trend(report, "repair_cycle_median")
    drawn = part(section, "figure")[0].data
    row = report.kpi("repair_cycle_median")
    assert drawn.loc[drawn["period"] == row["value_period"], "value"].iloc[0] == pytest.approx(row["value"])


def test_a_decomposition_adds_up_and_its_season_is_said_only_when_found(sample_report: Open):
    report = sample_report("repair_cycle")
    for metric in ("repair_cycle_median", "orders_submitted", "complaints_per_1000_units"):
        section = decomposition(report, metric)
        said = section.headline["en"]
        assert said.startswith(("Season peaks in", "No season beyond chance"))


def test_headlines_begin_with_a_capital_and_say_nothing_twice(sample_report: Open, words_of: Callable):
    report = sample_report("complaints")
    for section in (
        stages(report),
        trend(report, "complaints_per_1000_units"),
        units(report, "repair_cycle_within_7d"),
    ):
        assert section.headline["en"][0] == section.headline["en"][0].upper()
        text = words_of(section)
        assert text.count("\n" + section.headline["en"] + "\n") <= 3  # headline, hidden caption, chart's own title
        assert not re.search(r"\b(\w{3,}) \1\b", text.replace("\n", " | "))
    assert capital({"en": "dispatch", "zh": "派工"}) == {"en": "Dispatch", "zh": "派工"}


def test_every_word_of_sections_areas_and_notebooks_exists_in_both_languages():
    assert missing_translations(["analysis/sections", "analysis/areas", "analysis/report.py", "notebooks"]) == []
