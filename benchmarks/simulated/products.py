"""Products, the installed base and its customers: who owns what, from which batch."""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.simulated.columns import DAY, NEVER, days, ids, moments, until

LINES = ("Boiler", "Cooler", "Dryer")
SLOW_LINE = "Dryer"
PRODUCTS = ("B1", "B2", "C1", "C2", "D1", "D2")
LINE_OF = np.array([0, 0, 1, 1, 2, 2])
SHARES = np.array([0.26, 0.2, 0.2, 0.14, 0.12, 0.08])
FAULTS_A_LINE = 4
SERIALS_PER_ORDER = 16
YEARS_BEFORE = 3
REPLACED_A_YEAR = 0.09
BAD_PRODUCT = 3
BAD_BATCH = "C2-BAD"
BAD_SERIALS = 120


def draw(drawn: Any) -> dict[str, pd.DataFrame]:
    """products, installed_units, installed_base_monthly and customers."""
    serials = _serials(drawn)
    return {
        "products": _products(),
        "installed_units": serials,
        "installed_base_monthly": _base(drawn, serials),
        "customers": _customers(drawn, serials),
    }


def _products() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "product_id": PRODUCTS, "name": [f"Model {name}" for name in PRODUCTS],
            "product_line": [LINES[line] for line in LINE_OF], "model": PRODUCTS, "warranty_months": 36,
            "price": [2000.0, 3500.0, 1500.0, 2600.0, 4200.0, 5600.0], "supplier": ["S1", "S2", "S1", "S3", "S2", "S3"],
        }
    )  # fmt: skip


def _serials(drawn: Any) -> pd.DataFrame:
    """Serials sold steadily; for every one sold an old one retires, but for those by which the base grows."""
    business, rng, starts = drawn.business, drawn.rng, drawn.starts
    begin, end = starts[0] - YEARS_BEFORE * 365 * DAY, starts[-1]
    span = (end - begin) / (30.44 * DAY)
    parts = []
    bad = {effect.unit: effect for effect in business.effects if effect.kind == "batch"}
    for unit, monthly in enumerate(business.orders):
        growth = business.growth[unit] if business.growth else 0.0
        held = int(monthly * SERIALS_PER_ORDER * np.exp(-growth * span / 2))
        replaced = int(held * min(REPLACED_A_YEAR * span / 12, 0.95))
        grown = int(held * np.expm1(growth * span))
        sold = np.concatenate(
            [
                begin - rng.integers(0, 6 * 365 * DAY, held),
                begin + rng.integers(0, end - begin, replaced),
                begin + (_growing(rng, grown, growth * span) * (end - begin)).astype("int64"),
            ]
        )
        retired = np.full(len(sold), NEVER)
        retired[:replaced] = begin + rng.integers(0, end - begin, replaced)
        count = len(sold)
        product = rng.choice(len(PRODUCTS), count, p=SHARES)
        number = np.clip((sold - begin + 6 * 365 * DAY) // (180 * DAY), 0, None).astype(int)
        batch = np.char.add(np.array(PRODUCTS)[product], np.char.add("-", np.char.zfill(number.astype(str), 2)))
        batch = batch.astype(object)
        if unit in bad:
            ill = rng.choice(np.flatnonzero((product == BAD_PRODUCT) & (retired == NEVER)), BAD_SERIALS, replace=False)
            sold[ill] = starts[max(bad[unit].start - 3, 0)] - rng.integers(0, 60 * DAY, BAD_SERIALS)
            batch[ill] = BAD_BATCH
        parts.append(
            pd.DataFrame({"_unit": unit, "product": product, "batch": batch, "sold": sold, "retired": retired})
        )
    every = pd.concat(parts, ignore_index=True)
    every = every[every["sold"] <= business.cutoff - 4 * DAY].reset_index(drop=True)
    number = np.arange(len(every))
    return pd.DataFrame(
        {
            "serial_no": ids("S", number), "product_id": np.array(PRODUCTS)[every["product"]],
            "customer_id": ids("C", number), "business_unit": np.array(business.units)[every["_unit"]],
            "batch": every["batch"], "produced_on": days(every["sold"] - 45 * DAY),
            "shipped_on": days(every["sold"] - 15 * DAY), "sold_on": days(every["sold"]),
            "in_service_on": days(every["sold"] + 3 * DAY),
            "retired_on": moments(until(every["retired"].to_numpy(), business.cutoff)),
            "warranty_end_on": days(every["sold"] + 1095 * DAY), "_unit": every["_unit"],
        }
    )  # fmt: skip


def _growing(rng: np.random.Generator, count: int, rate: float) -> np.ndarray:
    """Places in time, 0 to 1, of what grows exponentially."""
    share = rng.random(count)
    return np.log1p(share * np.expm1(rate)) / rate if rate > 0 else share


def _base(drawn: Any, serials: pd.DataFrame) -> pd.DataFrame:
    """Units in service in the middle of each month, counted from the serials; the same exposure that makes orders."""
    starts = drawn.starts
    begun, ended = seconds_of(serials["in_service_on"]), seconds_of(serials["retired_on"])
    starts = starts[: len(drawn.business.complete) + 1]
    middle = (starts[:-1] + starts[1:]) // 2
    rows = []
    for (unit, product), at in serials.groupby(["business_unit", "product_id"], observed=True).indices.items():
        since, gone = np.sort(begun[at]), ended[at]
        gone = np.sort(gone[gone != NEVER])
        count = np.searchsorted(since, middle) - np.searchsorted(gone, middle)
        shipped = np.diff(np.searchsorted(since, starts))
        rows.append(
            pd.DataFrame(
                {
                    "business_unit": unit,
                    "product_id": product,
                    "month": [str(month) for month in drawn.business.complete],
                    "units_in_service": count,
                    "units_shipped": shipped,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def _customers(drawn: Any, serials: pd.DataFrame) -> pd.DataFrame:
    rng, count = drawn.rng, len(serials)
    return pd.DataFrame(
        {
            "customer_id": serials["customer_id"], "business_unit": serials["business_unit"],
            "segment": rng.choice(["household", "business", "public"], count, p=[0.7, 0.2, 0.1]),
            "region": rng.choice(["north", "south"], count), "first_purchase_on": serials["sold_on"],
            "acquired_via": rng.choice(["store", "online", "referral"], count, p=[0.5, 0.4, 0.1]),
        }
    )  # fmt: skip


def seconds_of(column: pd.Series) -> np.ndarray:
    """Seconds since 1970 of a column of moments."""
    return column.to_numpy().astype("datetime64[s]").astype("int64")
