"""Which metrics tell the same story: median, 90th percentile, mean and share within a week of one duration, counts
and rates of one event.

A cause and its shadows are told once, with the family's first metric that has a good direction.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_TAIL = re.compile(
    r"(_in_period|_closed_only|_restricted_mean|_median|_mean|_p\d+|_within_\d+d|_over_\d+d_share|_at_\d+_months|_\d+d|_age|_time|_rate|_share)$"
)
_SAME_STORY = {
    "resolution": "repair_cycle",
    "full_resolution": "repair_cycle",
    "clearance_ratio": "backlog",
    "days_of_work": "backlog",
    "complaints_received": "complaints",
    "complaints_per_1000_units": "complaints",
    "complaints_per_100_orders": "complaints",
    "complaining_customer": "complaints",
    "complaint_first_reply": "complaint_resolution",
    "complaints_open": "complaint_resolution",
    "first_contact_resolution_rate_no_visit": "first_contact_resolution",
    "single_visit": "first_time_fix",
    "trouble_free_days": "first_time_fix",
    "repeat_repair": "first_time_fix",
    "any_repeat_repair": "first_time_fix",
    "critical_error": "service_standard_score",
    "after_sales_cost": "cost_total",
    "cost_per_satisfied_answer": "cost_per_order",
    "cost_per_unit_in_service": "cost_total",
    "labour_cost_per_order": "cost_per_order",
    "logistics_cost_per_order": "cost_per_order",
    "parts_cost_per_order": "cost_per_order",
    "poor_service_cost": "cost_total",
    "warranty_claims_paid": "claims",
    "warranty_claims_ratio": "claims",
    "claims_received": "orders",
    "parts_consumed_value": "parts",
    "part_lines_used": "orders",
    "part_replacements_per_1000": "repairs",
    "repairs_per_100_units": "repairs",
    "contacts_with_a_person": "orders",
    "interactions_received": "orders",
    "deflection_saving": "self_service_deflection",
    "faults_reported": "orders",
    "orders_completed": "orders",
    "orders_submitted": "orders",
}
EXPOSED_BY = {"orders": "repairs"}
"""Families of counts that grow with the units in service, and the family whose rate knows these: a product that sells
well has more orders, and fails no oftener."""
STAGES = ("request_handling", "dispatch", "technician_response", "repair", "closing")
STAGE_MEAN = "stage_mean_"


def family_of(metric: str) -> str:
    """The story a metric belongs to: its name without window, quantile and dating, or the story it shares with
    others."""
    stem = metric.removeprefix(STAGE_MEAN)
    while (shorter := _TAIL.sub("", stem)) != stem:
        stem = shorter
    return f"stage:{stem}" if stem in STAGES else _SAME_STORY.get(stem, stem)


def stage_of(metric: str) -> str | None:
    """The stage of the repair cycle that a metric is about, None for all others."""
    family = family_of(metric)
    return family.removeprefix("stage:") if family.startswith("stage:") else None


def primacy(metrics: Iterable[str], catalogue: Mapping[str, Any]) -> dict[str, tuple[bool, bool, int]]:
    """Sort keys: which of a family's metrics tells the story. One with a good direction, not a closed-only one, in
    the catalogue's order."""
    order = {metric: number for number, metric in enumerate(catalogue)}
    return {
        metric: (catalogue[metric].better not in ("lower", "higher"), is_closed_only(catalogue[metric]), order[metric])
        for metric in metrics
    }


def is_closed_only(card: Any) -> bool:
    """Whether the card measures closed records alone: shown for comparison, never judged."""
    return bool(getattr(card.how, "closed_only", False))
