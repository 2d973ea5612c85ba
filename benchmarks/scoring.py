"""What counts as found, as false and as covered: the findings and figures of a run against the simulation's truth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.statistics.intervals import wilson
from benchmarks.simulated import Business, Effect
from benchmarks.simulated.orders import BAD_BATCH_HAZARD
from benchmarks.simulated.products import (
    BAD_BATCH,
    BAD_PRODUCT,
    BAD_SERIALS,
    PRODUCTS,
    SERIALS_PER_ORDER,
    SLOW_LINE,
)

if TYPE_CHECKING:
    from benchmarks.planted import Run

NEWS = (
    "level_shift", "trend", "outlier", "unit_outlier", "mix_effect", "rate_effect", "concentration", "censoring",
    "intervention_effect",
)  # fmt: skip
CALM = ("steady", "insufficient")
STRONG = {"complaint_spike": 6.0}
STRONG_ELSE = 4.0
NEAR = 1
EDGES = (0.0, 2.0, 3.0, 4.0, 6.0, np.inf)
CYCLE = ("repair_cycle", "resolution_rate", "resolution_sla")
BACKLOG = (
    "backlog",
    "repair_cycle",
    "resolution_",
    "clearance",
    "days_of_work",
    "stage_mean_dispatch",
    "dispatch_time",
)
COMPLAINTS = ("complaints_", "complaining_")
FIX = ("first_time_fix", "single_visit", "repeat_repair", "any_repeat_repair", "same_fault_recurrence")
OVER_TIME = ("level_shift", "trend")


@dataclass(frozen=True)
class Planted:
    """An effect, the business it is in, and how many monthly standard errors of its metric it amounts to."""

    effect: Effect
    business: Business
    errors: float


def find_planted(planted: Planted, findings: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Whether an effect was found with the right metric, direction and segment, and how many months off."""
    effect, business = planted.effect, planted.business
    unit = business.units[effect.unit]
    right = [one for one in findings[unit] if is_right(effect, one)]
    began = business.calendar[effect.start]
    months = [abs((pd.Period(one["since"], freq="M") - began).n) for one in right if one["since"]]
    dated = effect.kind not in ("complaint_level", "mix")
    return {
        "kind": effect.kind, "size": effect.size, "stage": effect.stage, "unit": unit,
        "errors": None if not np.isfinite(planted.errors) else round(planted.errors, 2), "found": bool(right),
        "months_off": int(min(months)) if dated and months else None,
        "metric": right[0]["metric"] if right else None, "told_as": right[0]["kind"] if right else None,
        "months": business.months,
    }  # fmt: skip


def is_right(effect: Effect, one: Mapping[str, Any]) -> bool:
    """Whether a finding tells this effect: kind, metric, direction and, where there is one, segment."""
    kind, metric, segment, up = one["kind"], one["metric"], one["segment"], one["direction"] == "up"
    if effect.kind == "stage":
        own = effect.stage in metric or (metric.startswith(CYCLE) and segment.get("stage") == effect.stage)
        return kind in OVER_TIME and own and one["good"] is False
    if effect.kind == "mix":
        named = segment.get("product_line") == SLOW_LINE or segment.get("product_id") in ("D1", "D2")
        return kind == "mix_effect" and named and one["good"] is False
    if effect.kind == "dispatch_measure":
        return kind == "intervention_effect" and metric == "dispatch_time_median" and not up
    if effect.kind == "first_time_fix":
        return kind in OVER_TIME and metric.startswith(FIX) and one["good"] is False
    if effect.kind == "neglected_backlog":
        return kind in (*OVER_TIME, "censoring") and metric.startswith(BACKLOG) and one["good"] is False
    if effect.kind == "batch":
        named = {"batch": BAD_BATCH, "product_id": PRODUCTS[BAD_PRODUCT]}
        return kind == "concentration" and any(segment.get(by) == name for by, name in named.items())
    wanted = {"complaint_growth": OVER_TIME, "complaint_spike": ("outlier",), "complaint_level": ("unit_outlier",)}
    return kind in wanted[effect.kind] and metric.startswith(COMPLAINTS) and up


def find_driver(run: "Run") -> list[dict[str, Any]]:
    """Per unit whether the aspect that makes satisfaction was named; its size has no standard error of months."""
    return [
        {
            "kind": "driver", "size": 1.0, "stage": "", "unit": unit, "errors": None,
            "found": any(
                one["kind"] == "driver" and one["segment"] == {"aspect": run.business.driver}
                for one in run.findings[unit]
            ),
            "months_off": None, "metric": None, "told_as": None, "months": run.business.months,
        }
        for unit in run.business.units
    ]  # fmt: skip


def standard_errors(run: "Run", effect: Effect) -> float:
    """The effect in standard errors of one month of its own metric: sampling and the months' own scatter.

    Taken from the unit's usual month: its records, the scatter that the simulation gives, never from the findings.
    """
    unit, wander = run.business.units[effect.unit], run.business.quiet.wander
    rows = run.data.rows("measurements", business_unit=unit, breakdown="")
    rows = rows[(rows["grain"] == "month") & rows["mature"]]

    def usual(metric: str, column: str) -> float:
        return float(rows.loc[rows["metric"] == metric, column].median())

    if effect.kind in ("stage", "dispatch_measure"):
        metric = f"{'dispatch' if effect.stage == '' else effect.stage}_time_median"
        return abs(np.log(effect.size)) / float(np.hypot(usual(metric, "se") / usual(metric, "value"), wander))
    if effect.kind == "mix":
        n, share = usual("orders_submitted", "value"), 0.2
        return 100 * effect.size / float(100 * np.sqrt(share * (1 - share) / n))
    if effect.kind == "first_time_fix":
        p = usual("first_time_fix_rate", "value") / 100
        return effect.size / float(np.hypot(usual("first_time_fix_rate", "se"), 100 * wander * p * (1 - p)))
    if effect.kind == "neglected_backlog":
        p = usual("repair_cycle_within_7d", "value") / 100
        return (
            100 * effect.size * p / float(np.hypot(usual("repair_cycle_within_7d", "se"), 100 * wander * p * (1 - p)))
        )
    if effect.kind == "batch":
        usual_orders = BAD_SERIALS / SERIALS_PER_ORDER
        return float((BAD_BATCH_HAZARD * BAD_SERIALS * effect.size - usual_orders) / np.sqrt(usual_orders))
    k = run.business.orders[effect.unit] * run.business.complaint_share
    scatter = float(np.sqrt(1 / k + 2 * wander**2))
    return float(np.log(effect.size if effect.kind != "complaint_growth" else (1 + effect.size) ** 12)) / scatter


def tell_quiet(run: "Run") -> list[dict[str, Any]]:
    """Per unit without an effect its findings of the kinds that are news, and its cards that claim something."""
    loud = {effect.unit for effect in run.business.effects}
    signals = {(row.metric, row.business_unit): row.signal for row in run.kpis.itertuples()}
    told = []
    for number, unit in enumerate(run.business.units):
        if number in loud:
            continue
        false = {(one["kind"], one["metric"], str(one["segment"])) for one in run.findings[unit] if one["kind"] in NEWS}
        cards = [(metric, signals[metric, unit]) for metrics in run.cards.values() for metric in metrics]
        told.append(
            {
                "unit": unit, "units": len(run.business.units), "findings": sorted(map(list, false)),
                "cards": len(cards), "loud_cards": sorted({metric for metric, signal in cards if signal not in CALM}),
                "loud": sum(signal not in CALM for _, signal in cards),
            }
        )  # fmt: skip
    return told


def cover(run: "Run") -> list[dict[str, Any]]:
    """Per kind of figure how many of its intervals hold the truth that the simulation knows."""
    truth, units = run.simulated.truth, run.business.units
    months = [str(month) for month in run.business.complete]
    wanted = ["dispatch_time_median", "repair_cycle_median", "complaint_upheld_share", "external_complaint_share",
              "escalation_rate", "critical_error_rate", "complaints_per_1000_units", "order_forecast"]  # fmt: skip
    rows = run.data.rows("measurements", grain="month")
    rows = rows[rows["metric"].isin(wanted) & rows["mature"] & rows["business_unit"].isin(units)]
    rows = rows[rows["low"].notna()]
    totals = rows[rows["breakdown"] == ""].copy()
    at = totals["period"].map({month: number for number, month in enumerate(months)})
    totals, at = totals[at.notna()], at[at.notna()].astype(int)
    row = totals["business_unit"].map({unit: number for number, unit in enumerate(units)}).to_numpy()
    found = [
        ("proportion", metric, share) for metric, share in (("complaint_upheld_share", 60.0),
        ("external_complaint_share", 8.0), ("escalation_rate", 3.0), ("critical_error_rate", 4.0))
    ]  # fmt: skip
    held = [_held(kind, totals[totals["metric"] == metric], true) for kind, metric, true in found]
    is_dispatch = (totals["metric"] == "dispatch_time_median").to_numpy()
    usual = truth["usual_dispatch"][row[is_dispatch], at[is_dispatch]] * 24
    held.append(_held("KM median", totals[is_dispatch], usual))
    is_rate = (totals["metric"] == "complaints_per_1000_units").to_numpy()
    expected = truth["complaints_expected"][row[is_rate], at[is_rate]]
    exposure = totals["denominator"].to_numpy()[is_rate]
    held.append(_held("rate", totals[is_rate], 1000 * expected / exposure))
    held.append(_ahead(rows, truth["orders_submitted"], units, run.business.months))
    return [one for one in held if one["of"]]


def summarise(
    planted: Iterable[Mapping[str, Any]], quiet: Iterable[Mapping[str, Any]], covered: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Power by kind, size and standard errors; false findings and loud cards; coverage."""
    effects, calm, intervals = pd.DataFrame(planted), pd.DataFrame(quiet), pd.DataFrame(covered)
    strong = (effects["errors"] >= effects["kind"].map(STRONG).fillna(STRONG_ELSE)) | (effects["kind"] == "driver")
    sized = effects[effects["errors"].notna()]
    band = pd.cut(sized["errors"], EDGES, right=False)
    own = calm[calm["business"] == "quiet"]
    kinds = pd.Series([found[0] for found in own["findings"].sum()], dtype=object).value_counts()
    return {
        "promised": _power(effects[strong], ["kind"]) if strong.any() else [],
        "promised_all": _power(effects[strong].assign(all="all"), ["all"]) if strong.any() else [],
        "by_size": _power(effects, ["kind", "size"]),
        "by_errors": _power(sized.assign(band=band.astype(str)), ["band"]),
        "quiet": [
            {
                "business": str(name), "units": len(part),
                "findings_per_unit": round(float(part["findings"].map(len).mean()), 3),
                "loud_cards_share": round(float(part["loud"].sum() / part["cards"].sum()), 4),
            }
            for name, part in calm.groupby("business")
        ],
        "quiet_kinds": {str(kind): int(count) for kind, count in kinds.items()},
        "coverage": [
            {
                "kind": str(kind), "of": int(part["of"].sum()),
                "covered": round(float(part["held"].sum() / part["of"].sum()), 4),
                **_between(int(part["held"].sum()), int(part["of"].sum())),
            }
            for kind, part in intervals.groupby("kind")
        ] if len(intervals) else [],
    }  # fmt: skip


def _between(held: int, of: int) -> dict[str, float]:
    """Where the share lies as far as so many intervals tell (Wilson, 95 %), taken as independent."""
    share = wilson(held, of)
    return {"low": round(float(share.low), 4), "high": round(float(share.high), 4)}


def _power(effects: pd.DataFrame, by: list[str]) -> list[dict[str, Any]]:
    rows = []
    for key, part in effects.groupby(by, observed=True):
        off, errors = part["months_off"].dropna(), part["errors"].dropna()
        size = {"standard_errors": round(float(errors.median()), 1) if len(errors) else None}
        rows.append(
            {
                **dict(zip(by, key, strict=True)), "planted": len(part),
                "found": round(float(part["found"].mean()), 3),
                "dated": round(float((off <= NEAR).mean()), 3) if len(off) else None,
            }
            | ({} if "band" in by else size)
        )  # fmt: skip
    return rows


def _held(kind: str, rows: pd.DataFrame, true: Any) -> dict[str, Any]:
    ample = (rows["n"] >= 30).to_numpy()
    inside = ((rows["low"] <= true) & (true <= rows["high"])).to_numpy()
    metric = str(rows["metric"].iloc[0]) if len(rows) else ""
    return {"kind": kind, "metric": metric, "held": int(inside[ample].sum()), "of": int(ample.sum())}


def _ahead(rows: pd.DataFrame, orders: np.ndarray, units: tuple[str, ...], months: int) -> dict[str, Any]:
    """Forecasts of each of the next three months against what came."""
    ahead = rows[(rows["metric"] == "order_forecast") & (rows["breakdown"] == "month_ahead")]
    step = ahead.groupby("business_unit")["segment"].rank().to_numpy(dtype=int) - 1
    row = ahead["business_unit"].map({unit: number for number, unit in enumerate(units)}).to_numpy(dtype=int)
    return _held("forecast", ahead.assign(n=100), orders[row, months + step])
