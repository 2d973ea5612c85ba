"""What was done and did it help, and segments beside each other: words, figures and verdicts agree."""

import numpy as np
import pandas as pd
import pytest

from analysis.metrics.cards import read_catalogue
from analysis.presentation.blocks import Note, Section
from analysis.presentation.tables import SUPPRESSED
from analysis.sections.by_segments import by_segments, compare_segments
from analysis.sections.measures import measures
from analysis.statistics.comparison import compare_proportions


def pooled(*rows: tuple[str, int, int]) -> pd.DataFrame:
    """Segments of a share: name, successes, trials."""
    frame = pd.DataFrame(rows, columns=["segment", "numerator", "denominator"])
    share = frame["numerator"] / frame["denominator"]
    return frame.assign(n=frame["denominator"], value=100 * share, low=np.nan, high=np.nan, se=1.0)


@pytest.fixture(scope="module")
def card():
    return read_catalogue()["first_time_fix_rate"]


# -- segments ----------------------------------------------------------------------------------------------------------


def test_a_segment_is_compared_with_all_the_others_of_its_breakdown(card):
    judged = compare_segments({"region": pooled(("north", 80, 100), ("south", 150, 300), ("west", 50, 100))}, card)
    north = judged.set_index("segment").loc["north"]
    by_hand = compare_proportions(80, 100, k0=200, n0=400)
    assert north["rest"] == pytest.approx(50)
    assert north["difference"] == pytest.approx(30)
    assert (north["diff_low"], north["diff_high"]) == pytest.approx((100 * by_hand.low, 100 * by_hand.high))
    assert north["outside"] == 1
    assert judged.iloc[0]["segment"] in ("north", "south")  # what stands out stands first


def test_small_segments_are_drawn_towards_the_whole_and_not_marked(card):
    rows = [(f"big{number}", 800 + 20 * number, 1000) for number in range(4)] + [("small", 20, 29)]
    judged = compare_segments({"region": pooled(*rows)}, card).set_index("segment")
    small = judged.loc["small"]
    assert small["value"] < small["shrunk"]
    assert not small["enough"]
    assert small["outside"] == 0


def test_false_discoveries_are_controlled_over_the_whole_table(card):
    rng = np.random.default_rng(3)
    marked = 0
    for _ in range(60):
        tables = {
            name: pooled(*((f"s{number}", int(rng.binomial(200, 0.8)), 200) for number in range(12)))
            for name in ("region", "channel", "product_line", "customer_segment")
        }
        marked += bool((compare_segments(tables, card)["outside"] != 0).any())
    assert marked / 60 <= 0.12


def test_a_difference_too_small_to_act_on_is_called_slight(card):
    judged = compare_segments({"region": pooled(("a", 81_000, 100_000), ("b", 80_000, 100_000))}, card)
    assert set(judged["outside"]) == {-1, 1}
    assert judged["slight"].all()


def test_rates_and_means_are_compared_too():
    catalogue = read_catalogue()
    rates = pooled(("a", 10, 1000), ("b", 40, 1000)).assign(value=[10.0, 40.0], se=[3.2, 6.3], n=1000)
    judged = compare_segments({"region": rates}, catalogue["attitude_complaints_per_1000_orders"]).set_index("segment")
    assert judged.loc["b", "difference"] == pytest.approx(30)
    assert judged.loc["b", "outside"] == 1
    parts = {"numerator": [9000.5, 8001.0], "denominator": [100.0, 100.0], "n": [50, 50], "value": [90.005, 80.01]}
    scores = pd.DataFrame({"segment": ["a", "b"], **parts}).assign(low=0.0, high=0.0, se=1.0)
    judged = compare_segments({"region": scores}, catalogue["service_standard_score"]).set_index("segment")
    assert judged.loc["a", "difference"] == pytest.approx(9.995)
    assert judged.loc["a", "diff_high"] - judged.loc["a", "diff_low"] == pytest.approx(2 * 1.96 * np.sqrt(2), abs=0.01)


def test_the_table_holds_the_breakdowns_that_the_data_give(sample_report):
    report = sample_report("service_quality", "U03")
    section = by_segments(report, "first_time_fix_rate")
    assert isinstance(section, Section)
    data = section.parts[0].data
    told = {"label", "of", "n", "value", "interval", "difference", "diff_interval", "verdict"}
    assert set(data.columns) - {"shrunk"} == told
    assert {cell["en"] for cell in data["of"]} == {"Customer segment", "Product line", "Region", "Channel"}
    only = by_segments(report, "first_time_fix_rate", breakdowns=("region", "instrument"))
    assert {cell["en"] for cell in only.parts[0].data["of"]} == {"Region"}


def test_the_headline_claims_no_more_than_the_table(sample_report, words_of):
    for unit in ("all", "U03"):
        section = by_segments(sample_report("service_quality", unit), "resolution_rate_7d")
        told = [cell for cell in section.parts[0].data["verdict"] if cell != SUPPRESSED]
        verdicts = {cell["en"] for cell in told}
        marked = verdicts - {"no sure difference", "too few"}
        assert ("beyond chance" in section.headline["en"] and "No segment" not in section.headline["en"]) == bool(
            marked
        )


def test_figures_that_do_not_add_up_are_refused_in_words(sample_report):
    for metric in ("repair_cycle_median", "complaints_received"):
        note = by_segments(sample_report("repair_cycle", "U03"), metric)
        assert isinstance(note, Note)
        assert "do not add up" in note.html("en")


# -- measures ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def proven_report(sample_report, monkeypatch):
    """A report of a run in which the dispatch measure of U07 is proven, as it is on the whole sample."""

    def of(name: str, unit: str):
        report = sample_report(name, unit)
        rows = [
            {**row, "status": "proven"} if (row["status"], row["business_unit"]) == ("hint", "U07") else row
            for row in report.run.measures
        ]
        assert "proven" in {row["status"] for row in rows}
        monkeypatch.setitem(report.run.__dict__, "measures", rows)
        return report

    return of


def test_the_unit_with_the_measure_reads_what_it_did(proven_report, words_of):
    section = measures(proven_report("repair_cycle", "U07"))
    said = words_of([section]).replace("\xa0", " ")
    assert "Median dispatch time after the measure of September 2025: −" in section.headline["en"]
    assert "helped" in said
    assert "no effect beyond chance" in said
    assert "units without it, same months" in said
    assert "2025年9月采取措施后" in section.headline["zh"]


def test_on_the_companys_page_the_unit_stands_with_its_measure(proven_report):
    section = measures(proven_report("repair_cycle", "all"))
    table = next(part for part in section.parts if part.kind == "table")
    assert "unit" in table.columns
    assert section.headline["en"].startswith("Northwest China: ")


def test_other_units_do_not_read_of_it(sample_report, words_of):
    note = measures(sample_report("repair_cycle", "U03"))
    assert isinstance(note, Note)
    assert "No improvement measure" in words_of([note])


def test_a_measure_without_effect_is_listed_and_not_claimed(sample_report, words_of):
    section = measures(sample_report("service_quality", "U06"))
    assert section.headline["en"] == "No measure shows an effect beyond chance"
    said = words_of([section])
    assert "Compressor and control-board course" in said
    assert "helped" not in said


def test_a_hint_is_no_claim(sample_report, words_of):
    section = measures(sample_report("repair_cycle", "U07"))
    said = words_of([section])
    assert section.headline["en"] == "No measure shows an effect beyond chance"
    assert "a hint, not yet sure" in said
    assert "helped" not in said


def test_the_note_of_a_measure_is_masked_and_inert(sample_report, monkeypatch):
    report = sample_report("repair_cycle", "U07")
    rows = [dict(row) for row in report.run.measures]
    rows[0]["note"] = "<script>alert(1)</script> ask 13812345678 " + "x" * 300
    monkeypatch.setitem(report.run.__dict__, "measures", rows)
    html = measures(report).html("en")
    assert "<script>alert" not in html
    assert "13812345678" not in html
    assert "x" * 100 not in html
