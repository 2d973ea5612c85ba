"""A small business drawn by hand in which every text is hostile, some cells are about two people, and every record of a
unit carries that unit's mark: canonical tables of four units over two years."""

from pathlib import Path

import numpy as np
import pandas as pd

UNITS = ("U01", "U02", "U03", "U04")
MARKUP = (
    '<script>document.title="owned"</script><img src=x onerror="document.title=1"><a href="javascript:owned()">x</a>'
)
PHONE, ID_NUMBER, MAIL = "13812345678", "11010519491231002X", "zhang.san@example.com"
PERSONAL = f"Mr Zhang Sanfeng {PHONE} {ID_NUMBER} {MAIL} 张伟先生"
TRACES = (PHONE, ID_NUMBER, MAIL, "Zhang Sanfeng", "张伟")
HOSTILE = f"=cmd|'/C calc'!A0 {MARKUP} {PERSONAL}"
MONTHS = pd.period_range("2024-07", "2026-06", freq="M")
ANSWERS = {"U01": 30, "U02": 30, "U03": 12, "U04": 3}  # a month; those of U04 are too few to be told
SMALL = "vip"  # a segment of customers of whom U01 has two


def mark(unit: str) -> str:
    """What stands in every code and free text of a unit's records."""
    return f"MARK{unit}"


def write_people_business(folder: Path) -> None:
    """The tables as CSV."""
    lot = np.random.default_rng(5)
    customers = pd.concat([_customers(unit) for unit in UNITS], ignore_index=True)
    orders = pd.concat([_orders(unit, lot) for unit in UNITS], ignore_index=True)
    tables = {
        "meta": pd.DataFrame({"data_cutoff_at": ["2026-07-05T23:59:59"], "timezone": ["Asia/Shanghai"]}),
        "business_units": _units(),
        "products": pd.DataFrame(
            {"product_id": ["P1", "P2"], "name": f"Pump {HOSTILE}", "product_line": ["pumps", f"fans {HOSTILE}"]}
        ),
        "customers": customers,
        "work_orders": orders,
        "surveys": _surveys(orders, lot),
        "complaints": _complaints(orders),
    }
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False)


def _units() -> pd.DataFrame:
    names = [f"Name {mark(unit)} {HOSTILE if unit == 'U01' else ''}" for unit in UNITS]
    return pd.DataFrame({"business_unit": UNITS, "name": names, "region": [f"north {HOSTILE}"] * len(UNITS)})


def _customers(unit: str) -> pd.DataFrame:
    number = np.arange(120)
    segment = np.where(number < 2, SMALL, np.where(number < 40, "trade", np.where(number < 80, "private", "public")))
    return pd.DataFrame(
        {"customer_id": [f"C{n}-{mark(unit)}" for n in number], "business_unit": unit, "segment": segment}
    )


def _orders(unit: str, lot: np.random.Generator) -> pd.DataFrame:
    each = ANSWERS[unit]
    month = np.repeat(np.arange(len(MONTHS)), each)
    begun = MONTHS.to_timestamp()[month] + pd.to_timedelta(lot.integers(0, 27 * 24, len(month)), unit="h")
    number = np.arange(len(month))
    small = (unit == "U01") & (month >= len(MONTHS) - 2) & (number % each == 0)  # two orders of `vip` in two years
    customer = np.where(small, 0, 2 + number % 118)
    return pd.DataFrame(
        {
            "work_order_id": [f"W{n}-{mark(unit)}" for n in number],
            "business_unit": unit,
            "submitted_at": begun,
            "completed_at": begun + pd.to_timedelta(lot.integers(2, 72, len(month)), unit="h"),
            "status": "completed",
            "work_order_type": "repair",
            "channel": [f"{('phone', 'app')[n % 2]} {HOSTILE}" for n in number],
            "customer_id": [f"C{n}-{mark(unit)}" for n in customer],
            "product_id": ["P1" if n % 2 else "P2" for n in number],
            "fault_code": [f"F{n % 3} {HOSTILE}" for n in number],
            "technician_id": [f"T{n % 5}-{mark(unit)}" for n in number],
            "resolution_code": HOSTILE,
        }
    )


def _surveys(orders: pd.DataFrame, lot: np.random.Generator) -> pd.DataFrame:
    sent = orders["completed_at"] + pd.Timedelta(hours=2)
    return pd.DataFrame(
        {
            "survey_id": "S" + orders["work_order_id"],
            "business_unit": orders["business_unit"],
            "instrument": "csat5",
            "sent_at": sent,
            "answered_at": sent + pd.Timedelta(hours=3),
            "score": lot.choice([1, 2, 3, 4, 5, 5], len(orders)),
            "scale_min": 1,
            "scale_max": 5,
            "method": "questionnaire",
            "work_order_id": orders["work_order_id"],
            "customer_id": orders["customer_id"],
            "comment": "too late, rude, it broke again " + HOSTILE,
        }
    )


def _complaints(orders: pd.DataFrame) -> pd.DataFrame:
    chosen = orders.iloc[::6]
    return pd.DataFrame(
        {
            "complaint_id": "K" + chosen["work_order_id"],
            "business_unit": chosen["business_unit"],
            "received_at": chosen["completed_at"],
            "work_order_id": chosen["work_order_id"],
            "customer_id": chosen["customer_id"],
            "product_id": chosen["product_id"],
            "category": "late " + HOSTILE,
            "severity": "high " + HOSTILE,
            "channel": "phone",
            "text": HOSTILE,
            "resolved_at": chosen["completed_at"] + pd.Timedelta(days=2),
        }
    )
