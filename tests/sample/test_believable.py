"""Figures an after-sales manager would not smile at: volumes, times, fix rates, complaints, satisfaction, cost."""

import numpy as np
import pytest


def value(sample, sql: str) -> float:
    return float(sample.execute(sql).fetchall()[0][0])


def test_the_largest_unit_is_some_twenty_times_the_smallest(sample):
    per_month = dict(
        sample.execute(
            "SELECT business_unit, count(*) / count(DISTINCT submitted_month) FROM clean_orders "
            "WHERE submitted_at >= '2025-10-01' AND submitted_at < '2026-07-01' GROUP BY 1"
        ).fetchall()
    )
    assert len(per_month) == 12
    assert 12 < max(per_month.values()) / min(per_month.values()) < 30


def test_the_new_unit_begins_nine_months_ago(sample):
    first = sample.execute("SELECT min(submitted_at) FROM clean_orders WHERE business_unit = 'U12'").fetchall()[0][0]
    assert (first.year, first.month) == (2025, 10)


def test_air_conditioners_peak_in_summer_and_the_spring_festival_is_quiet(sample):
    months = dict(
        sample.execute(
            "SELECT month(submitted_at), count(*) FROM clean_orders JOIN products USING (product_id) "
            "WHERE product_line = 'Air conditioner' AND work_order_type = 'repair' "
            "AND year(submitted_at) < 2026 GROUP BY 1"
        ).fetchall()
    )
    assert (
        2.0 < np.mean([months[6], months[7], months[8]]) / np.mean([months[3], months[4], months[10], months[11]]) < 6.0
    )
    for festival in ("2024-02-10", "2025-01-29", "2026-02-17"):
        week, usual = (
            value(
                sample,
                f"SELECT count(*) FROM clean_orders WHERE submitted_at >= DATE '{festival}' + INTERVAL ({first}) DAY "
                f"AND submitted_at < DATE '{festival}' + INTERVAL ({first + 7}) DAY",
            )
            for first in (-2, -35)
        )
        assert week < 0.6 * usual, festival


def test_sales_peak_at_618_and_1111(sample):
    per_day = dict(
        sample.execute("SELECT strftime(purchased_at, '%m-%d'), count(*) FROM purchases GROUP BY 1").fetchall()
    )
    usual = np.median(list(per_day.values()))
    assert max(per_day["06-15"], per_day["06-16"], per_day["06-14"]) > 2.0 * usual
    assert max(per_day["11-07"], per_day["11-08"], per_day["11-09"]) > 2.0 * usual


@pytest.mark.parametrize("unit", [f"U{number:02d}" for number in range(1, 13)])
def test_half_of_the_repairs_are_done_within_one_and_a_half_to_four_days(sample, unit: str):
    median = value(
        sample, f"SELECT median(cycle) FROM clean_orders WHERE work_order_type = 'repair' AND business_unit = '{unit}'"
    )
    assert 1.4 < median < 4.0


def test_repair_times_have_a_heavy_tail(sample):
    median, p90, mean = sample.execute(
        "SELECT median(cycle), quantile_cont(cycle, 0.9), avg(cycle) FROM clean_orders WHERE work_order_type = 'repair'"
    ).fetchall()[0]
    assert mean > 1.3 * median
    assert p90 > 2.5 * median


def test_customers_ask_by_day_and_technicians_come_in_working_hours(sample):
    assert value(sample, "SELECT avg(CAST(hour(submitted_at) BETWEEN 7 AND 22 AS INTEGER)) FROM clean_orders") > 0.95
    assert value(sample, "SELECT avg(CAST(hour(arrived_at) BETWEEN 8 AND 20 AS INTEGER)) FROM clean_orders") > 0.99
    assert value(sample, "SELECT avg(CAST(hour(completed_at) BETWEEN 7 AND 22 AS INTEGER)) FROM clean_orders") > 0.99


def test_first_time_fix_rate_lies_between_75_and_88_per_cent(sample):
    """One visit and no further order for the same appliance and fault within 30 days, re-computed by a self-join."""
    rate = value(
        sample,
        """
        SELECT avg(CAST(visits = 1 AND again.work_order_id IS NULL AS INTEGER))
        FROM (SELECT * FROM clean_orders WHERE status = 'completed' AND service_mode = 'onsite'
              AND work_order_type = 'repair' AND completed_at < '2026-06-01') o
        LEFT JOIN LATERAL (SELECT work_order_id FROM clean_orders a
              WHERE a.serial_no = o.serial_no AND a.fault_code = o.fault_code AND a.submitted_at > o.completed_at
              AND a.submitted_at <= o.completed_at + INTERVAL 30 DAY LIMIT 1) again ON true
        """,
    )
    assert 0.75 < rate < 0.88


def test_better_technicians_fix_more_at_the_first_visit(sample):
    spread = value(
        sample,
        "SELECT stddev(rate) FROM (SELECT avg(CAST(visits = 1 AS INTEGER)) AS rate FROM clean_orders "
        "WHERE status = 'completed' AND service_mode = 'onsite' AND work_order_type = 'repair' GROUP BY technician_id "
        "HAVING count(*) > 300)",
    )
    assert 0.01 < spread < 0.08


def test_complaints_per_1000_in_service_and_month_are_realistic(sample):
    rows = sample.execute(
        """
        SELECT b.business_unit, sum(n) * 1000 / sum(units)
        FROM (SELECT business_unit, month, sum(units_in_service) AS units FROM installed_base_monthly GROUP BY ALL) b
        LEFT JOIN (SELECT business_unit, date_trunc('month', received_at) AS month, count(*) AS n
                   FROM complaints GROUP BY ALL) c
        USING (business_unit, month) WHERE month < '2026-07-01' GROUP BY 1
        """
    ).fetchall()
    assert all(0.3 < rate < 3.0 for _, rate in rows), rows
    linked = value(sample, "SELECT avg(CAST(work_order_id IS NOT NULL AS INTEGER)) FROM complaints")
    assert 0.65 < linked < 0.95


def test_satisfaction_is_plausible_and_the_unhappy_and_delighted_answer_more(sample):
    nps = value(
        sample,
        "SELECT 100 * (avg(CAST(score >= 9 AS INTEGER)) - avg(CAST(score <= 6 AS INTEGER))) FROM surveys "
        "WHERE instrument = 'nps' AND score <= 10",
    )
    assert 20 < nps < 50
    top2 = value(
        sample,
        "SELECT avg(CAST(score >= 4 AS INTEGER)) FROM surveys "
        "WHERE instrument = 'csat5' AND complaint_id IS NULL AND score <= 5",
    )
    assert 0.75 < top2 < 0.92
    slow, usual = (
        value(
            sample,
            "SELECT count(answered_at) / count(*) FROM surveys JOIN clean_orders USING (work_order_id) "
            f"WHERE complaint_id IS NULL AND cycle {span}",
        )
        for span in ("> 10", "BETWEEN 2 AND 5")
    )
    assert slow > usual + 0.03


@pytest.mark.parametrize(
    ("unit", "low", "high"), [("U01", 80, 300), ("U06", 80, 300), ("U09", 80, 300), ("U10", 120, 400)]
)
def test_cost_per_completed_order_is_realistic(sample, unit: str, low: float, high: float):
    cost = value(sample, f"SELECT sum(amount) FROM costs WHERE business_unit = '{unit}'")
    orders = value(sample, f"SELECT count(*) FROM clean_orders WHERE business_unit = '{unit}' AND status = 'completed'")
    assert low < cost / orders < high


def test_other_tables_are_in_proportion(sample):
    rates = {
        "returns per purchase": value(sample, "SELECT (SELECT count(*) FROM returns) / count(*) FROM purchases"),
        "interactions per order": value(
            sample, "SELECT (SELECT count(*) FROM interactions) / count(*) FROM work_orders"
        ),
        "orders per technician and day": value(
            sample,
            "SELECT (SELECT count(*) FROM clean_orders WHERE status = 'completed') / count(*) FROM technician_time",
        ),
        "utilisation": value(
            sample, "SELECT sum(travel_hours + onsite_hours + remote_hours) / sum(paid_hours) FROM technician_time"
        ),
        "appointments kept": value(
            sample, "SELECT avg(CAST(arrived_at BETWEEN window_start AND window_end AS INTEGER)) FROM visits"
        ),
        "contracts renewed": value(sample, "SELECT avg(CAST(renewed AS INTEGER)) FROM contracts"),
    }
    expected = {
        "returns per purchase": (0.02, 0.05),
        "interactions per order": (1.1, 1.6),
        "orders per technician and day": (2.3, 4.5),
        "utilisation": (0.6, 0.9),
        "appointments kept": (0.8, 0.97),
        "contracts renewed": (0.6, 0.85),
    }
    for name, (low, high) in expected.items():
        assert low < rates[name] < high, (name, rates[name])


def test_a_part_that_lies_still_has_not_been_used(sample):
    still = "date_diff('day', CAST(last_moved_on AS DATE), last_day(month)) >= 180"
    used = value(
        sample,
        "SELECT count(*) FROM parts_stock AS stock JOIN parts_usage USING (part_id) JOIN work_orders AS orders "
        f"USING (work_order_id) WHERE stock.business_unit = orders.business_unit AND {still} "
        "AND requested_at BETWEEN last_moved_on AND last_day(month)",
    )
    assert used == 0
    assert 0.05 < value(sample, f"SELECT avg(CAST({still} AS INTEGER)) FROM parts_stock") < 0.25
