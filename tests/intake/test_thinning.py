"""A log that comes to its end before the data do: seen by months, said by `check`, above the page."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from analysis.intake import intake
from analysis.intake.thinning import thinning
from analysis.reporting.partial import remarks
from analysis.reporting.periods import read_period


def months(first: str, counts: list[int]) -> list[str]:
    return [str(month) for month in pd.period_range(first, periods=len(counts), freq="M")]


def found(counts: list[int]):
    return thinning(months("2011-01", counts), counts)


def test_months_with_hardly_a_record_after_busy_ones_are_thin():
    """Excavators of a mine: 39 to 72 orders a month, then 25, then one every few months."""
    thin = found([52, 61, 45, 39, 72, 58, 66, 41, 49, 25, 1, 0, 0, 1, 0, 0])

    assert (thin.first, thin.since, thin.before) == ("2011-11", (0, 1), (25, 72))
    assert "0-1 a month from 2011-11 on, 25-72 in the year before" in thin.note


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        ([50] * 12 + [30], "a poor month is no end"),
        ([50, 50, 12, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 11], "the season was as low a year ago"),
        ([50] * 12 + [3, 1, 48], "it came back"),
        ([9, 8, 9, 9, 8, 9, 9, 0, 1], "so few records come and go by chance"),
        ([50, 50, 50, 1], "nothing is known of a year"),
        ([], "no month is over"),
    ],
)
def test_a_low_that_has_been_or_passes_is_no_thinning(counts, why):
    assert found(counts) is None, why


@pytest.fixture
def manifest(tmp_path: Path):
    """Forty orders a month in 2011, one in each of the three months after it; their costs go on as before."""
    days = [f"2011-{month:02d}-{1 + number % 28:02d}" for month in range(1, 13) for number in range(40)]
    days += ["2012-01-05", "2012-02-05", "2012-03-30"]
    orders = pd.DataFrame({"work_order_id": [f"W{n}" for n in range(len(days))], "business_unit": "A"})
    orders = orders.assign(submitted_at=days, status="open")
    source = tmp_path / "source"
    source.mkdir()
    orders.to_csv(source / "work_orders.csv", index=False)
    (source / "meta.csv").write_text("data_cutoff_at\n2012-03-31 23:59:59\n")
    return intake(str(source), mapping=None, params=tmp_path, store_root=tmp_path / "stores").manifest


def test_check_and_the_page_say_from_when_on_records_come_seldom(manifest):
    assert [note for note in manifest["notes"] if "thin out" in note] == [
        "work_orders: records thin out: 1 a month from 2012-01 on, 40 in the year before; "
        "if the source is not whole, declare meta.data_cutoff_at before that month"
    ]
    said = remarks(manifest, read_period("2012-03"), calendar="weekdays")
    assert [one["en"] for one in said] == [
        "Records thin out: 1 a month from January 2012 on, 40 in the year before. Figures of this time may only show "
        "what is missing."
    ]
    assert said[0]["zh"].startswith("记录明显变少：自2012年1月起每月1条，此前一年每月40条。")
    assert remarks(manifest, read_period("2011-12"), calendar="weekdays") == (), "the busy months are whole"


def test_another_table_that_ends_does_not_make_the_orders_doubtful():
    tables = {
        "work_orders": {"rows": 900},
        "costs": {"rows": 2000, "thins_out": {"from": "2012-01", "since": [0, 1], "before": [40, 50]}},
    }
    manifest = {"data_cutoff_at": datetime(2012, 3, 31, 23, 59, 59).isoformat(), "tables": tables}
    assert remarks(manifest, read_period("2012-03"), calendar="weekdays") == ()
