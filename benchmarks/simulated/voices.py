"""What customers say: complaints and surveys."""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.simulated.columns import DAY, NEVER, ids, moments, until, when
from benchmarks.simulated.products import seconds_of

ASPECTS = (
    "response_speed", "problem_solving", "attitude", "service_quality", "feedback_handling", "accessibility",
    "transparency", "reliability",
)  # fmt: skip
CATEGORIES = ("slow response", "attitude", "repair quality", "price", "missed appointment")
DRIVER_WEIGHT, OTHER_WEIGHT = 0.9, 0.12
INVITED, ANSWERS = {"csat5": 0.4, "nps": 0.15, "ces7": 0.1}, 0.4
COMMENTS = ("服务很好", "师傅很专业", "太慢了", "Fast and friendly", "Had to wait too long", "一般")


def draw(drawn: Any, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """complaints and surveys."""
    return {"complaints": _complaints(drawn, tables), "surveys": _surveys(drawn, tables["work_orders"])}


def _complaints(drawn: Any, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Complaints follow the orders of the month, with a rate of their own."""
    rng, business = drawn.rng, drawn.business
    orders = tables["work_orders"]
    counted = np.zeros(drawn.shape)
    np.add.at(counted, (orders["_unit"], orders["_month"]), 1)
    rate = _level_with_peers(drawn, drawn.level(business.complaint_share)) * drawn.planted.complaints
    drawn.truth["complaints_expected"] = counted * rate
    unit, _, at = when(rng, rng.poisson(counted * rate), drawn.starts)
    keep = at <= business.cutoff
    unit, at = unit[keep], at[keep]
    which = _earlier_orders(rng, orders, unit, at)
    about = orders.iloc[which]
    count = len(at)
    usual = drawn.level(6.0)[unit, np.clip(np.searchsorted(drawn.starts, at, side="right") - 1, 0, drawn.shape[1] - 1)]
    reply = at + (rng.gamma(2, 6, count) * 3600).astype("int64")
    replied = until(reply, business.cutoff)
    solved = until(reply + (usual * np.exp(0.7 * rng.standard_normal(count)) * DAY).astype("int64"), business.cutoff)
    closed = until(np.where(solved == NEVER, np.iinfo("int64").max, solved + DAY), business.cutoff)
    return pd.DataFrame(
        {
            "complaint_id": ids("K", np.arange(count)), "business_unit": np.array(business.units)[unit],
            "received_at": moments(at), "work_order_id": about["work_order_id"].to_numpy(),
            "customer_id": about["customer_id"].to_numpy(), "product_id": about["product_id"].to_numpy(),
            "serial_no": about["serial_no"].to_numpy(),
            "category": rng.choice(CATEGORIES, count, p=[0.3, 0.12, 0.28, 0.12, 0.18]),
            "severity": rng.choice(["low", "medium", "high"], count, p=[0.5, 0.35, 0.15]),
            "channel": rng.choice(["phone", "app", "web"], count, p=[0.6, 0.25, 0.15]),
            "is_justified": rng.random(count) < 0.6, "is_external": rng.random(count) < 0.08,
            "first_reply_at": moments(replied), "resolved_at": moments(solved), "closed_at": moments(closed),
            "compensation": np.where(rng.random(count) < 0.1, rng.gamma(2, 60, count).round(2), np.nan),
            "text": "等待太久",
        }
    )  # fmt: skip


def _level_with_peers(drawn: Any, rate: np.ndarray) -> np.ndarray:
    """A unit that is to stand at a factor of its peers' level starts from that level, not from one of its own."""
    usual = rate.mean(axis=1, keepdims=True)
    apart = {effect.unit for effect in drawn.business.effects if effect.kind == "complaint_level"}
    own = np.array([[unit in apart] for unit in range(len(rate))])
    return np.where(own, rate * np.median(usual) / usual, rate)


def _earlier_orders(rng: np.random.Generator, orders: pd.DataFrame, unit: np.ndarray, at: np.ndarray) -> np.ndarray:
    """For each complaint an order of its unit submitted one to fifteen days before."""
    submitted = seconds_of(orders["submitted_at"])
    order = np.lexsort((submitted, orders["_unit"].to_numpy()))
    owner, moment = orders["_unit"].to_numpy()[order], submitted[order]
    wanted = at - (rng.uniform(1, 15, len(at)) * DAY).astype("int64")
    found = np.empty(len(at), dtype="int64")
    for number in np.unique(unit):
        mine = np.flatnonzero(unit == number)
        first, last = np.searchsorted(owner, [number, number + 1])
        place = first + np.searchsorted(moment[first:last], wanted[mine])
        found[mine] = order[np.clip(place, first, last - 1)]
    return found


def _surveys(drawn: Any, orders: pd.DataFrame) -> pd.DataFrame:
    done = orders[orders["completed_at"].notna()].reset_index(drop=True)
    parts = [_survey(drawn, done, instrument, share) for instrument, share in INVITED.items()]
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(survey_id=ids("Q", np.arange(len(frame))))


def _survey(drawn: Any, done: pd.DataFrame, instrument: str, share: float) -> pd.DataFrame:
    """Aspects from one content shared by all and their own scatter; the overall score from the driver above all."""
    rng, business = drawn.rng, drawn.business
    asked = done[rng.random(len(done)) < share]
    count = len(asked)
    mood = np.log(drawn.level(1.0, between=0.7))[asked["_unit"], asked["_month"]]
    common = rng.standard_normal(count)
    aspects = {name: 0.5 * common + 0.85 * rng.standard_normal(count) for name in ASPECTS}
    pull = sum((DRIVER_WEIGHT if name == business.driver else OTHER_WEIGHT) * each for name, each in aspects.items())
    latent = pull / 1.25 + 0.5 * rng.standard_normal(count) + 2 * mood
    sent = asked["_done"].to_numpy() + (rng.uniform(0.2, 2, count) * DAY).astype("int64")
    answered = until(sent + (rng.exponential(1.5, count) * DAY).astype("int64"), business.cutoff)
    answers = drawn.level(ANSWERS)[asked["_unit"], asked["_month"]]
    answered = np.where(rng.random(count) < np.clip(answers, 0, 0.9), answered, NEVER)
    told = answered != NEVER
    frame = pd.DataFrame(
        {
            "business_unit": asked["business_unit"].to_numpy(), "instrument": instrument,
            "sent_at": moments(sent), "answered_at": moments(answered),
            "score": np.where(told, _scored(instrument, latent), np.nan),
            "scale_min": {"csat5": 1, "nps": 0, "ces7": 1}[instrument],
            "scale_max": {"csat5": 5, "nps": 10, "ces7": 7}[instrument], "method": "questionnaire",
            "work_order_id": asked["work_order_id"].to_numpy(), "customer_id": asked["customer_id"].to_numpy(),
            "technician_id": asked["technician_id"].to_numpy(),
        }
    )  # fmt: skip
    if instrument == "csat5":
        for name, each in aspects.items():
            frame[name] = np.where(told, np.clip(np.round(4.0 + 0.8 * each), 1, 5), np.nan)
        frame["expectation"] = np.where(told, np.clip(np.round(4.1 + 0.7 * common), 1, 5), np.nan)
        frame["comment"] = np.where(told & (rng.random(count) < 0.2), rng.choice(COMMENTS, count), None)
        low = told & (frame["score"].to_numpy() <= 2) & (rng.random(count) < 0.7)
        followed = until(answered + (rng.exponential(3, count) * DAY).astype("int64"), business.cutoff)
        frame["followed_up_at"] = moments(np.where(low, followed, NEVER))
    return frame[sent <= business.cutoff]


def _scored(instrument: str, latent: np.ndarray) -> np.ndarray:
    if instrument == "csat5":
        return np.clip(np.round(4.1 + 0.85 * latent), 1, 5)
    if instrument == "nps":
        return np.clip(np.round(8.0 + 1.7 * latent), 0, 10)
    return np.clip(np.round(5.3 + 1.2 * latent), 1, 7)
