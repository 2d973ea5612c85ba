"""Faults that real sources showed: a machine that was retired, one product, one kind of work, no target."""

from types import SimpleNamespace
from typing import Any

import pandas as pd

from analysis.areas.summary import _changes_headline
from analysis.metrics.cards import read_catalogue
from analysis.presentation.blocks import header
from analysis.presentation.language import plain
from analysis.presentation.narrative import say_headline
from analysis.presentation.narrative_service import say_without_targets
from analysis.presentation.told import Item
from analysis.sections.areas_at_a_glance import _areas_headline
from analysis.sections.forecast_basis import is_idle
from analysis.sections.product_life import _headline as life
from analysis.sections.unit_states import unit_states
from analysis.sections.year_gaps import year_gaps

CATALOGUE = read_catalogue()
SIZES = {"Australia": 50.0, "EIRE": 1063.0, "United Kingdom": 35600.0}
MANIFEST = {"data_cutoff_at": "2011-09-30T23:59:59", "tables": {}}


def status(**manifest: Any) -> list[str]:
    made = header(
        headline=plain("h"), points=(), manifest={**MANIFEST, **manifest}, business_unit="A", period="2011-09"
    )
    return [one["en"].replace("\xa0", " ") for one in made.status]


def row(metric: str, value: float, **more: Any) -> dict[str, Any]:
    about = {"signal": "insufficient", "signal_reason": "records", "period": "2011-09", "value_period": "2011-09"}
    return {"metric": metric, "value": value, "low": None, "high": None, "n": value, "target": None} | about | more


def test_a_month_whose_last_days_have_no_record_is_not_called_complete():
    assert "September 2011 is complete" in status(last_event_at="2011-09-30T08:00:00")
    assert "September 2011 is complete" in status(), "a source without moments"
    short = status(last_event_at="2011-09-22T08:00:00")
    assert "September 2011 has records up to 22 September 2011" in short
    assert not any("complete" in one for one in short)


def test_a_retired_machine_has_no_gap_and_nothing_recorded():
    """Its benchmarks page crashed: no metric of it can be compared."""
    unit = SimpleNamespace(
        kpi_rows=[row("orders_submitted", 0.0)],
        catalogue=CATALOGUE,
        is_company=False,
        business_unit="A",
        period="2011-09",
        run=SimpleNamespace(
            rows=lambda *_, **__: pd.DataFrame(
                {"metric": ["orders_submitted"], "business_unit": ["A"], "mature": [True], "value": [0.0]}
            ).assign(period_start=pd.Timestamp("2011-09-01"))
        ),
    )
    assert year_gaps(unit).empty
    said = say_headline([row("orders_submitted", 0.0), row("product_faults", 0.0)], [], CATALOGUE)
    assert said == {"en": "Nothing was recorded in September 2011", "zh": "2011年9月没有任何记录"}
    assert "Nothing was" not in say_headline([row("orders_submitted", 8.0)], [], CATALOGUE)["en"]


def test_one_product_and_one_area_are_spoken_of_as_one():
    one = pd.DataFrame({"kind": [1], "label": [plain("Excavator")]})
    assert life(one)["en"] == "Excavator wears out with age"
    assert life(pd.concat([one, one]))["en"].startswith("2 of 2 products wear out with age")
    told = _areas_headline([{"signal": "steady"}], 11, 0)["en"]
    assert told == "The one leading figure that can be judged is not surely outside its usual range"


def test_comparisons_without_a_target_say_so_and_those_of_few_records_do_not():
    calm = {"en": "No figure surely outside its usual range", "zh": "没有指标确认偏离常态范围"}
    bare = say_without_targets([row("csat_top2_share", 80.0)], CATALOGUE, calm)
    assert bare["en"] == "No targets are set; no figure surely outside its usual range"
    assert bare["zh"] == "未设目标；没有指标确认偏离常态范围"
    few = row("csat_top2_share", 80.0, target=85.0, n=4.0, target_met=False)
    assert say_without_targets([few], CATALOGUE, calm) == calm


def test_nothing_is_forecast_of_a_unit_to_which_nothing_came_for_a_year():
    def past(*values: float) -> Any:
        return SimpleNamespace(series=lambda _: pd.DataFrame({"value": values}))

    assert is_idle(past(3.0, *[0.0] * 12), "orders_submitted")
    assert not is_idle(past(*[0.0] * 11, 1.0), "orders_submitted")
    assert not is_idle(past(*[0.0] * 5), "orders_submitted"), "five months of silence are no year"


def test_units_named_by_a_finding_of_the_company_are_counted_among_those_concerned():
    found = Item(plain("EIRE worse"), plain("EIRE worse"), "all", False, "product_quality", ("EIRE",))
    report = SimpleNamespace(is_company=True, run=SimpleNamespace(business_units=["EIRE", "Spain"]))
    assert _changes_headline(report, [found])["en"] == "Findings: 1, unfavourable ones: 1; units concerned: 1 of 2"


def test_units_without_orders_stand_by_the_size_of_their_records():
    kpis = pd.DataFrame(
        [{"business_unit": unit, **row("return_rate_60d", 2.0, n=n, signal="steady")} for unit, n in SIZES.items()]
    )
    report = SimpleNamespace(
        tells=lambda metric: metric == "return_rate_60d",
        kpis=kpis,
        kpi_rows=kpis.to_dict("records"),
        metrics=("return_rate_60d",),
        catalogue=CATALOGUE,
        period="2011-11",
        languages=("en", "zh"),
        run=SimpleNamespace(
            rows=lambda _, business_unit=None: (
                kpis if business_unit is None else kpis[kpis.business_unit == business_unit]
            ),
            business_units=list(SIZES),
            unit_name=plain,
        ),
        section=lambda **parts: SimpleNamespace(**parts),
    )
    table = unit_states(report).parts[0]
    assert [unit["en"] for unit in table.frame["unit"]] == ["United Kingdom", "EIRE", "Australia"]


def test_a_figure_of_three_customers_heads_no_page():
    few = {**row("repurchase_rate_180d", 100.0), "n": 3.0, "low": 39.0, "high": 100.0}
    assert say_headline([few], [], CATALOGUE)["zh"] == "记录太少，本报告没有指标可以判断"
    many = {**few, "n": 300.0, "signal_reason": "months"}
    assert say_headline([many], [], CATALOGUE)["en"].startswith("Too little history to say what changed; repurchase")
