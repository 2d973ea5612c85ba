"""A store written by hand: tables drawn in a test, or a random business with every irregularity the metrics must
survive."""

import json
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from analysis.data_model import read_tables
from analysis.metrics.cards import Catalogue, read_catalogue
from analysis.metrics.measure import Measurements, measure
from analysis.store import Store

ARROW_TYPE = {
    "str": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "money": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
}
AREAS = ("repair_cycle", "complaints")
BUSINESS_CUTOFF = "2025-07-05 23:59:59"

Tables = Mapping[str, pd.DataFrame]


@pytest.fixture
def write_store(tmp_path: Path) -> Callable[..., Store]:
    """`write_store({"work_orders": frame}, cutoff="2025-08-01")`: columns a frame lacks are NULL and count as not
    given."""
    return lambda tables, *, cutoff: _write_store(tmp_path / "store", tables, cutoff=cutoff)


@pytest.fixture
def measured(tmp_path: Path) -> Callable[..., Measurements]:
    """`measured({"work_orders": frame}, ["backlog"], cutoff="2025-08-01")`: the named metrics (all by default) of
    those tables."""

    numbers = count(1)

    def run(
        tables: Tables,
        metrics: list[str] | None = None,
        *,
        cutoff: str,
        grain: str = "month",
        catalogue: Catalogue | None = None,
    ) -> Measurements:
        whole = catalogue or read_catalogue()
        wanted = Catalogue({name: whole[name] for name in (metrics or whole)})
        place = tmp_path / str(next(numbers))
        store = _write_store(place / "store", tables, cutoff=cutoff)
        return measure(store, wanted, grain=grain, out=place / "out")  # type: ignore[arg-type]

    return run


@pytest.fixture
def rows(measured: Callable[..., Measurements]) -> Callable[..., pd.DataFrame]:
    """`rows({"work_orders": frame}, "backlog", cutoff=…)`: the metric's rows without breakdown, indexed by unit and
    period."""

    def read(tables: Tables, metric: str, **options: Any) -> pd.DataFrame:
        found = measured(tables, _with_parts(metric), **options).read(metric=metric, breakdown="")
        return found.set_index(["business_unit", "period"])

    return read


@pytest.fixture(scope="session")
def business() -> dict[str, pd.DataFrame]:
    """Six months of two units at random: open, cancelled, remote, reopened, untimed, test and duplicate orders,
    missing stamps, complaints."""
    return _random_business(np.random.default_rng(20251122))


@pytest.fixture(scope="session")
def business_measured(
    business: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, pd.DataFrame]:
    """The business's orders and complaints measured, by grain: month and quarter."""
    folder = tmp_path_factory.mktemp("business")
    store = _write_store(folder / "store", business, cutoff=BUSINESS_CUTOFF)
    cards = Catalogue({card.id: card for card in read_catalogue().values() if card.area in AREAS})
    return {grain: measure(store, cards, grain=grain, out=folder / grain).read() for grain in ("month", "quarter")}  # type: ignore[arg-type]


def _with_parts(metric: str) -> list[str]:
    return [metric, *getattr(read_catalogue()[metric].how, "of", ())]


def _write_store(root: Path, tables: Tables, *, cutoff: str) -> Store:
    manifest: dict[str, Any] = {"schema": "after-sales-store/1", "data_cutoff_at": cutoff, "tables": {}}
    units: dict[str, dict[str, int]] = {}
    for name, frame in tables.items():
        manifest["tables"][name] = {"columns": list(frame.columns), "rows": len(frame)}
        for unit, size in _write_table(root / "tables" / name, name, frame):
            units.setdefault(unit, {})[name] = size
    manifest["business_units"] = [{"business_unit": unit, "rows": counts} for unit, counts in units.items()]
    root.mkdir(parents=True, exist_ok=True)
    (root / "manifest.json").write_text(json.dumps(manifest))
    return Store(root)


def _write_table(folder: Path, name: str, frame: pd.DataFrame) -> list[tuple[str, int]]:
    table = read_tables()[name]
    schema = pa.schema([(column.name, ARROW_TYPE[column.type]) for column in table.stored])
    columns = [pa.array(_values(frame, field.name, field.type), field.type, from_pandas=True) for field in schema]
    whole = pa.Table.from_arrays(columns, schema=schema)
    if not table.partitioned:
        folder.mkdir(parents=True)
        pq.write_table(whole, folder / "data.parquet")
        return []
    written = []
    for unit in sorted(set(whole["business_unit"].to_pylist())):
        place = folder / f"business_unit={quote(unit, safe='')}"
        place.mkdir(parents=True)
        part = whole.filter(pc.equal(whole["business_unit"], unit)).drop_columns("business_unit")
        pq.write_table(part, place / "part-0.parquet")
        written.append((unit, part.num_rows))
    return written


def _values(frame: pd.DataFrame, column: str, kind: pa.DataType) -> Any:
    values = frame[column] if column in frame else pd.Series([None] * len(frame), dtype="object")
    if pa.types.is_timestamp(kind):
        return pd.to_datetime(values)
    if pa.types.is_date(kind):
        return [None if pd.isna(day) else pd.Timestamp(day).date() for day in values]
    return [None if pd.isna(value) else value for value in values]


def _random_business(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    orders = _random_orders(rng, 900)
    complaints = _random_complaints(rng, orders)
    months = pd.date_range("2025-01-01", "2025-07-01", freq="MS")
    base = pd.MultiIndex.from_product(
        [["A", "B"], ["P1", "P2", "P3"], months], names=["business_unit", "product_id", "month"]
    ).to_frame(index=False)
    customers = pd.DataFrame({"customer_id": [f"C{i}" for i in range(120)]})
    return {
        "work_orders": orders,
        "work_order_events": _random_events(rng, orders),
        "visits": _random_visits(rng, orders),
        "complaints": complaints,
        "products": pd.DataFrame({"product_id": ["P1", "P2", "P3"], "product_line": ["pumps", "pumps", "fans"]}),
        "customers": customers.assign(
            business_unit=["A", "B"] * 60,
            segment=rng.choice(["home", "trade"], 120),
            region=rng.choice(["north", "south"], 120),
        ),
        "sla_policies": pd.DataFrame(
            {
                "policy_id": ["S1", "S2"],
                "priority": ["high", "low"],
                "response_target_hours": [4.0, 12.0],
                "resolution_target_hours": [48.0, 120.0],
                "clock": "calendar",
            }
        ),
        "calendar": _calendar(),
        "purchases": pd.DataFrame(
            {
                "purchase_id": [f"B{i}" for i in range(60)],
                "customer_id": [f"C{i}" for i in rng.integers(80, 160, 60)],
                "business_unit": "A",
                "purchased_at": _moments(rng, 60, "2024-01-01", 540),
            }
        ),
        "installed_base_monthly": base.assign(units_in_service=rng.integers(40, 90, len(base))),
    }


def _random_orders(rng: np.random.Generator, n: int) -> pd.DataFrame:
    cutoff = pd.Timestamp(BUSINESS_CUTOFF)
    submitted = _moments(rng, n, "2025-01-01", 186)
    stamps = {"submitted_at": submitted}
    for name, previous, minutes in (
        ("handled_at", "submitted_at", 300),
        ("assigned_at", "handled_at", 700),
        ("arrived_at", "assigned_at", 3000),
        ("completed_at", "arrived_at", 4000),
        ("closed_at", "completed_at", 1500),
    ):
        stamps[name] = stamps[previous] + pd.to_timedelta(rng.exponential(minutes, n).round(), unit="min")
    frame = pd.DataFrame(stamps)
    frame["first_response_at"] = submitted + (frame["handled_at"] - submitted).mul(rng.uniform(0.5, 2, n)).dt.round(
        "min"
    )
    mode = rng.choice(["onsite", "depot", "remote"], n, p=[0.6, 0.2, 0.2])
    frame.loc[mode == "remote", ["assigned_at", "arrived_at"]] = pd.NaT
    cancelled = rng.random(n) < 0.1
    frame["cancelled_at"] = submitted + pd.to_timedelta(rng.exponential(2500, n).round(), unit="min")
    frame["cancelled_at"] = frame["cancelled_at"].where(cancelled)
    gone = frame["cancelled_at"].fillna(cutoff).clip(upper=cutoff)
    for name in ("handled_at", "assigned_at", "arrived_at", "completed_at", "closed_at", "first_response_at"):
        frame[name] = frame[name].where(frame[name] <= (gone if name != "closed_at" else cutoff))
    frame["closed_at"] = frame["closed_at"].where(frame["completed_at"].notna())
    frame["cancelled_at"] = frame["cancelled_at"].where(
        frame["completed_at"].isna() & (frame["cancelled_at"] <= cutoff)
    )
    for name, share in (("handled_at", 0.05), ("assigned_at", 0.05), ("first_response_at", 0.2)):
        frame.loc[(rng.random(n) < share) & frame["completed_at"].notna(), name] = pd.NaT
    status = np.select(
        [frame["completed_at"].notna(), frame["cancelled_at"].notna()], ["completed", "cancelled"], "open"
    )
    frame.loc[(status == "cancelled") & (rng.random(n) < 0.3), "cancelled_at"] = pd.NaT
    for name, hours in (("response_due_at", 6), ("resolution_due_at", 90)):
        frame[name] = (submitted + pd.Timedelta(hours=hours)).where(pd.Series(rng.random(n) < 0.5))
    return frame.assign(
        work_order_id=[f"W{i}" for i in range(n)],
        business_unit=rng.choice(["A", "B"], n, p=[0.7, 0.3]),
        status=status,
        service_mode=mode,
        customer_id=[f"C{i}" for i in rng.integers(0, 120, n)],
        product_id=rng.choice(["P1", "P2", "P3"], n),
        priority=rng.choice(["high", "low"], n),
        channel=rng.choice(["phone", "app"], n),
        work_order_type=rng.choice(["repair", "install"], n),
        fault_code=rng.choice(["F1", "F2"], n),
        technician_id=rng.choice(["T1", "T2"], n),
        in_warranty=rng.random(n) < 0.5,
        is_test=rng.random(n) < 0.02,
        is_duplicate=np.where(rng.random(n) < 0.02, True, None),
    )


def _calendar() -> pd.DataFrame:
    """Monday to Friday, every fourth Saturday for half a day."""
    days = pd.date_range("2023-01-01", "2026-12-31")
    half = (days.day_of_week == 5) & (days.isocalendar().week.to_numpy() % 4 == 0)
    closes = np.where(half, "12:30", "18:00")
    return pd.DataFrame(
        {"date": days.date, "is_workday": (days.day_of_week < 5) | half, "opens_at": "08:30", "closes_at": closes}
    )


def _random_events(rng: np.random.Generator, orders: pd.DataFrame) -> pd.DataFrame:
    events = []
    for order in orders[orders["completed_at"].notna()].sample(frac=0.8, random_state=1).itertuples():
        span = order.completed_at - order.submitted_at
        steps = [("created", order.submitted_at), ("completed", order.completed_at)]
        if rng.random() < 0.4:
            steps += [("paused", order.submitted_at + 0.2 * span), ("resumed", order.submitted_at + 0.5 * span)]
        if rng.random() < 0.15:
            steps.append(("reopened", order.completed_at + pd.Timedelta(days=1)))
            steps += [("completed", order.completed_at + pd.Timedelta(days=3))] if rng.random() < 0.7 else []
        kept = sorted((at.round("s"), name) for name, at in steps if at <= pd.Timestamp(BUSINESS_CUTOFF))
        events += [
            (order.work_order_id, order.business_unit, number, at, name) for number, (at, name) in enumerate(kept)
        ]
    return pd.DataFrame(events, columns=["work_order_id", "business_unit", "seq", "event_at", "event"])


def _random_visits(rng: np.random.Generator, orders: pd.DataFrame) -> pd.DataFrame:
    arrived = orders[orders["arrived_at"].notna()]
    start = arrived["arrived_at"] - pd.to_timedelta(rng.integers(-60, 240, len(arrived)), unit="min")
    return pd.DataFrame(
        {
            "visit_id": "V" + arrived["work_order_id"],
            "work_order_id": arrived["work_order_id"],
            "business_unit": arrived["business_unit"],
            "technician_id": arrived["technician_id"],
            "arrived_at": arrived["arrived_at"],
            "window_start": start.where(rng.random(len(arrived)) < 0.8),
            "window_end": start + pd.Timedelta(hours=2),
        }
    )


def _random_complaints(rng: np.random.Generator, orders: pd.DataFrame) -> pd.DataFrame:
    n, cutoff = 160, pd.Timestamp(BUSINESS_CUTOFF)
    about = orders.sample(n, random_state=2, replace=True).reset_index(drop=True)
    received = about["submitted_at"] + pd.to_timedelta(rng.exponential(20 * 1440, n).round(), unit="min")
    frame = about[["business_unit", "customer_id", "product_id"]].assign(
        complaint_id=[f"Q{i}" for i in range(n)],
        received_at=received,
        work_order_id=about["work_order_id"].where(pd.Series(rng.random(n) < 0.7)),
        category=rng.choice(["delay", "quality", "attitude"], n),
        channel=rng.choice(["phone", "app"], n),
        severity=rng.choice(["low", "high"], n),
        first_reply_at=received + pd.to_timedelta(rng.exponential(1000, n).round(), unit="min"),
        resolved_at=received + pd.to_timedelta(rng.exponential(9 * 1440, n).round(), unit="min"),
        is_external=rng.random(n) < 0.2,
        is_justified=np.where(rng.random(n) < 0.8, rng.random(n) < 0.6, None),
    )
    frame["closed_at"] = frame["resolved_at"].where(pd.Series(rng.random(n) < 0.2))
    frame.loc[frame["closed_at"].notna(), "resolved_at"] = pd.NaT
    for name in ("first_reply_at", "resolved_at", "closed_at"):
        frame[name] = frame[name].where(frame[name] <= cutoff)
    ended = frame["resolved_at"].fillna(frame["closed_at"]).fillna(cutoff)
    frame["first_reply_at"] = frame["first_reply_at"].where(frame["first_reply_at"] <= ended)
    return frame[frame["received_at"] <= cutoff].reset_index(drop=True)


def _moments(rng: np.random.Generator, n: int, first_day: str, days: int) -> pd.Series:
    return pd.Series(pd.Timestamp(first_day) + pd.to_timedelta(rng.uniform(0, days * 1440, n).round(), unit="min"))
