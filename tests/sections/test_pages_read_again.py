"""Faults that readers of the rendered pages found: each as small as it can be drawn."""

from types import SimpleNamespace
from typing import Any

import pandas as pd

from analysis.areas import summary
from analysis.metrics.cards import read_catalogue
from analysis.presentation.language import both, plain
from analysis.presentation.narrative_service import named_units, say_service, worsening_figures

CATALOGUE = read_catalogue()
UNITS = {"U02": both("North China"), "U09": plain("Shandong")}
LANGUAGES = ("en", "zh")


def kpis(*rows: tuple[str, str, float, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["business_unit", "metric", "value", "signal"])
    return frame.assign(signal_reason="", low=None, high=None, n=500.0, period="2026-06", value_period="2026-06")


class Pages:
    """As much of a report as a section asks for, from rows drawn here."""

    name, period, languages, is_company, business_unit = "drawn", "2026-06", LANGUAGES, True, "all"
    catalogue, unit_name = CATALOGUE, plain("Whole company")

    def __init__(self, rows: pd.DataFrame, **facts: Any) -> None:
        def chosen(_: str, *, business_unit: str | None = None, metric: str | None = None) -> pd.DataFrame:
            some = rows if business_unit is None else rows[rows["business_unit"] == business_unit]
            return some if metric is None else some[some["metric"] == metric]

        self.rows = rows
        self.run = SimpleNamespace(
            rows=chosen, business_units=list(UNITS), unit_name=UNITS.get, missing={}, grain="month", findings=[]
        )
        self.__dict__.update(facts)

    def kpi(self, metric: str) -> dict[str, Any] | None:
        found = self.rows[(self.rows["metric"] == metric) & (self.rows["business_unit"] == self.business_unit)]
        return None if found.empty else found.iloc[0].to_dict()

    def tells(self, metric: str) -> bool:
        return metric in set(self.rows["metric"])

    def lacks(self, *_: str) -> None:
        return None

    def segment_name(self, _: str, segment: str) -> dict[str, str]:
        return plain(segment)

    def section(self, **parts: Any) -> SimpleNamespace:
        return SimpleNamespace(**parts)


# -- the summary -------------------------------------------------------------------------------------------------------


def test_a_unit_that_a_headline_calls_worsening_stands_so_in_the_table_with_the_figure_that_worsens():
    rows = kpis(
        ("U02", "complaints_per_1000_units", 1.4, "worsening"),
        ("U02", "repair_cycle_median", 2.0, "steady"),
        ("U02", "cost_per_order", 170.0, "steady"),
        ("U09", "complaints_per_1000_units", 2.0, "steady"),
        ("U09", "repair_cycle_median", 3.7, "steady"),
        ("U09", "repair_cycle_within_7d", 71.2, "worsening"),
        ("U09", "orders_submitted", 115.0, "steady"),
    )
    section = summary._units_table(Pages(rows))
    shown = section.parts[0]
    assert section.headline["en"] == "Key figures worsen beyond chance in 2 of 2 units"
    beside = {row["unit"]["en"]: row["beside"]["en"] for row in shown.data.to_dict("records")}
    assert beside == {"North China": "–", "Shandong": "completed within 7 days 71.2%"}
    assert "beside" in shown.columns
    whole = kpis(("all", "csat_top2_share", 79.4, "steady"))
    named = named_units(worsening_figures(rows), CATALOGUE, UNITS.__getitem__)
    said = say_service(whole.to_dict("records"), CATALOGUE, worse_units=named)
    assert "Shandong (completed within 7 days)" in said["en"]
    assert "Shandong（7 天完工率）" in said["zh"]


def test_a_table_of_units_has_no_column_for_what_worsens_besides_where_nothing_does():
    rows = kpis(("U02", "repair_cycle_median", 2.0, "worsening"), ("U09", "repair_cycle_median", 2.0, "steady"))
    section = summary._units_table(Pages(rows))
    assert "beside" not in section.parts[0].columns
    assert section.headline["en"] == "Key figures worsen beyond chance in 1 of 2 units"
