"""Whether a question was read as its table says."""

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from analysis.asking import Reading, Vocabulary, read_question
from analysis.asking.tokens import is_chinese

HERE = Path(__file__).parent
TABLES = ("questions_en", "questions_zh", "questions_outside", "questions_blind", "questions_fresh",
          "questions_typed", "questions_managers")  # fmt: skip
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


def counted(found: Counter[tuple[str, str]]) -> dict[str, Counter[str]]:
    """Intent → verdict → how many."""
    told: dict[str, Counter[str]] = {}
    for (intent, said), count in found.items():
        told.setdefault(intent, Counter())[said] += count
    return told


def shares(known: Vocabulary) -> list[str]:
    """The rows of the docs: of all tables' questions of an intent in a language, how many are read right."""
    names = {"value": "a figure", "trend": "how it developed", "compare": "a comparison", "why": "why",
             "top": "where it stands out", "forecast": "what comes next", "back": "to be asked back"}  # fmt: skip
    found: dict[str, Counter[str]] = {"English": Counter(), "Chinese": Counter()}
    for entry in (entry for table in TABLES for entry in entries(table)):
        language = "Chinese" if any(map(is_chinese, entry["q"])) else "English"
        said = verdict(entry, read_question(entry["q"], known))
        found[language].update([f"{entry.get('intent', 'back')} {said}", f"all {said}"])
    rows = []
    for intent, name in {**names, "all": "all"}.items():
        cells = []
        for told in found.values():
            right, back, wrong = (told[f"{intent} {said}"] for said in ("right", "asked back", "wrong"))
            cells.append(f"{right} of {right + back + wrong} | {back} | {wrong}")
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return rows
