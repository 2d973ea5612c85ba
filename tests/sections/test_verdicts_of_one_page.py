"""Two sentences of one page never give two verdicts on one figure, and no figure is told without how sure it is."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.areas import benchmarks, complaints, workforce
from analysis.metrics.cards import read_catalogue
from analysis.presentation.card_values import kpi_card
from analysis.presentation.language import plain
from analysis.presentation.possible import possible_intervals
from analysis.sections import (
    contact_hours,
    cost_change,
    cost_of_orders,
    cost_structure,
    flow,
    gap_chart,
    long_orders,
    opportunity,
    output_change,
    peers,
    people,
    trend,
    units,
    week,
)
from analysis.sections.gaps import COLUMNS
from analysis.statistics.bills import Bill, split_bills

CATALOGUE = read_catalogue()
MONTHS = pd.period_range(end="2026-06", periods=42, freq="M").astype(str)


def english(text: Any) -> str:
    return text["en"].replace("\xa0", " ")


# -- a change and its parts --------------------------------------------------------------------------------------------


def bill(orders: list[float], rates: list[float], apart: float) -> Bill:
    count = pd.Series(orders, index=[f"s{place}" for place in range(len(orders))], dtype=float)
    return Bill(count, count * pd.Series(rates, index=count.index), apart, 0.0, 0.0)


def cost_report(now: tuple[float, float], before: tuple[float, float]) -> Any:
    """Costs per order of three months now and a year ago: figure and its standard error."""
    rows = [
        {
            "period": month,
            "value": value,
            "se": se,
            "n": 100,
            "numerator": 100 * value,
            "denominator": 100.0,
            "mature": True,
        }
        for (value, se), months in ((now, MONTHS[-3:]), (before, MONTHS[-15:-12]))
        for month in months
    ]
    return SimpleNamespace(catalogue=CATALOGUE, series=lambda metric: pd.DataFrame(rows))


def test_a_part_that_the_others_outweigh_is_not_what_a_rise_is_above_all_from():
    was, now = bill([100.0], [200.0], 500.0), bill([101.0], [196.0], 780.0)
    split = split_bills(was, now)
    assert split.total > 0 > split.rate
    assert abs(split.rate) > max(split.volume, split.apart)
    months = pd.PeriodIndex(MONTHS[-3:], freq="M")
    said = english(cost_change._headline(cost_report((200, 20), (205, 20)), split, was, months))
    assert "the largest part, the cost per order (−" in said
    assert said.endswith("is outweighed by the others")
    more = split_bills(was, bill([130.0], [200.0], 500.0))
    said = english(cost_change._headline(cost_report((200, 20), (205, 20)), more, was, months))
    assert "above all the number of completed orders (+" in said


@pytest.mark.parametrize(
    ("now", "said"),
    [(183.0, "as one comparison in twenty shows by luck."), (230.0, "more than chance would make it."),
     (170.0, "no more than chance explains.")],
)  # fmt: skip
def test_one_comparison_in_twenty_is_not_called_more_than_chance(now: float, said: str):
    months = pd.PeriodIndex(MONTHS[-3:], freq="M")
    told = cost_of_orders.say_per_order(cost_report((now, 12.0), (162.0, 12.0)), months)
    assert told is not None
    assert english(told).endswith(said)


# -- the other units ---------------------------------------------------------------------------------------------------


def test_a_page_with_the_units_in_a_funnel_gives_no_second_verdict_on_them():
    months = pd.DataFrame(
        {"period": MONTHS, "period_start": pd.PeriodIndex(MONTHS, freq="M").to_timestamp(), "value": 250.0,
         "low": 240.0, "high": 260.0, "n": 40, "mature": True}
    )  # fmt: skip
    change = '[{"versus": "peers", "value": 83.0, "low": 13.0, "high": 178.0, "significant": false, "p": 0.02}]'
    row = {"metric": "cost_per_order", "period": "2026-06", "value_period": "2026-06", "value": 256.0, "low": 210.0,
           "high": 302.0, "n": 43, "target": None, "signal": "steady", "signal_reason": None, "changes": change,
           "better": "lower", "chart": None}  # fmt: skip
    report = SimpleNamespace(
        catalogue=CATALOGUE, languages=("en", "zh"), unit_name=plain("Hong Kong"), lacks=lambda *_: None,
        run=SimpleNamespace(missing={}), kpi=lambda metric: row, series=lambda metric: months,
        adjusted=lambda metric: months.iloc[:0].assign(high=[]),
        section=lambda **parts: SimpleNamespace(**parts),
    )  # fmt: skip

    def sentences(**kept: bool) -> list[str]:
        return [english(line) for line in trend.trend(report, "cost_per_order", **kept).parts[1].items]

    assert any("Against the median of the other units" in line for line in sentences())
    assert not any("Against the median of the other units" in line for line in sentences(peers=False))


def test_the_size_of_a_unit_is_counted_in_what_its_rate_is_of():
    told = {
        "repairs_per_100_units": "unit-years in service",
        "complaints_per_1000_units": "unit-months in service",
        "complaining_customer_rate": "active customers",
        "first_time_fix_rate": "records",
    }
    assert {name: english(units._size_label(CATALOGUE[name])) for name in told} == told


def test_names_that_hold_commas_are_kept_apart():
    run = SimpleNamespace(unit_name={"U10": plain("Hong Kong"), "U11": plain("Europe, Middle East and Africa")}.get)
    said = peers._named(SimpleNamespace(run=run), ["U10", "U11"])
    assert said["en"] == "Hong Kong; Europe, Middle East and Africa"


def test_the_few_figures_that_lie_apart_are_named():
    gaps = pd.DataFrame({"metric": ["cost_per_order", "nps"], "side": [-1, 1]})
    said = peers._sides(SimpleNamespace(catalogue=CATALOGUE), gaps)
    assert said["en"] == "worse in cost per order, better in net promoter score after service (NPS)"
    assert peers._sides(SimpleNamespace(catalogue=CATALOGUE), gaps.head(1))["en"] == "worse in cost per order"


def test_a_part_of_a_cost_does_not_head_the_page_above_the_whole():
    report = SimpleNamespace(catalogue=CATALOGUE)
    rows = [
        {"metric": "labour_cost_per_order", "gain": 14_200.0, "sure": True},
        {"metric": "cost_per_order", "gain": 25_500.0, "sure": True},
        {"metric": "parts_cost_per_order", "gain": 99_000.0, "sure": False},
    ]
    assert opportunity._heading(report, rows)["metric"] == "cost_per_order"
    shares = [{"metric": "nps", "gain": 3.0, "sure": True}, {"metric": "csat_top2_share", "gain": 9.0, "sure": True}]
    assert opportunity._heading(report, [{**shares[1], "gain": 1.0}, shares[1]])["gain"] == 1.0
    assert opportunity._heading(report, [{**rows[0], "sure": False}, *rows[1:]])["metric"] == "labour_cost_per_order"


# -- a year ago and targets --------------------------------------------------------------------------------------------


def test_what_moved_by_all_its_months_is_told_where_two_months_prove_nothing():
    rows = [
        {"metric": "dispatch_time_median", "value": 3.65, "signal": "improving"},
        {"metric": "nps", "value": 40.0, "signal": "steady"},
    ]
    rows = [row | {"unit": "h", "low": None, "high": None, "n": 50, "changes": "[]"} for row in rows]
    moved = benchmarks._moved(SimpleNamespace(kpi_rows=rows, catalogue=CATALOGUE))
    assert [text["en"] for text in moved] == ["median dispatch time (better)"]
    assert "these moved beyond chance: median dispatch time (better)." in benchmarks._say_moved(moved)["en"]
    assert benchmarks._say_moved([]) is None


def test_the_targets_that_are_missed_are_among_those_drawn():
    steps = [-0.9, -0.1, *np.linspace(1, 6, 30)]
    gaps = pd.DataFrame({name: [np.nan] * len(steps) for name in COLUMNS}).assign(steps=steps, side=0)
    drawn = gap_chart._chosen(gaps, behind_first=True)
    assert len(drawn) == gap_chart.METRICS_SHOWN
    assert (drawn["steps"] < 0).sum() == 2
    assert (gap_chart._chosen(gaps, behind_first=False)["steps"] < 0).sum() == 0


# -- few of them -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "said"),
    [(0, "Nobody left in twelve months; too few people for a rate"),
     (1, "One technician left in twelve months; too few people for a rate"),
     (2, "2 technicians left in twelve months; too few people for a rate")],
)  # fmt: skip
def test_nobody_and_one_are_not_counted_like_many(left: int, said: str):
    row = {"value": 20.0, "numerator": float(left), "low": 1.0, "high": 70.0}
    assert english(people._left(row)) == said
    judged = pd.DataFrame({"outside": [1, 0, 0, 0], "enough": True})
    assert english(people._compared(judged, differ=True, spread=1.0)).startswith("One of 4 technicians differs from")


def test_a_wait_of_three_parts_has_no_median_and_one_of_many_has_its_interval():
    row = {"value": 3.15, "low": 1.25, "high": 9.0, "n": 3}
    said = english(workforce._parts_headline(row, {"value": 85.7}))
    assert said == "85.7% of parts are at hand; too few were missing to say how long they are waited for: 3"
    said = english(workforce._parts_headline(row | {"n": 28}, {"value": 79.1}))
    assert said.endswith("half of the missing ones take 3.15 days or longer (1.25–9.00 days, n = 28)")


def test_the_time_that_complaints_take_says_of_how_many():
    median = {"value": 3.78, "low": 1.88, "high": 7.49, "n": 17, "value_period": "2026-06"}
    assert english(complaints._resolved(median, {"n": 17})).endswith("(1.88–7.49 days, n = 17)")


# -- how sure ----------------------------------------------------------------------------------------------------------


def output(swing: float, last: float) -> Any:
    """Three orders a day, up and down by `swing` from month to month; the last three months times `last`."""
    noise = np.exp(swing * np.random.default_rng(3).standard_normal(len(MONTHS)))
    orders = 300 * noise * np.where(np.arange(len(MONTHS)) >= len(MONTHS) - 3, last, 1.0)
    rows = pd.DataFrame({"period": MONTHS, "numerator": orders, "denominator": 100.0})
    return SimpleNamespace(series=lambda metric: rows)


def test_a_change_of_output_is_set_against_how_much_such_changes_swing():
    calm = output_change.against_plain(output(0.02, 1.3), "plain", "adjusted")
    wild = output_change.against_plain(output(0.4, 1.3), "plain", "adjusted")
    assert calm is not None
    assert wild is not None
    assert "more than such changes usually swing" in english(calm)
    assert "no more than" not in english(calm)
    assert "no more than such changes usually swing (nineteen in twenty lay within −" in english(wild)
    short = SimpleNamespace(series=lambda metric: output(0.1, 1.0).series(metric).tail(20))
    assert output_change.against_plain(short, "plain", "adjusted") is None


def test_a_quiet_day_has_fewer_orders_and_not_a_negative_number_of_them():
    rows = pd.DataFrame({"segment": ["Monday", "Sunday"], "value": [1.05, 0.893], "beyond": [False, True]})
    assert english(week._headline(rows)) == "On Sunday 10.7% fewer orders per technician come in than on an average day"
    rows["beyond"] = True
    assert english(week._headline(rows.assign(value=[1.2, 0.9]))).endswith(
        "on Monday 20% more, on Sunday 10% fewer than on an average day"
    )


def test_three_stretches_of_hours_are_listed_with_one_and():
    spans = [plain(span) for span in ("8:00–12:00", "14:00–18:00", "20:00–22:00")]
    assert contact_hours._enumerated(spans)["en"] == "8:00–12:00, 14:00–18:00 and 20:00–22:00"
    assert contact_hours._enumerated(spans[:2])["en"] == "8:00–12:00 and 14:00–18:00"
    assert contact_hours._enumerated(spans[:1])["zh"] == "8:00–12:00"


def test_the_queue_that_the_headline_tells_is_not_told_again():
    steady = np.resize([6.0, 7.0, 8.0], 36)
    queues = pd.DataFrame({"dispatch": [*steady, 40.0], "technician_response": [*steady, 60.0]}, index=MONTHS[-37:])
    both_told, one_told = flow._growing(queues), flow._growing(queues, "technician_response")
    assert both_told is not None
    assert one_told is not None
    assert "60" in both_told["en"]
    assert "60" not in one_told["en"]
    assert one_told["en"].startswith("The longest so far besides: ")
    assert flow._growing(queues[["technician_response"]], "technician_response") is None


def test_a_mean_that_one_order_makes_says_so():
    usual = [1.0, 2.0, 3.0, 2.0] * 100
    said = english(long_orders.say_long_orders(pd.Series([*usual, 640.0])))
    assert said == "One order took 640 days and makes 44.4% of that time; the others took 2 days on average."
    many = english(long_orders.say_long_orders(pd.Series([*usual, 300.0, 200.0])))
    assert many.startswith("2 orders that took longer than 30 days make 38.5% of that time; ")
    assert long_orders.say_long_orders(pd.Series([*usual, 31.0])) is None
    assert long_orders.say_long_orders(pd.Series(usual)) is None
    assert long_orders.say_long_orders(pd.Series([40.0, 50.0])) is None, "no others are left to speak of"


def test_the_long_order_is_looked_for_among_those_completed_in_the_month():
    june = pd.date_range("2026-06-01", periods=28, freq="D")
    rows = pd.DataFrame({"submitted_at": june - pd.Timedelta(days=2), "completed_at": june})
    late = {"submitted_at": pd.Timestamp("2025-06-01"), "completed_at": pd.Timestamp("2026-06-09")}
    orders = pd.concat([rows, pd.DataFrame([late])], ignore_index=True).assign(is_test=False, is_duplicate=False)
    report = SimpleNamespace(records=lambda table, columns: orders[columns])
    assert "One order took 373 days" in english(long_orders.long_orders(report, "2026-06"))
    assert long_orders.long_orders(report, "2026-05") is None
    orders.loc[28, "is_test"] = True
    assert long_orders.long_orders(report, "2026-06") is None


def test_people_are_whole_on_the_card_as_in_the_sentence():
    rows = pd.DataFrame(
        {"metric": ["staff_needed", "staff_gap", "staff_gap"], "low": [5.0, -0.19, -11.6], "high": [6.19, 1.0, -3.7],
         "n": [100, 100, 900]}
    )  # fmt: skip
    whole = possible_intervals(rows, pd.Series(["n", "n", "n"]))
    assert whole[["low", "high"]].to_numpy().tolist() == [[5.0, 7.0], [-1.0, 1.0], [-12.0, -4.0]]
    row = {"metric": "staff_gap", "value": 0.0, "low": -0.19, "high": 1.0, "n": 100, "period": "2026-06"}
    assert kpi_card(row, CATALOGUE["staff_gap"]).interval["en"] == "−1 to 1"


def year_of_costs(swing: float, parts_now: float) -> Any:
    """Labour and parts of 50 a month, up and down by `swing`; parts of the last year times `parts_now`."""
    random = np.random.default_rng(5)
    months = MONTHS[-24:]
    level = {"labour": np.ones(24), "parts": np.where(np.arange(24) >= 12, parts_now, 1.0)}
    rows = pd.concat(
        pd.DataFrame({"period": months, "segment": name, "value": 50 * by * np.exp(swing * random.standard_normal(24))})
        for name, by in level.items()
    )
    return cost_structure._year(rows, pd.DataFrame({"period": months, "value": 1.0}))


def test_a_share_that_swings_from_month_to_month_has_not_moved_most():
    report = SimpleNamespace(segment_name=lambda _, name: plain(name))
    calm, wild = (cost_structure._moved(report, year_of_costs(swing, 1.2)) for swing in (0.03, 0.5))
    assert "moved most against the year before: " in english(calm)
    assert english(calm).endswith("pp).")
    assert english(wild).startswith("No type's share has moved against the year before by more than it swings")


def test_of_quiet_years_few_name_a_share_that_moved():
    report = SimpleNamespace(segment_name=lambda _, name: plain(name))
    random, named = np.random.default_rng(11), 0
    for _ in range(200):
        rows = pd.concat(
            pd.DataFrame({"period": MONTHS[-24:], "segment": f"s{kind}",
                          "value": 20 * np.exp(0.2 * random.standard_normal(24))})
            for kind in range(6)
        )  # fmt: skip
        told = cost_structure._year(rows, pd.DataFrame({"period": MONTHS[-24:], "value": 1.0}))
        named += "moved most" in cost_structure._moved(report, told)["en"]
    assert named <= 20, "at most about one in twenty quiet years"
