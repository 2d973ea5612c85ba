"""Surveys: who is asked, who answers (the angry and the delighted rather than the others), and what they say."""

import numpy as np

from analysis.sample.business import UNITS
from analysis.sample.clock import DESK_HOURS, HOUR, next_open
from analysis.sample.complaints import Complaints, complaint_ids
from analysis.sample.days import CUTOFF_SECONDS, DAY, month_tag
from analysis.sample.fleet import customer_ids
from analysis.sample.orders import Orders, at, order_ids, unit_column
from analysis.sample.phrases import comment_texts
from analysis.sample.plan import Plan
from analysis.sample.randomness import generator
from analysis.sample.technicians import technician_ids
from analysis.sample.writing import Columns, identifiers, labels

INSTRUMENTS = ("csat5", "nps", "ces7")
SCALES = np.array([(1.0, 5.0), (0.0, 10.0), (1.0, 7.0)])
INSTRUMENT_SHARES = (0.55, 0.28, 0.17)
METHODS, METHOD_SHARES = ("questionnaire", "phone_callback", "online_review"), (0.74, 0.17, 0.09)
INVITED = 0.66
DIMENSIONS = {  # shift of the dimension's mean, and how much of the wait it feels
    "response_speed": (-0.1, 0.45),
    "problem_solving": (0.0, 0.15),
    "attitude": (0.4, 0.0),
    "service_quality": (0.1, 0.1),
    "feedback_handling": (-0.15, 0.15),
    "accessibility": (-0.05, 0.1),
    "transparency": (-0.1, 0.0),
    "reliability": (0.05, 0.1),
}
CSAT_EDGES = np.array([-2.2, -1.7, -1.08, 0.3])
NPS_EDGES = np.array([-2.6, -2.3, -2.05, -1.85, -1.65, -1.45, -1.15, -0.75, -0.1, 0.75])
CES_EDGES = np.array([-2.2, -1.8, -1.4, -0.95, -0.45, 0.55])


def survey_rows(plan: Plan, orders: Orders, complaints: Complaints) -> Columns:
    """Rows of surveys: one for each invitation, about an order or about how a complaint was handled."""
    rng = generator(plan.seed, "surveys", orders.unit, orders.month)
    about = np.flatnonzero(
        np.isfinite(orders.course.closed) & (orders.status == 1) & (rng.random(len(orders)) < INVITED)
    )
    cases = np.flatnonzero(np.isfinite(complaints.closed) & (rng.random(len(complaints)) < 0.5))
    n, from_order = len(about) + len(cases), np.arange(len(about) + len(cases)) < len(about)
    place = np.concatenate([about, complaints.order[cases]])
    ended = np.concatenate([orders.course.closed[about], complaints.closed[cases]])
    sent = next_open(ended + HOUR * (12 + 24 * rng.random(n)), (9.5, 20.0), rng)
    feeling = np.concatenate(
        [_feeling(orders, about, complaints), -1.15 + 0.5 * complaints.justified[cases]]
    ) + rng.normal(0, 1.0, n)
    keep = np.flatnonzero(sent <= CUTOFF_SECONDS)
    cut = (place[keep], sent[keep], feeling[keep], from_order[keep])
    case = np.concatenate([np.full(len(about), -1), cases])[keep]
    return _rows(orders, complaints, cut, case, rng)


def _feeling(orders: Orders, rows: np.ndarray, complaints: Complaints) -> np.ndarray:
    """How the customer feels about the order, normal around a mean made of waiting, visits and the technician."""
    course, cycle = orders.course, orders.cycle_days[rows]
    complained = np.isin(rows, complaints.order)
    return (
        0.42
        + 0.28 * orders.skill[rows]
        - 0.12 * np.minimum(cycle, 12)
        + 0.25 * (cycle < 1.2)
        - 0.45 * (course.visits[rows] > 1)
        - 0.6 * (orders.parent[rows] >= 0)
        - 0.5 * np.isfinite(course.reopened[rows])
        - 1.1 * complained
        + 0.2 * (orders.asked.kind[rows] != 0)
    )


def _rows(
    orders: Orders, complaints: Complaints, cut: tuple[np.ndarray, ...], case: np.ndarray, rng: np.random.Generator
) -> Columns:
    place, sent, feeling, from_order = cut
    n = len(place)
    instrument = np.where(from_order, rng.choice(3, size=n, p=INSTRUMENT_SHARES), 0)
    method = rng.choice(3, size=n, p=METHOD_SHARES)
    answered = _answered(sent, feeling, method, rng)
    said = np.isfinite(answered)
    score = _score(feeling, instrument)
    low = said & ((instrument == 0) & (score <= 2) | (instrument == 1) & (score <= 6))
    followed = next_open(answered + DAY * (0.3 + rng.exponential(2.2, n)), DESK_HOURS, rng)
    followed = np.where(low & (rng.random(n) < 0.72) & (followed <= CUTOFF_SECONDS), followed, np.nan)
    extreme = np.where(np.abs(feeling + 0.2) > 1.1, 0.5, 0.22)
    mood = np.where(feeling < -1.1, 0, np.where(feeling < -0.3, 1, 2))
    parent = UNITS[orders.unit].parent
    asked_about = np.where(from_order, at(orders.customer, place, -1), at(complaints.customer, case, -1))
    return {
        "survey_id": identifiers(f"S{UNITS[orders.unit].id[1:]}-{month_tag(orders.month)}-", np.arange(n), width=6),
        "business_unit": unit_column(orders.unit, n),
        "instrument": labels(INSTRUMENTS, instrument),
        "sent_at": sent,
        "answered_at": answered,
        "score": np.where(said, score, np.nan),
        "scale_min": SCALES[instrument, 0],
        "scale_max": SCALES[instrument, 1],
        "method": labels(METHODS, method),
        "work_order_id": order_ids(orders.unit, orders.month, np.maximum(place, 0), place < 0),
        "customer_id": customer_ids(orders.unit, asked_about),
        "technician_id": technician_ids(orders.unit, at(orders.technician, place, 0), ~from_order),
        **_dimensions(feeling, at(orders.cycle_days, place, 2.0), said & from_order & (instrument == 0), rng),
        **_acsi(feeling, said & from_order & (instrument == 0) & (rng.random(n) < 0.25), rng),
        "complaint_id": complaint_ids(orders.unit, orders.month, np.maximum(case, 0), case < 0),
        "followed_up_at": followed,
        "comment": comment_texts(mood, parent, rng, written=said & (rng.random(n) < extreme)),
    }


def _answered(sent: np.ndarray, feeling: np.ndarray, method: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """When each invitation was answered: the very satisfied and the very dissatisfied answer most, a call back
    nearly always.
    """
    logit = (
        -1.55
        + 0.55 * np.maximum(-feeling - 0.5, 0)
        + 0.45 * np.maximum(feeling - 0.3, 0)
        + np.array([0.0, 2.2, -0.8])[method]
    )
    answers = rng.random(len(sent)) < 1 / (1 + np.exp(-logit))
    moment = next_open(sent + HOUR * np.exp(rng.normal(2.0, 1.6, len(sent))), (7.0, 23.5), rng)
    moment = np.where(method == 1, sent + 180, moment)
    return np.where(answers & (moment <= np.minimum(CUTOFF_SECONDS, sent + 14 * DAY)), moment, np.nan)


def _score(feeling: np.ndarray, instrument: np.ndarray) -> np.ndarray:
    choices = [
        1 + np.searchsorted(CSAT_EDGES, feeling),
        np.searchsorted(NPS_EDGES, feeling),
        1 + np.searchsorted(CES_EDGES, feeling),
    ]
    return np.choose(instrument, choices).astype(float)


def _dimensions(
    feeling: np.ndarray, cycle: np.ndarray, given: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Scores 1 to 5 of the single aspects and of what was expected; some are left out."""
    columns = {}
    for name, (shift, impatience) in DIMENSIONS.items():
        felt = 0.8 * feeling + shift - impatience * np.minimum(cycle - 2, 6) / 3 + rng.normal(0, 0.6, len(feeling))
        left_out = rng.random(len(feeling)) < 0.06
        columns[name] = np.where(given & ~left_out, 1.0 + np.searchsorted(CSAT_EDGES, felt), np.nan)
    expected = np.clip(np.round(4.15 + rng.normal(0, 0.65, len(feeling))), 1, 5)
    return {**columns, "expectation": np.where(given & (rng.random(len(feeling)) < 0.8), expected, np.nan)}


def _acsi(feeling: np.ndarray, given: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    level = {"acsi_overall": 8.0, "acsi_expectation": 7.6, "acsi_ideal": 7.2}
    return {
        name: np.where(given, np.clip(np.round(mean + 1.1 * feeling + rng.normal(0, 0.8, len(feeling))), 1, 10), np.nan)
        for name, mean in level.items()
    }
