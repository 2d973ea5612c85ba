"""Whether a question was read as its table says."""

from pathlib import Path
from typing import Any

import yaml

from analysis.asking import Reading

HERE = Path(__file__).parent
TABLES = ("questions_en", "questions_zh", "questions_outside", "questions_blind", "questions_fresh",
          "questions_typed")  # fmt: skip
HELD = ("metric", "business_unit", "period", "by", "where", "intent", "to")


def entries(table: str) -> list[dict[str, Any]]:
    return yaml.safe_load((HERE / f"{table}.yml").read_text(encoding="utf-8"))


def expected(entry: dict[str, Any]) -> dict[str, Any]:
    plain = {"business_unit": entry.get("unit", "all"), "period": str(entry.get("period", "2026-06"))}
    return {name: entry.get(name, {} if name == "where" else None) for name in HELD} | plain


def verdict(entry: dict[str, Any], reading: Reading) -> str:
    """right, asked back (where it could have been read, or for another reason), or wrong: read as something else."""
    if reading.asks:
        return "right" if reading.asks == entry.get("asks") else "asked back"
    if "asks" in entry:
        return "wrong"
    same = {name: getattr(reading, name) for name in HELD} == expected(entry)
    ordered = all(getattr(reading, name) == entry[name] for name in ("order", "count") if name in entry)
    return "right" if same and ordered else "wrong"
