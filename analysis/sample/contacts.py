"""Interactions on all channels: contacts about orders, self-service, the chat bot and the community."""

import numpy as np

from analysis.sample.business import UNITS
from analysis.sample.clock import HOUR
from analysis.sample.days import CUTOFF_MONTH, CUTOFF_SECONDS, DAY, DAY_ZERO, month_tag
from analysis.sample.fleet import customer_ids
from analysis.sample.orders import Orders, order_ids, unit_column
from analysis.sample.plan import Plan, known_days
from analysis.sample.randomness import generator
from analysis.sample.requests import REPAIR, time_of_day
from analysis.sample.stages import REMOTE
from analysis.sample.writing import Columns, identifiers, labels

CHANNELS = ("phone", "email", "chat", "app", "web", "social", "bot", "community", "store")
(PHONE, EMAIL, CHAT, APP, WEB, SOCIAL, BOT, COMMUNITY, STORE) = range(len(CHANNELS))
FIRST_SHARES = (0.38, 0.03, 0.22, 0.24, 0.04, 0.04, 0.0, 0.0, 0.05)
CHASE_SHARES = (0.58, 0.04, 0.24, 0.06, 0.0, 0.05, 0.0, 0.0, 0.03)
ALONE_SHARES = (0.16, 0.02, 0.08, 0.12, 0.24, 0.02, 0.3, 0.06, 0.0)
SPOKEN = (PHONE, CHAT)
LOG_HANDLE_SECONDS = np.array([5.4, 5.9, 5.9, 4.3, 4.6, 5.2, 4.5, 5.0, 6.2])
RESOLVED = np.array([0.74, 0.62, 0.7, 0.8, 0.66, 0.5, 0.56, 0.6, 0.8])
COST = np.array([9.5, 7.5, 6.0, 0.6, 0.2, 7.0, 0.35, 1.2, 12.0])
FIRST_CONTACT, ALONE_PER_ORDER = 0.62, 0.42
FALLS_BACK = 0.28
"""Share of self-service and bot sessions after which the customer calls or writes within two days."""
ARTICLES = 60


def interaction_rows(plan: Plan, orders: Orders) -> Columns:
    """Rows of interactions, about 1.3 for each order."""
    rng = generator(plan.seed, "interactions", orders.unit, orders.month)
    place, channel, start, issue, customer = _contacts(plan, orders, rng)
    keep = np.flatnonzero(start <= CUTOFF_SECONDS)
    place, channel, start, issue, customer = (values[keep] for values in (place, channel, start, issue, customer))
    n = len(keep)
    talk = _talks(channel, start, rng)
    linked = place >= 0
    eligible = linked & (np.where(linked, orders.course.mode[place] == REMOTE, False) | (rng.random(n) < 0.22))
    return {
        "interaction_id": identifiers(
            f"N{UNITS[orders.unit].id[1:]}-{month_tag(orders.month)}-", np.arange(n), width=7
        ),
        "business_unit": unit_column(orders.unit, n),
        "started_at": start,
        "channel": labels(CHANNELS, channel),
        "customer_id": customer_ids(orders.unit, customer, (channel == WEB) & (rng.random(n) < 0.4)),
        "work_order_id": order_ids(orders.unit, orders.month, np.maximum(place, 0), ~linked),
        "issue_id": identifiers(f"H{UNITS[orders.unit].id[1:]}-{month_tag(orders.month)}-", issue, width=7),
        **talk,
        "article_id": identifiers(
            "A-", 1 + issue % ARTICLES, width=4, missing=(channel != WEB) & ((channel != APP) | linked)
        ),
        "handled_by": labels(
            ("human", "bot", "self"), np.where(channel == BOT, 1, np.where(np.isin(channel, (APP, WEB)), 2, 0))
        ),
        "transferred": rng.random(n) < np.where(channel == BOT, 0.24, np.where(np.isin(channel, SPOKEN), 0.09, 0.0)),
        "remote_eligible": eligible,
        "cost": COST[channel] * UNITS[orders.unit].cost * np.exp(rng.normal(0, 0.2, n)),
    }


def _talks(channel: np.ndarray, start: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """How long each contact waited and took, how it ended, and the community's answers."""
    n = len(channel)
    wait = np.where(np.isin(channel, SPOKEN), np.round(np.exp(rng.normal(3.3, 1.1, n))), np.nan)
    abandoned = (channel == PHONE) & (rng.random(n) < np.clip(np.nan_to_num(wait) / 900, 0.01, 0.6))
    handle = np.round(np.exp(rng.normal(LOG_HANDLE_SECONDS[channel], 0.6)))
    handle = np.where(abandoned, np.nan, handle)
    resolved = rng.random(n) < RESOLVED[channel]
    reply = np.where(channel == COMMUNITY, start + HOUR * np.exp(rng.normal(1.8, 1.3, n)), np.nan)
    accepted = np.where(rng.random(n) < 0.62, reply + HOUR * np.exp(rng.normal(2.3, 1.2, n)), np.nan)
    return {
        "ended_at": np.minimum(start + np.nan_to_num(wait) + np.nan_to_num(handle), CUTOFF_SECONDS),
        "first_reply_at": np.where(reply <= CUTOFF_SECONDS, np.floor(reply), np.nan),
        "accepted_answer_at": np.where(accepted <= CUTOFF_SECONDS, np.floor(accepted), np.nan),
        "resolved": resolved & ~abandoned,
        "abandoned": abandoned,
        "wait_seconds": wait,
        "handle_seconds": handle,
    }


def _contacts(plan: Plan, orders: Orders, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Position of the order (-1: none), channel, start, issue number and customer number of every contact."""
    first = np.flatnonzero(
        (rng.random(len(orders)) < FIRST_CONTACT) & (orders.asked.kind == REPAIR) | (rng.random(len(orders)) < 0.15)
    )
    chases = np.repeat(np.arange(len(orders)), rng.poisson(0.16 + 0.07 * np.minimum(orders.cycle_days, 10)))
    begun = orders.asked.submitted[first] - rng.integers(60, 900, len(first))
    asked = orders.asked.submitted[chases] + DAY * orders.cycle_days[chases] * rng.random(len(chases))
    asked = np.maximum(
        np.floor(asked / DAY) * DAY + time_of_day(rng, len(chases)), orders.asked.submitted[chases] + 1200
    )
    alone = rng.poisson(ALONE_PER_ORDER * len(orders))
    last_day = known_days(min(orders.month, CUTOFF_MONTH))
    start = (DAY_ZERO + rng.integers(last_day[0], last_day[1], alone)) * DAY + time_of_day(rng, alone)
    who = rng.integers(0, max(int(plan.customers_before[orders.unit, orders.month]), 1), alone)
    channel = rng.choice(len(CHANNELS), size=alone, p=ALONE_SHARES)
    falls = np.flatnonzero(np.isin(channel, (WEB, BOT, APP)) & (rng.random(alone) < FALLS_BACK))
    issue = len(orders) + np.arange(alone)
    nowhere = np.full(alone, -1)
    return (
        np.concatenate([first, chases, nowhere, nowhere[: len(falls)]]),
        np.concatenate(
            [
                rng.choice(len(CHANNELS), size=len(first), p=FIRST_SHARES),
                rng.choice(len(CHANNELS), size=len(chases), p=CHASE_SHARES),
                channel,
                np.where(rng.random(len(falls)) < 0.7, PHONE, CHAT),
            ]
        ),
        np.floor(np.concatenate([begun, asked, start, start[falls] + HOUR * (0.3 + 40 * rng.random(len(falls)) ** 2)])),
        np.concatenate([first, chases, issue, issue[falls]]),
        np.concatenate([orders.customer[first], orders.customer[chases], who, who[falls]]),
    )
