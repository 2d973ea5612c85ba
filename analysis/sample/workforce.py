"""The technicians' tables: who they are, their hours by workday, training and incentives."""

import numpy as np

from analysis.sample.business import UNITS
from analysis.sample.days import CUTOFF_SECONDS, DAY, DAY_ZERO, FIRST_MONTH, MONTH_STARTS, closed_days
from analysis.sample.orders import Orders, unit_column
from analysis.sample.plan import MONTHS, ORDERS_PER_TECHNICIAN_DAY, Plan, known_days
from analysis.sample.products import LINES
from analysis.sample.randomness import chance, generator
from analysis.sample.technicians import GRADES, Technicians, technician_ids
from analysis.sample.writing import Columns, identifiers, labels

LAST_DAY = CUTOFF_SECONDS // DAY
MOST_WORKDAYS = 0.87
"""Share of the days of a month a technician can work: six days a week."""
TOPICS = (
    "induction and safety",
    "refrigeration",
    "inverter boards",
    "gas safety",
    "washer-dryer drives",
    "customer contact",
    "smart home",
    "diagnosis with the app",
)
CERTIFIES = (-1, 0, 0, 3, 2, -1, 4, 5)
TRAINING_KINDS = ("pre_job", "on_job", "external")


def technician_rows(staff: Technicians) -> Columns:
    """Rows of technicians."""
    number = np.arange(len(staff.skill))
    return {
        "technician_id": technician_ids(staff.unit, number),
        "business_unit": unit_column(staff.unit, len(number)),
        "hired_on": staff.hired_on,
        "left_on": np.where(np.isfinite(staff.left_on), np.floor(staff.left_on), np.nan),
        "grade": labels(GRADES, staff.grade),
    }


def time_rows(plan: Plan, staff: Technicians, orders: Orders) -> Columns:
    """Rows of technician_time: as many working days as the month's orders take; small units pay their people by
    the day.
    """
    rng = generator(plan.seed, "time", staff.unit, orders.month)
    first, last = known_days(orders.month)
    closed = closed_days(UNITS[staff.unit].festival)[first:last]
    number = staff.at_work(orders.month)
    visits = len(orders) * 1.08
    share = visits / ORDERS_PER_TECHNICIAN_DAY / max(len(number) * (last - first), 1)
    works = (rng.random((len(number), last - first)) < min(share, MOST_WORKDAYS)) & ~closed
    who, day = np.nonzero(works)
    load = np.clip(visits / max(len(who), 1) / ORDERS_PER_TECHNICIAN_DAY, 0.7, 1.5)
    n = len(who)
    paid = np.where(rng.random(n) < 0.12, 9.5, 8.0)
    onsite = np.clip(rng.normal(3.75 * load, 0.9, n), 0.5, 6.5)
    travel = np.clip(rng.normal(1.75 * load, 0.5, n), 0.2, 3.0)
    trains = rng.random(n) < 0.025
    return {
        "technician_id": technician_ids(staff.unit, number[who]),
        "date": day + first + DAY_ZERO,
        "paid_hours": paid,
        "travel_hours": np.round(np.where(trains, travel * 0.5, travel), 1),
        "onsite_hours": np.round(np.where(trains, onsite * 0.5, onsite), 1),
        "remote_hours": np.round(rng.random(n) * 0.7, 1),
        "training_hours": np.where(trains, 3.0, 0.0),
    }


def training_rows(plan: Plan, staff: Technicians) -> Columns:
    """Rows of training: induction for everyone, about two courses a year on the job, a few outside."""
    rng = generator(plan.seed, "training", staff.unit)
    number = np.arange(len(staff.skill))
    begin = np.maximum(staff.hired_on, MONTH_STARTS[FIRST_MONTH] - 200)
    years = (np.minimum(staff.left_on, LAST_DAY) - begin) / 365.25
    courses = rng.poisson(np.maximum(years, 0) * 2.1)
    who = np.concatenate([number, np.repeat(number, courses)])
    induction = np.arange(len(who)) < len(number)
    when = np.where(induction, staff.hired_on[who] + 12, begin[who] + rng.random(len(who)) * years[who] * 365.25)
    topic = np.where(induction, 0, rng.integers(1, len(TOPICS), len(who)))
    kind = np.where(induction, 0, np.where(rng.random(len(who)) < 0.12, 2, 1))
    score = np.clip(np.round(79 + 6 * staff.skill[who] + rng.normal(0, 7, len(who))), 40, 100)
    line = np.where(score >= 70, np.array(CERTIFIES)[topic], -1)
    rows = np.flatnonzero((when <= np.minimum(staff.left_on[who], LAST_DAY)) & (when > 0))
    return {
        "training_id": identifiers(f"E{UNITS[staff.unit].id[1:]}-", np.arange(len(rows)), width=6),
        "technician_id": technician_ids(staff.unit, who[rows]),
        "finished_on": np.floor(when[rows]),
        "kind": labels(TRAINING_KINDS, kind[rows]),
        "topic": labels(TOPICS, topic[rows]),
        "hours": np.where(induction, 40.0, rng.choice([4.0, 8.0, 16.0], size=len(who)))[rows],
        "score": score[rows],
        "certifies_product_line": labels([entry.name for entry in LINES], line[rows]),
    }


def incentive_rows(plan: Plan, staff: Technicians) -> Columns:
    """Rows of incentives: one a month for about two thirds of the technicians, mostly money."""
    months = np.arange(FIRST_MONTH, MONTHS - 1)
    who, month = (grid.ravel() for grid in np.meshgrid(np.arange(len(staff.skill)), months, indexing="ij"))
    employed = (staff.hired_on[who] <= MONTH_STARTS[month]) & (staff.left_on[who] > MONTH_STARTS[month])
    uniform = chance(plan.seed, "incentive", staff.unit, who, month)
    rows = np.flatnonzero(employed & (uniform < 0.64 + 0.05 * staff.skill[who]))
    kind = np.where(uniform[rows] < 0.012, 2, np.where(uniform[rows] < 0.06, 1, 0))
    amount = 150 + 700 * chance(plan.seed, "bonus", staff.unit, who[rows], month[rows])
    return {
        "technician_id": technician_ids(staff.unit, who[rows]),
        "month": MONTH_STARTS[month[rows]],
        "kind": labels(("material", "recognition", "promotion"), kind),
        "amount": np.where(kind == 0, np.round(amount / 10) * 10, np.nan),
    }
