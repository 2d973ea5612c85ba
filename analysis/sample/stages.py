"""How an order runs: submitted → handled → assigned → arrived → completed → closed, by working hours, load and
festival.

Times are seconds since 1970 as floats; NaN is "did not happen". What lies after the data cut-off is cut off by
orders.py.
"""

from dataclasses import dataclass

import numpy as np

from analysis.sample.business import Unit
from analysis.sample.clock import DESK_HOURS, FIELD_HOURS, HOUR, field_time, next_open, open_day
from analysis.sample.days import DAY, DAY_ZERO, festival_slowness
from analysis.sample.products import LINES, PRODUCT_LINE
from analysis.sample.requests import INSTALL, REPAIR, Requests
from analysis.sample.stories import dispatch_factor, neglected_share, response_factor

MODES = ("onsite", "depot", "remote")
ONSITE, DEPOT, REMOTE = range(3)
PRIORITIES = ("urgent", "high", "normal", "low")
PRIORITY_SHARES = (0.07, 0.18, 0.60, 0.15)
PRIORITY_RESPONSE = np.array([0.5, 0.75, 1.0, 1.3])
RESPONSE_TARGET_HOURS = np.array([1.0, 2.0, 4.0, 8.0])
RESOLUTION_TARGET_HOURS = np.array([48.0, 72.0, 120.0, 168.0])
HANDLING, DISPATCH, RESPONSE, REPAIRING, CLOSING = 0.8, 4.4, 22.0, 1.3, 20.0
"""Medians of each stage in hours in the average unit, before working hours."""
PARTS_HOURS, PARTS_SPREAD = 66.0, 0.7
PART_AT_HAND = 0.78
CUSTOMER_LATER = 0.09  # share of customers who want a later appointment
APPROVAL_WAIT = 0.05  # share of repairs out of warranty that wait for the customer's yes to the quotation
NEGLECTED = 0.004
CANCELLED = 0.045


@dataclass(frozen=True)
class Stages:
    """The course of each order as it would be without a cut-off. Waits are in seconds, 0 where there was none."""

    mode: np.ndarray
    priority: np.ndarray
    handled: np.ndarray
    assigned: np.ndarray
    arrived: np.ndarray
    completed: np.ndarray
    closed: np.ndarray
    cancelled: np.ndarray
    first_response: np.ndarray
    visits: np.ndarray
    reassignments: np.ndarray
    needs_part: np.ndarray
    parts_wait: np.ndarray
    customer_wait: np.ndarray
    approval_wait: np.ndarray
    reopened: np.ndarray
    completed_again: np.ndarray
    neglected: np.ndarray


def run_stages(
    asked: Requests,
    unit: Unit,
    *,
    month: int,
    load: float,
    skill: np.ndarray,
    in_warranty: np.ndarray,
    rng: np.random.Generator,
) -> Stages:
    """Draw the course of every order.

    load : requests of the month against the unit's average month. skill : of the technician, normal(0, 1).
    """
    n, line = len(asked.product), PRODUCT_LINE[asked.product]
    mode = _modes(asked, line, rng)
    priority = rng.choice(len(PRIORITIES), size=n, p=PRIORITY_SHARES)
    slow = festival_slowness(unit.festival)[(asked.submitted // DAY).astype("int64") - DAY_ZERO]
    handled = next_open(asked.submitted + HOUR * HANDLING * _spread(rng, n, 1.0) * slow**0.3, DESK_HOURS, rng)
    reassignments = rng.poisson(0.13, n) * (rng.random(n) < 0.8)
    factor = unit.dispatch * dispatch_factor(unit.id, month) * slow
    assigned = np.floor(handled + HOUR * DISPATCH * factor * _spread(rng, n, 0.9))  # dispatch works round the clock
    neglected = rng.random(n) < NEGLECTED + neglected_share(unit.id, month)
    customer_wait = np.where(rng.random(n) < CUSTOMER_LATER, DAY * (1 + rng.exponential(2.2, n)), 0.0)
    factor = unit.response * response_factor(unit.id, month) * slow * load**0.45
    factor = factor * _of_line(line, "response") * PRIORITY_RESPONSE[priority] * (1 + 0.5 * reassignments)
    lying = np.where(neglected, DAY * 170 * _spread(rng, n, 0.7), 0.0)
    response = HOUR * RESPONSE * factor * _spread(rng, n, 0.8)
    arrived = open_day(field_time(assigned, response + customer_wait + lying, rng), unit, rng)
    repair = _repairs(asked, unit, line, mode, skill, in_warranty, rng)
    begun = np.where(mode == REMOTE, assigned + lying, arrived)
    completed = _completion(begun, repair, mode, unit, rng)
    ends = np.where(mode == REMOTE, completed, arrived)
    reopened, completed_again, closed, cancelled = _endings(asked, completed, ends, skill, neglected, rng)
    return Stages(
        mode=mode,
        priority=priority,
        handled=handled,
        assigned=assigned,
        arrived=np.where(mode == REMOTE, np.nan, arrived),
        completed=completed,
        closed=closed,
        cancelled=cancelled,
        first_response=np.floor(asked.submitted + (handled - asked.submitted) * (0.35 + 0.65 * rng.random(n))),
        visits=np.where(mode == ONSITE, repair.visits, 0),
        reassignments=reassignments,
        needs_part=repair.needs_part,
        parts_wait=repair.parts_wait,
        customer_wait=customer_wait,
        approval_wait=repair.approval_wait,
        reopened=reopened,
        completed_again=completed_again,
        neglected=neglected,
    )


def _endings(
    asked: Requests,
    completed: np.ndarray,
    ends: np.ndarray,
    skill: np.ndarray,
    neglected: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Reopened, completed again, closed and cancelled; a customer who gives up does so before `ends`."""
    n = len(completed)
    closing = HOUR * CLOSING * _spread(rng, n, 0.9)
    reopened = np.where(rng.random(n) < 0.022 - 0.005 * skill, completed + HOUR * 60 * _spread(rng, n, 0.7), np.nan)
    completed_again = next_open(reopened + HOUR * 40 * _spread(rng, n, 0.6), FIELD_HOURS, rng)
    closed = next_open(np.where(np.isnan(reopened), completed, completed_again) + closing, DESK_HOURS, rng)
    gives_up = rng.random(n) < np.where(asked.kind == INSTALL, 0.02, CANCELLED) + 0.12 * neglected
    cancelled = np.where(gives_up, asked.submitted + (0.03 + 0.9 * rng.random(n)) * (ends - asked.submitted), np.nan)
    return reopened, completed_again, closed, np.floor(cancelled)


@dataclass(frozen=True)
class _Repair:
    work: np.ndarray
    visits: np.ndarray
    needs_part: np.ndarray
    parts_wait: np.ndarray
    approval_wait: np.ndarray


def _modes(asked: Requests, line: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    uniform = rng.random(len(line))
    remote, depot = _of_line(line, "remote"), _of_line(line, "depot")
    mode = np.where(uniform < remote, REMOTE, np.where(uniform < remote + depot, DEPOT, ONSITE))
    return np.where((asked.kind == REPAIR) & ~asked.in_batch, mode, ONSITE)


def _repairs(
    asked: Requests,
    unit: Unit,
    line: np.ndarray,
    mode: np.ndarray,
    skill: np.ndarray,
    in_warranty: np.ndarray,
    rng: np.random.Generator,
) -> _Repair:
    n, repair = len(line), asked.kind == REPAIR
    needs_part = repair & (mode != REMOTE) & (rng.random(n) < np.where(asked.in_batch, 0.9, _of_line(line, "parts")))
    at_hand = rng.random(n) < PART_AT_HAND + 0.02 * skill + 0.1 * unit.fix
    parts_wait = np.where(needs_part & ~at_hand, HOUR * PARTS_HOURS * _spread(rng, n, PARTS_SPREAD), 0.0)
    misjudged = repair & (rng.random(n) < 0.055 - 0.02 * skill - 0.06 * unit.fix)
    approval = repair & ~in_warranty & (mode != REMOTE) & (rng.random(n) < APPROVAL_WAIT)
    approval_wait = np.where(approval, HOUR * 20 * _spread(rng, n, 0.7), 0.0)
    again = np.where(misjudged, HOUR * 34 * _spread(rng, n, 0.6), 0.0)
    base = np.where(mode == DEPOT, 30.0, np.where(mode == REMOTE, 2.2, REPAIRING)) * _of_line(line, "repair")
    work = HOUR * base * np.exp(-0.12 * skill) * _spread(rng, n, 0.65)
    visits = 1 + (parts_wait > 0) + misjudged + (misjudged & (rng.random(n) < 0.1))
    return _Repair(work + again, visits, needs_part, parts_wait, approval_wait)


def _completion(
    begun: np.ndarray, repair: _Repair, mode: np.ndarray, unit: Unit, rng: np.random.Generator
) -> np.ndarray:
    raw = begun + repair.work + repair.parts_wait + repair.approval_wait
    same_day = (raw // DAY == begun // DAY) & (raw % DAY < HOUR * 21)  # a started job is finished, even in the evening
    later = open_day(next_open(raw, FIELD_HOURS, rng), unit, rng)
    desk = next_open(raw, DESK_HOURS, rng)
    return np.floor(np.where(mode == REMOTE, desk, np.where(same_day, raw, np.maximum(later, begun + 600))))


def _spread(rng: np.random.Generator, size: int, sigma: float) -> np.ndarray:
    """Heavy-tailed factor with median 1 (lognormal)."""
    return np.exp(rng.normal(0.0, sigma, size))


def _of_line(line: np.ndarray, name: str) -> np.ndarray:
    return np.array([getattr(entry, name) for entry in LINES])[line]
