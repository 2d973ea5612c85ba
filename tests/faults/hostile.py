"""A business in which every text is hostile: markup, formulas, what names a person, in free texts, names and codes."""

from pathlib import Path

import pandas as pd

from analysis.data_model import read_tables
from analysis.sample import write_sample

UNITS = ("U03", "U05", "U06", "U09")
UNIT = "U03"
MARKUP = (
    '<script>document.title="owned"</script><img src=x onerror="document.title=1"><a href="javascript:owned()">x</a>'
)
PHONE, ID_NUMBER, MAIL, NAME = "13812345678", "11010519491231002X", "zhang.san@example.com", "Mr Zhang Sanfeng"
PERSONAL = f"{NAME}, {PHONE}, {ID_NUMBER}, {MAIL}"
TRACES = (PHONE, ID_NUMBER, MAIL, "Zhang Sanfeng", "zhang.san")
FREE_TEXT = f"=cmd|'/C calc'!A0 {MARKUP} {PERSONAL}"
FREE = frozenset({"text", "comment", "note", "root_cause", "action", "source", "label", "holiday", "event"})
KEPT = frozenset(
    {"business_unit", "metric", "metrics", "timezone", "currency", "period", "opens_at", "closes_at", "instrument"}
    | {"source_system", "priority", "parent"}
)
CODES = frozenset({"product_id", "fault_code", "supplier", "part_id", "batch", "technician_id"})


def write_hostile_business(folder: Path, *, work_orders: int) -> None:
    """The sample business as CSV with hostile texts: free ones replaced, names and codes with a hostile tail, so that
    references still lead where they did."""
    write_sample(folder, work_orders=work_orders, business_units=UNITS)
    tables = read_tables()
    for file in sorted(folder.glob("*.csv")):
        rows = pd.read_csv(file, dtype=str, keep_default_na=False)
        texts = [
            column.name
            for column in tables[file.stem].columns
            if column.type == "str" and not column.allowed and column.name in rows and column.name not in KEPT
        ]
        for name in texts:
            filled = rows[name] != ""
            rows[name] = rows[name].mask(filled, FREE_TEXT if name in FREE else rows[name] + _tail(name))
        rows.to_csv(file, index=False)


def _tail(column: str) -> str:
    return f"{MARKUP} {PERSONAL}" if column in CODES or not column.endswith("_id") else ""
