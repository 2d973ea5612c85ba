"""What pages say of people, queues, stock and costs: each sentence is held against the count that it claims."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.areas import repair_cycle
from analysis.metrics.cards import read_catalogue
from analysis.presentation.blocks import Table
from analysis.presentation.language import plain
from analysis.presentation.narrative_service import say_service, say_shortage
from analysis.sections import (
    certified,
    cost_outliers,
    decomposition,
    flow,
    leavers,
    people,
    segments,
    skills,
    targets_met,
    used_hours,
)
from analysis.sections.segments import judge
from analysis.sections.stock_ahead import stock_ahead
from analysis.statistics.decomposition import decompose

CATALOGUE = read_catalogue()
MONTHS = [str(month) for month in pd.period_range("2025-07", "2026-06", freq="M")]
FEW = ("T0", "T1", "T2")


def report(**given) -> SimpleNamespace:
    base = {
        "catalogue": CATALOGUE,
        "period": "2026-06",
        "languages": ("en", "zh"),
        "business_unit": "A",
        "is_company": False,
        "unit_name": plain("North"),
        "segment_name": lambda _, segment: plain(segment),
        "kpi": lambda _: None,
        "lacks": lambda *_: None,
        "section": lambda **parts: SimpleNamespace(**parts),
    }
    return SimpleNamespace(**(base | given))


# -- certificates ------------------------------------------------------------------------------------------------------


def staffed(certified_on: list[str], *, posts: int = 4, done: float = 0.2, unit: str = "A", **more) -> SimpleNamespace:
    """A unit of four with 100 orders of heaters a month, of which the certified did one in five."""
    held = pd.DataFrame(
        {
            "technician_id": [f"T{n}" for n in range(len(certified_on))],
            "finished_on": pd.to_datetime(certified_on),
            "certifies_product_line": "Heater",
        }
    )
    staff = pd.DataFrame({"technician_id": [f"T{n}" for n in range(posts)], "business_unit": unit})
    staff = staff.assign(hired_on=pd.Timestamp("2020-01-01"), left_on=pd.NaT)
    work = pd.DataFrame({"business_unit": unit, "segment": "heater", "period": MONTHS, "mature": True})
    work = work.assign(numerator=100 * done, denominator=100.0, n=8.0, value=100 * done, se=np.nan)
    tables = {"training": held, "technicians": staff}
    run = SimpleNamespace(rows=lambda *_, **__: work, unit_name=lambda one: plain(one))
    return report(records=lambda table, columns: tables[table][columns], segments=lambda *_: work, run=run, **more)


def line_of(people_now: int, high: float = 25.0) -> pd.DataFrame:
    told = {"segment": "heater", "certified": people_now, "needed": 2, "value": 20.0, "low": 15.0, "high": high}
    return pd.DataFrame([told])


def test_certificates_of_last_month_accuse_nobody_of_the_year_before():
    late = staffed(["2024-09-15", "2026-06-10", "2026-06-20"])
    assert certified.even_shares(late)["heater"] == pytest.approx(100 * (11 * 1 + 3) / 4 / 12)
    assert skills._past_them(late, line_of(3, high=30.0)) is None, "the interval holds an even share of 29.2%"


def test_work_that_passes_the_certified_by_is_told_with_their_even_share():
    early = staffed(["2024-09-15", "2024-09-15", "2024-09-15"])
    said = skills._past_them(early, line_of(3))["en"]
    assert "they did 20% (15–25%) of its orders" in said
    assert "would have been 75%" in said


def test_the_companys_even_share_is_of_the_units_in_which_the_orders_are():
    elsewhere = staffed(["2024-09-15"] * 4, unit="B", is_company=True, business_unit="all")
    assert certified.even_shares(elsewhere)["heater"] == pytest.approx(100.0)
    orders_in_a = staffed([], is_company=True, business_unit="all")
    assert certified.even_shares(orders_in_a)["heater"] == 0.0


def test_nobody_certified_is_a_count_and_no_sample():
    bare = certified.nobody_certified(staffed([], posts=3), pd.Timestamp("2026-06-30"), fewest_orders=30)
    assert bare.to_dict("records") == [{"business_unit": "A", "segment": "heater", "orders": 1200.0}]
    said = skills._headline(staffed([], posts=3), line_of(0).assign(n=1200), bare)
    assert said["en"] == "Too few certified for one product line: heater has 0 of 2 needed"
    for held, verdict in ((0, "nobody certified"), (1, "too few certified"), (2, "enough certified")):
        shown = skills._table(report(), line_of(held).assign(denominator=1200.0), np.array([plain("heater")]))
        assert verdict in shown.html("en"), "three people are counted as plainly as thirty"


def test_the_company_has_not_enough_certified_where_a_unit_has_nobody():
    bare = pd.DataFrame({"business_unit": ["A"], "segment": ["heater"], "orders": [570.0]})
    company = staffed([], is_company=True)
    said = skills._headline(company, line_of(9).iloc[:0], bare)["en"]
    assert said.endswith("but some units have nobody: A: heater (570 orders in twelve months)")
    assert skills._headline(company, line_of(9).iloc[:0], bare.iloc[:0])["en"].startswith("Every product line")


# -- people ------------------------------------------------------------------------------------------------------------


def test_three_technicians_have_no_chart_no_common_figure_and_no_verdict():
    rows = pd.DataFrame({"segment": FEW, "period": "2026-06", "value": [1.0, -2.0, 4.0], "se": 2.0, "n": 358.0})
    rows = rows.assign(low=rows["value"] - 4, high=rows["value"] + 4)
    run = SimpleNamespace(missing={})
    block = people.technicians(report(segments=lambda *_: rows, run=run))
    assert block.headline["en"].startswith("Too few technicians to compare: 3 with enough records")
    assert isinstance(block.parts[0], Table), "no chart"
    shown = block.parts[0].html("en")
    assert shown.count("not compared") == 3
    assert "too few" not in shown
    assert "Drawn towards" not in shown


def test_nobody_is_new_reads_as_words():
    staff = pd.DataFrame({"hired_on": pd.to_datetime(["2020-01-01"] * 3), "left_on": pd.NaT})
    assert people._tenure(report(records=lambda *_: staff))["en"].endswith("nobody less than one year.")


def test_several_that_stand_out_are_not_told_as_one():
    frame = pd.DataFrame(
        {"segment": [f"F{n:02d}" for n in range(30)], "numerator": [930.0] * 26 + [860.0, 870.0, 870.0, 860.0]}
    ).assign(denominator=1000.0, n=1000.0, low=np.nan, high=np.nan)
    share = frame["numerator"] / 1000
    frame = frame.assign(value=100 * share, se=100 * np.sqrt(share * (1 - share) / 1000))
    card = CATALOGUE["repair_cycle_within_7d"]
    found = judge(frame.assign(segment=frame["segment"]), CATALOGUE["first_time_fix_rate"])
    assert int((found["outside"] < 0).sum()) == 4
    said = segments._headline(report(), found, card, "fault_code", against=plain("overall"))["en"]
    assert said.startswith("4 stand out, most of all F")


def used(*shares: float, hours: float = 8.0, days: float = 60.0, error: float = 4.0) -> pd.DataFrame:
    """Months up to June 2026 of which so many per cent of the paid hours were worked."""
    value = np.asarray(shares, float)
    months = pd.period_range(end="2026-06", periods=len(value), freq="M").astype(str)
    return pd.DataFrame(
        {"period": months, "value": value, "se": error, "mature": True, "n": days, "reason": None,
         "numerator": value / 100 * hours * days, "denominator": hours * days}
    )  # fmt: skip


@pytest.mark.parametrize(("months", "said"), [
    (used(*[71.0] * 11, 52.0), "outside the band of 70–85%, but the interval (65.9–72.9%) reaches into it."),
    (used(*[60.0] * 12), "below the band of 70–85%: people wait for work. The busiest month had 60% "),
    (used(*[89.0] * 11, 79.0), "88.2% over 12 months (85.9–90.4%), above the band"),
    (used(*[90.0] * 12), "above the band of 70–85%: work waits for people."),
    (used(*[75.0] * 11, 99.0), "77% over 12 months (72.6–81.4%), within the band of 70–85%. The busiest month had 99%"),
])  # fmt: skip
def test_people_wait_for_work_by_a_year_and_never_by_one_month(months, said):
    assert said in used_hours.say_use(report(series=lambda _: months))["en"]


def test_a_shortage_has_the_figures_of_its_card():
    said = say_shortage([{"metric": "staff_gap", "value": -8.2, "low": -12.04, "high": -4.3}])["en"]
    assert said == "Technicians short for the next three months: 9 (95% interval 5–13)"


# -- queues ------------------------------------------------------------------------------------------------------------


def queues(*newest_first: float, months: int = 37) -> pd.DataFrame:
    usual = [17.0, 23.0, 18.0, 19.0, 16.0, 21.0, 15.0, 20.0]
    past = (usual * months)[: months - len(newest_first)] + list(newest_first)
    return pd.DataFrame(
        {"technician_response": past, "repair": 10.0}, index=pd.period_range("2023-06", periods=months, freq="M")
    )


def bottleneck_said(frame: pd.DataFrame, backlog: dict | None = None) -> str:
    shares = {"stage_share_technician_response": 70.0, "stage_share_repair": 30.0}

    def row(metric: str) -> dict | None:
        return backlog if metric == "backlog" else {"value": shares.get(metric, np.nan), "low": np.nan}

    months = pd.DataFrame({"period": ["2026-06"], "value": [1.0], "mature": True})
    return flow._bottleneck_headline(report(kpi=row, series=lambda _: months), frame)["en"]


def test_a_queue_longer_than_ever_but_not_than_chance_is_not_said_to_have_been_longer(monkeypatch):
    monkeypatch.setattr(flow, "month_of_shares", lambda _: "2026-06")
    assert bottleneck_said(queues(25.0)).endswith("no stage's queue is longer than chance allows")
    assert "the longest in 37 months: 60, usually 19" in bottleneck_said(queues(60.0))
    assert "queue" not in bottleneck_said(queues(25.0, months=6)), "five months know no usual queue"


def test_a_long_queue_is_judged_as_the_repair_cycle_judges_all_open_orders(monkeypatch):
    monkeypatch.setattr(flow, "month_of_shares", lambda _: "2026-06")
    steady = {"signal": "steady", "chart": {"out": [False, False]}}
    assert bottleneck_said(queues(60.0), steady).endswith("all open orders together are within their usual range")
    outside = steady | {"chart": {"out": [False, True]}}
    assert bottleneck_said(queues(60.0), outside).endswith("outside their usual range, not yet sure")
    assert bottleneck_said(queues(60.0), {"signal": "worsening"}).endswith("usually 19")


def test_the_most_orders_so_far_within_chance_are_told_as_both():
    rows = pd.DataFrame({"value": [18.0] * 18 + [20.0] * 18 + [33.0]})

    def said(signal: str) -> str:
        return repair_cycle._most_so_far(report(series=lambda _: rows, kpi=lambda _: {"signal": signal}))["en"]

    assert "yet within the range that chance allows" in said("steady")
    assert "yet within" not in said("worsening")


# -- costs and stock ---------------------------------------------------------------------------------------------------


def test_an_expected_seventh_of_an_order_is_not_one():
    assert "fewer than one of them" in cost_outliers._say_chance(0.14)["en"]
    assert "about 2 of them" in cost_outliers._say_chance(1.8)["en"]
    one = pd.DataFrame({"above": [754.0]})
    assert cost_outliers._headline(report(), pd.DataFrame(index=range(592)), one)["en"].startswith(
        "One of 592 orders cost far more than its kind usually does"
    )


def test_parts_run_out_as_expected_not_at_the_upper_end_and_parts_at_rest_do_not():
    need = pd.DataFrame({"segment": ["P1", "P2", "P3", "P4"], "period": "2026-06", "value": [9.0, 2.0, 1.0, 0.5]})
    need = need.assign(high=[15.0, 6.0, 2.0, 4.0])
    stock = pd.DataFrame({"part_id": ["P1", "P2", "P3", "P4"], "month": pd.Timestamp("2026-06-01"), "quantity": 3.0})
    asked = pd.DataFrame({"part_id": ["P1", "P2", "P3", "P4"]})
    asked = asked.assign(requested_at=pd.to_datetime(["2026-05-01", "2026-05-01", "2026-01-01", "2024-05-01"]))
    tables = {"parts_stock": stock, "parts_usage": asked}
    run = SimpleNamespace(store=SimpleNamespace(has=lambda *_: True))
    told = report(segments=lambda *_: need, records=lambda table, columns: tables[table][columns], run=run)
    line, listed = stock_ahead(told)
    said = line.items[0]["en"]
    assert "in the last twelve months: 3." in said, "P4 was not asked for in a year"
    assert "within three months: 1;" in said
    assert "if demand is high (upper end of its 95% interval): 1." in said
    assert list(listed.data["part_id"]) == ["P1", "P2"]


# -- headlines ---------------------------------------------------------------------------------------------------------


def test_service_is_not_steady_beside_something_that_is_not():
    row = {
        "metric": "csat_top2_share", "value": 80.0, "low": 76.0, "high": 84.0, "n": 500, "signal": "steady",
        "value_period": "2026-06", "period": "2026-06",
    }  # fmt: skip
    said = say_service([row], CATALOGUE, news=plain("Heaters stand out"))["en"]
    assert said.startswith("Heaters stand out; otherwise no key figure of service worsens: ")
    assert say_service([row], CATALOGUE)["en"].startswith("Service is steady: ")


def test_the_trend_of_a_share_is_told_in_points():
    months = pd.period_range("2023-01", "2026-06", freq="M")
    rising = pd.Series(60 + np.arange(len(months)) * 0.5 + np.resize([0.3, -0.3], len(months)), index=months)
    parts = decompose(rising, kind="share", per=100.0)
    said = decomposition._headline(parts, CATALOGUE["first_time_fix_rate"])["en"]
    assert "trend +" in said
    assert "pp over the last 12 months" in said


def test_what_surely_differs_is_not_called_what_differs_most():
    compared = pd.DataFrame({"label": [plain("asked for service"), plain("project")], "q": [0.01, 0.2]})
    compared = compared.assign(value=[-7.1, 8.3], **{"with": [20.0, 33.0], "without": [27.1, 24.7]})
    assert "what surely differs is “asked for service”" in leavers._headline(compared, 0.25)["en"]
    two = leavers._headline(compared.assign(q=0.01), 0.25)["en"]
    assert "of 2 differences that are sure the largest is “project”" in two


def test_none_of_the_met_targets_is_sure_reads_as_words():
    assert targets_met._how_many_sure([])["zh"] == "均无十足把握"
