"""What the newest month may say when the data end five days after it (C3), and whether delayed entry matters here."""

import pandas as pd
import pytest

from analysis.metrics.cards import read_catalogue

LAST, BEFORE = "2026-06", "2026-05"
NOT_GIVEN = "cost_entry_lag_p90"  # the sample does not say when a cost was booked
BY_MONTH = [  # neither models, which cover what periods they can, nor shares, which are measured by segment
    card.id
    for card in read_catalogue().values()
    if card.kind != "modelled" and getattr(card.how, "function", "") != "share_of_total" and card.id != NOT_GIVEN
]


@pytest.mark.parametrize("metric", BY_MONTH)
def test_a_month_is_mature_once_its_last_record_has_been_followed_up(metric, catalogue, store, measured):
    """Follow-up of 30 days has not passed for the last month, but has for the month before; of 90 days for March.

    Kaplan–Meier figures keep the others in as censored: half of June (15 days) followed for the window is enough.
    """
    assert store.cutoff == pd.Timestamp("2026-07-05 23:59:59")
    rows = measured(metric)
    whole = rows[rows["business_unit"].eq("all") & rows["breakdown"].eq("")].set_index("period")["mature"]
    card = catalogue[metric]
    for month in pd.PeriodIndex(whole.index, freq="M")[-15:]:
        half = month.days_in_month // 2 if card.kind == "duration" else 0
        known = (store.cutoff.normalize() - month.end_time.normalize()).days + half
        assert bool(whole[str(month)]) == (card.follow_up_days <= known), month
    assert whole.iloc[:-15].all()
    assert whole.index[-1] == LAST, "July has begun, and is not complete"


def test_orders_whose_30_days_have_not_passed_are_reported_as_the_immature_share(books, period, measured):
    rows = measured("complaints_per_100_orders")
    rows = rows[rows["business_unit"].eq("all") & rows["breakdown"].eq("")].set_index("period")
    for month in (BEFORE, LAST):
        whole = books("all")
        done = whole.orders.loc[period(month).holds(whole.orders["completed_at"]), "completed_at"]
        late = done + pd.Timedelta(days=30) > whole.cutoff
        assert rows.loc[month, "immature_share"] == pytest.approx(late.mean(), abs=1e-12)
        assert rows.loc[month, "n"] == (~late).sum()


def test_forgetting_delayed_entry_would_be_noticed(books, period):
    """Old orders seen from their submission on make the pace of a period look slower: the check above can tell (C4)."""
    curve = books("all").in_period(period("2025-02"))
    naive = type(curve)(curve.time, curve.event)
    assert (curve.time > curve.entry).all()
    assert (curve.entry > 0).sum() >= 5
    assert naive.by(7)["value"] < curve.by(7)["value"]
