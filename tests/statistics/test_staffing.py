"""Erlang's formula against published values, and how many people a load takes."""

import pytest

from analysis.statistics.staffing import erlang_b, erlang_c, people_needed, waits_longer


@pytest.mark.parametrize(
    ("people", "load", "lost"),
    [(1, 1.0, 0.5), (2, 1.0, 0.2), (5, 3.0, 0.1101), (10, 5.0, 0.0184), (20, 15.0, 0.0456)],
)
def test_erlang_b_gives_the_published_table(people: int, load: float, lost: float):
    # Standard Erlang B tables, e.g. Cooper 1981, appendix
    assert erlang_b(people, load) == pytest.approx(lost, abs=5e-5)


@pytest.mark.parametrize(
    ("people", "load", "waits"), [(1, 0.5, 0.5), (2, 1.0, 1 / 3), (3, 2.0, 4 / 9), (10, 8.0, 0.4092)]
)
def test_erlang_c_gives_the_published_values(people: int, load: float, waits: float):
    # One server: the load itself (M/M/1); two at load 1: 1/3; three at load 2: 4/9 (Gross & Harris); ten at 8: 0.409
    assert erlang_c(people, load) == pytest.approx(waits, abs=5e-5)


def test_more_work_than_the_people_can_do_waits_for_ever():
    assert erlang_c(3, 3.0) == 1
    assert waits_longer(3, 3.5, service=0.2, patience=1) == 1


def test_near_full_use_waiting_explodes():
    waits = [waits_longer(10, load, service=0.5, patience=1) for load in (7.0, 8.5, 9.5, 9.9)]
    assert waits == sorted(waits)
    assert waits[-1] / waits[0] > 100


def test_a_small_team_needs_a_reserve_that_a_large_one_does_not():
    by_use, by_waiting = people_needed(1.9, service=0.3)
    assert by_waiting > by_use  # 2.2 by the ceiling, 3 so that orders do not wait
    by_use, by_waiting = people_needed(60.0, service=0.3)
    assert by_use == pytest.approx(60 / 0.85)
    assert by_waiting < by_use


def test_no_work_needs_nobody():
    assert people_needed(0.0, service=0.3) == (0.0, 0)


def test_a_negative_load_is_refused():
    with pytest.raises(ValueError, match="negative"):
        erlang_b(2, -1.0)
