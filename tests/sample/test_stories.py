"""The planted stories are in the rows, in the size that stories.py says, and nowhere else."""

import numpy as np
import pytest

from analysis.sample.business import UNITS
from analysis.sample.stories import QUIET_UNITS, STORIES, story


def times_longer(
    sample, expression: str, *, unit: str, before: tuple[str, str], after: tuple[str, str]
) -> tuple[float, float]:
    """How many times longer a unit's clean repairs of one span take than those of another (geometric means).

    Returns the factor and the standard error of its logarithm.
    """
    (mean_after, variance_after), (mean_before, variance_before) = (
        sample.execute(
            f"SELECT avg(ln({expression})), var_samp(ln({expression})) / count({expression}) FROM clean_orders "
            "WHERE business_unit = ? AND work_order_type = 'repair' "
            "AND submitted_at >= CAST(? AS TIMESTAMP) AND submitted_at < CAST(? AS TIMESTAMP)",
            [unit, *span],
        ).fetchall()[0]
        for span in (after, before)
    )
    return np.exp(mean_after - mean_before), np.sqrt(variance_after + variance_before)


RESPONSE = "epoch(arrived_at - assigned_at)"
DISPATCH = "epoch(assigned_at - handled_at)"
SPRING_25, SPRING_26 = ("2025-02-01", "2025-07-01"), ("2026-02-01", "2026-07-01")
YEAR_25, YEAR_26 = ("2024-09-01", "2025-07-01"), ("2025-09-01", "2026-07-01")


def test_technicians_of_u03_take_half_as_long_again(sample):
    factor, _ = times_longer(sample, RESPONSE, unit="U03", before=SPRING_25, after=SPRING_26)
    assert factor == pytest.approx(1.5, abs=0.15)


def test_dispatch_of_u07_takes_half_the_time(sample):
    factor, _ = times_longer(sample, DISPATCH, unit="U07", before=YEAR_25, after=YEAR_26)
    assert factor == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("unit", QUIET_UNITS)
def test_stage_times_of_quiet_units_differ_by_no_more_than_chance(sample, unit: str):
    for expression, before, after in ((RESPONSE, SPRING_25, SPRING_26), (DISPATCH, YEAR_25, YEAR_26)):
        factor, error = times_longer(sample, expression, unit=unit, before=before, after=after)
        assert abs(np.log(factor)) < 3.0 * error


def test_u05_does_more_water_heaters_while_each_line_takes_as_long_as_before(sample):
    share, heaters, others = (
        sample.execute(
            f"SELECT {measure} FILTER (submitted_at >= '2025-11-01' AND submitted_at < '2026-03-01') "
            f"/ {measure} FILTER (submitted_at >= '2024-11-01' AND submitted_at < '2025-03-01') "
            "FROM (SELECT *, product_id IN ('P09', 'P10', 'P11') AS heater FROM clean_orders "
            "WHERE business_unit = 'U05' AND work_order_type = 'repair')"
        ).fetchall()[0][0]
        for measure in (
            "avg(CAST(heater AS INTEGER))",
            "median(CASE WHEN heater THEN cycle END)",
            "median(CASE WHEN NOT heater THEN cycle END)",
        )
    )
    assert share > 1.4
    assert heaters == pytest.approx(1.0, abs=0.2)
    assert others == pytest.approx(1.0, abs=0.1)


def test_the_failing_batch_shows_from_january_on_in_every_larger_unit(sample):
    monthly = dict(
        sample.execute(
            """
            SELECT submitted_month >= DATE '2026-01-01', count(*) / count(DISTINCT submitted_month)
            FROM clean_orders JOIN installed_units USING (serial_no)
            WHERE batch = 'P08-B25S2' AND fault_code = 'WM-E21'
              AND submitted_at >= '2025-07-01' AND submitted_at < '2026-07-01'
            GROUP BY 1
            """
        ).fetchall()
    )
    (units,) = sample.execute(
        "SELECT count(*) FROM installed_units WHERE batch = 'P08-B25S2' AND business_unit <> 'U12'"
    ).fetchall()[0]
    assert monthly[True] == pytest.approx(units * story("failing_batch").size, rel=0.35)
    assert monthly.get(False, 0) < 0.15 * monthly[True]
    complaints = sample.execute(
        """
        SELECT batch = 'P08-B25S2', count(DISTINCT complaint_id) / count(DISTINCT work_order_id)
        FROM (SELECT o.work_order_id, u.batch, c.complaint_id
              FROM clean_orders o JOIN installed_units u USING (serial_no) LEFT JOIN complaints c USING (work_order_id)
              WHERE o.submitted_at BETWEEN '2026-01-01' AND '2026-06-01'
              AND o.product_id = 'P08' AND o.work_order_type = 'repair')
        GROUP BY 1 ORDER BY 1
        """
    ).fetchall()
    assert complaints[1][1] > 1.5 * complaints[0][1]


def monthly_complaints(sample, unit: str) -> np.ndarray:
    """Complaints received per month, 2023-01 to 2026-06."""
    rows = sample.execute(
        "SELECT count(complaint_id) FROM range(DATE '2023-01-01', DATE '2026-07-01', INTERVAL 1 MONTH) months(m) "
        "LEFT JOIN complaints ON business_unit = ? AND date_trunc('month', received_at) = m GROUP BY m ORDER BY m",
        [unit],
    ).fetchall()
    return np.array([row[0] for row in rows], dtype=float)


def test_complaints_of_u02_grow_by_some_four_per_cent_a_month_against_the_other_units(sample):
    """The growth of the last year over the year before, set against that of the units without a complaint story."""
    counts = monthly_complaints(sample, "U02")
    others = sum(monthly_complaints(sample, unit.id) for unit in UNITS if unit.id not in ("U02", "U04", "U12"))
    last_year, year_before = slice(30, 42), slice(18, 30)
    growth = (counts[last_year].sum() / counts[year_before].sum()) / (
        others[last_year].sum() / others[year_before].sum()
    )
    expected = np.mean(1.045 ** np.arange(1, 13))
    assert growth == pytest.approx(expected, abs=0.25)


def test_complaints_of_u04_treble_for_one_month(sample):
    counts = monthly_complaints(sample, "U04")
    usual = counts[[14, 26, 37, 39]].mean()  # March 2024 and 2025, February and April 2026
    assert counts[38] == pytest.approx(3.0 * usual, rel=0.45)
    assert counts[39] < 1.8 * usual


def test_u09_leaves_a_third_of_the_last_months_lying_while_closed_orders_look_fine(sample):
    shares = dict(
        sample.execute(
            "SELECT business_unit, avg(CAST(status = 'open' AS INTEGER)) FROM clean_orders "
            "WHERE submitted_at >= '2026-03-01' AND submitted_at < '2026-06-01' GROUP BY 1"
        ).fetchall()
    )
    assert shares["U09"] == pytest.approx(story("neglected_backlog").size, abs=0.12)
    assert max(share for unit, share in shares.items() if unit != "U09") < 0.06
    factor, _ = times_longer(sample, "cycle", unit="U09", before=SPRING_25, after=SPRING_26)
    assert factor < 1.15


def test_every_story_names_a_unit_a_month_and_a_size():
    assert len({told.id for told in STORIES}) == len(STORIES)
    for told in STORIES:
        assert told.first <= told.last <= "2026-06"
        assert told.business_unit == "*" or told.business_unit not in QUIET_UNITS
        assert told.text.endswith(".")
        assert told.size > 0
