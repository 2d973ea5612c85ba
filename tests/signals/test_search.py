"""The search for changes: what it dates, what it leaves alone."""

import numpy as np
import pandas as pd
import pytest

from analysis.signals.chance import looks, null_of_largest, p_of_largest
from analysis.signals.effects import EPISODE, RAMP, SINGLE, STEP
from analysis.signals.evaluate import evaluate
from analysis.signals.judging import judge
from analysis.signals.noise import inflation, inflation_of_looks
from analysis.signals.panel import read_panels
from analysis.signals.season import background, calendar_columns, fit, part_of


def _judged(world, months, **context):
    panels = read_panels(world.frame(), world.cards, last=world.months(months)[-1])
    return judge(panels, **context)


def _flat(units, months, level=3.0):
    return np.full((units, months), level)


def test_a_step_is_found_dated_and_measured(make_world):
    world = make_world(1)
    truth = _flat(12, 36) * world.season(36)
    truth[4, 30:] *= 1.5
    world.duration("cycle", truth, 400, spread=0.03)
    effects = _judged(world, 36)["cycle"].effects
    assert [(e.row, e.shape, e.start) for e in effects] == [(4, STEP, 30)]
    assert effects[0].size - 2 * effects[0].error < np.log(1.5) < effects[0].size + 2 * effects[0].error
    assert effects[0].earliest <= 30 <= effects[0].latest


def test_a_single_month_and_a_slope_are_told_from_a_step(make_world):
    world = make_world(2)
    truth = _flat(12, 36, 12.0) * world.season(36)
    truth[2, 20] *= 2.4
    truth[7, 24:] *= 1.06 ** np.arange(1, 13)
    world.rate("complaints", truth, 8000)
    found = {(e.row, e.shape): e.start for e in _judged(world, 36)["complaints"].effects}
    assert set(found) == {(2, SINGLE), (7, RAMP)}
    assert found[2, SINGLE] == 20
    assert abs(found[7, RAMP] - 24) <= 2


def test_one_change_does_not_hide_another_in_the_same_series(make_world):
    world = make_world(3)
    truth = _flat(12, 42)
    truth[0, 12] *= 2.5
    truth[0, 34:] *= 0.6
    world.duration("cycle", truth, 500)
    found = [(e.shape, e.start) for e in _judged(world, 42)["cycle"].effects if e.row == 0]
    assert sorted(found) == [(STEP, 34), (SINGLE, 12)]


def test_a_summer_peak_alone_is_not_news(make_world):
    world = make_world(4)
    world.rate("complaints", _flat(12, 36, 10.0) * world.season(36, 0.35), 8000)
    judged = _judged(world, 36)["complaints"]
    assert judged.effects == ()
    assert (judged.newest.side == 0).all()


def test_below_two_years_nothing_is_dated_since_it_might_be_the_season(make_world):
    world = make_world(5)
    truth = _flat(12, 20)
    truth[0, 10:] *= 3
    world.duration("cycle", truth, 500)
    assert _judged(world, 20)["cycle"].search.effects == ()


def test_a_unit_with_fewer_records_than_the_card_asks_for_is_not_searched(make_world):
    world = make_world(6)
    truth = _flat(8, 36)
    truth[0, 20:] *= 4
    world.duration("cycle", truth, 20, minimum_n=30)
    assert _judged(world, 36)["cycle"].search.effects == ()


def test_missing_months_are_holes_and_the_step_is_still_dated(make_world):
    world = make_world(7)
    truth = _flat(12, 36)
    truth[3, 24:] *= 1.6
    frame = world.duration("cycle", truth, 400)
    holes = frame["period"].isin(["2023-02", "2024-03"])
    world.rows[0] = frame.assign(value=frame["value"].where(~holes), reason=np.where(holes, "no records", None))
    found = [(e.row, e.shape, e.start) for e in _judged(world, 36)["cycle"].effects]
    assert found == [(3, STEP, 24)]


def test_a_series_without_any_variation_has_no_change(make_world):
    world = make_world(8)
    frame = world.duration("cycle", _flat(3, 36), 400)
    world.rows[0] = frame.assign(value=3.0, low=3.0, high=3.0, se=0.0)
    judged = _judged(world, 36)["cycle"]
    assert judged.effects == ()
    assert not judged.chart.out.any()


def test_the_moving_spring_festival_is_not_news(make_world):
    days = pd.date_range("2022-01-01", "2025-12-31")
    festival = {2022: "2022-01-31", 2023: "2023-01-21", 2024: "2024-02-10", 2025: "2025-01-28"}
    inside = np.zeros(len(days), dtype=bool)
    for start in festival.values():
        inside |= (days >= start) & (days < pd.Timestamp(start) + pd.Timedelta(days=8))
    calendar = pd.DataFrame(
        {
            "date": days,
            "is_workday": (days.day_of_week < 5) & ~inside,
            "event": np.where(inside, "Spring Festival", None),
        }
    )
    world = make_world(9)
    months = world.months(42)
    columns = calendar_columns(calendar, months)
    world.count("orders", 800 * np.exp(-0.08 * columns["festival_days"]) * np.ones((12, 1)))
    with_calendar = _judged(world, 42, calendar=calendar)["orders"]
    without = _judged(world, 42)["orders"]
    assert with_calendar.effects == ()
    assert without.base.degrees[0] > with_calendar.base.degrees[0]
    assert np.abs(with_calendar.chart.adjusted.std(axis=1)).mean() < 0.7 * without.chart.adjusted.std(axis=1).mean()


def test_the_season_that_was_put_in_is_taken_out(make_world):
    world = make_world(10)
    world.duration("cycle", _flat(6, 48) * world.season(48, 0.2), 5000)
    panel = read_panels(world.frame(), world.cards, last=world.months(48)[-1])["cycle"]
    base = background(panel)
    season = part_of(base, fit(base, panel.scaled.y).coefficients, base.seasonal)
    assert season[0] == pytest.approx(np.log(world.season(48, 0.2)), abs=0.02)


def test_months_that_resemble_their_neighbours_are_seen_as_such(make_world):
    world = make_world(11)
    world.duration("alike", _flat(40, 48), 20_000, spread=0.1, rho=0.5)
    world.duration("white", _flat(40, 48), 20_000, spread=0.1)
    judged = _judged(world, 48)
    assert judged["alike"].search.rho.mean() == pytest.approx(0.5, abs=0.12)
    assert judged["white"].search.rho.mean() < 0.1


def test_the_chance_of_the_largest_look_agrees_with_the_simulation_it_comes_from():
    sizes = null_of_largest(36, 3)
    for share, near in ((0.1, 0.5), (0.01, 0.35), (0.002, 0.35)):  # it is the far tail that decides
        edge = sizes[int((1 - share) * len(sizes))]
        assert p_of_largest(edge, months=36, regressors=3) == pytest.approx(share, rel=near)


def test_a_level_that_held_five_months_and_is_over_is_dated_at_both_ends_and_is_no_news_of_today(make_world):
    world = make_world(61)
    truth = _flat(12, 36) * world.season(36)
    truth[4, 28:33] *= 1.3
    world.duration("cycle", truth, 400, spread=0.03)
    one = _judged(world, 36)["cycle"]
    assert [(e.row, e.shape, e.start) for e in one.effects] == [(4, STEP, 28), (4, STEP, 33)]
    up, down = one.effects
    assert up.size > 0 > down.size
    assert up.size + down.size == pytest.approx(0, abs=2 * down.error)
    signals = evaluate(world.frame(), world.cards, period=str(world.months(36)[-1]))
    told = [(f["kind"], f["since"], f["direction"], f["values"]["until"]) for f in signals.findings if f["since"]]
    months = world.months(36)
    assert ("level_shift", str(months[28]), "up", str(months[32])) in told
    assert ("level_shift", str(months[33]), "down", None) in told
    assert set(signals.kpis["signal"]) == {"steady"}


def test_a_new_level_that_goes_on_is_no_episode(make_world):
    world = make_world(62)
    truth = _flat(12, 36)
    truth[4, 28:] *= 1.3
    world.duration("cycle", truth, 400, spread=0.03)
    assert [(e.row, e.shape, e.start) for e in _judged(world, 36)["cycle"].effects] == [(4, STEP, 28)]


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_a_look_is_widened_as_much_as_resembling_months_scatter_it(make_world, rho):
    world = make_world(63)
    world.duration("cycle", _flat(1, 36), 400, spread=0.03)
    panel = read_panels(world.frame(), world.cards, last=world.months(36)[-1])["cycle"]
    base = background(panel)
    columns, kind, start, _ = looks(36)
    wanted = np.flatnonzero((kind == STEP) & np.isin(start, (18, 31)))
    widened = inflation_of_looks(base, fit(base, panel.scaled.y), None, columns[:, wanted], np.array([rho]))[0]
    months = np.random.default_rng(1).standard_normal((20_000, 36))
    for month in range(1, 36):
        months[:, month] = rho * months[:, month - 1] + np.sqrt(1 - rho**2) * months[:, month]
    root = np.sqrt(base.weights[0])
    x, looked = base.columns[0] * root[:, None], columns[:, wanted] * root[:, None]
    maker = np.eye(36) - x @ np.linalg.pinv(x)
    directions = maker @ looked
    directions /= np.linalg.norm(directions, axis=0)
    error = np.sqrt(((months @ maker) ** 2).sum(axis=1).mean() / base.degrees[0])
    np.testing.assert_allclose(widened, (months @ directions).std(axis=0) / error, rtol=0.02)
    assert widened[1] <= inflation(rho) + 1e-9


def test_looks_leave_three_months_on_each_side_of_a_step():
    columns, kind, start, stop = looks(24)
    steps = columns[:, kind == STEP]
    assert steps.sum(axis=0).min() == 3
    assert (24 - steps.sum(axis=0)).min() == 3
    assert start[kind == STEP].tolist() == list(range(3, 22))
    lasted = columns[:, kind == EPISODE].sum(axis=0)
    assert (lasted.min(), lasted.max()) == (3, 12)
    assert (stop - start)[kind == EPISODE].tolist() == lasted.tolist()
    assert stop[kind == EPISODE].max() == 21
