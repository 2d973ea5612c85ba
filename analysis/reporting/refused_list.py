"""The refused rows as a short list beside the run: which rule, in which file, how many, and a few of them with line and
value, so that whoever keeps the source can mend it.

Values are masked as on the pages, and never a formula for the program that opens the list. Refuses nothing.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from analysis.data_model import read_tables
from analysis.data_model.reasons import columns_of
from analysis.presentation.masking import mask_text
from analysis.reporting.run_record import write_whole
from analysis.store import Store

NAME = "refused.csv"
EXAMPLES = 3
LONGEST = 60
HEADINGS = ("table", "rule", "规则", "file", "rows", "line", "column", "value")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the full-width ones count too


def write_refused(store: Store, folder: Path) -> None:
    """Write `refused.csv` into the folder of a period; without refused rows there is none, and an old one goes.

    The file begins with a byte order mark, for Excel reads Chinese text rightly only then.
    """
    rows = list(_rows(store))
    if not rows:
        (folder / NAME).unlink(missing_ok=True)
        return
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADINGS, *([as_text(cell) for cell in row] for row in rows)])
    write_whole(folder / NAME, "\ufeff" + text.getvalue())


def as_text(value: Any) -> str:
    """A value as text that no spreadsheet takes for a formula; numbers stay numbers."""
    text = "" if value is None else str(value)
    if isinstance(value, int | float) or not (text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)):
        return text
    return "'" + text


def _rows(store: Store) -> Iterator[tuple[Any, ...]]:
    texts = store.manifest.get("reason_texts", {})
    for name, entry in store.manifest["tables"].items():
        file = store.path / "quarantine" / f"{name}.parquet"
        if not file.is_file():
            continue
        for row in _examples(file):
            rule = row["_rule"]
            column, value = _about(name, rule, row, entry.get("from_columns", {}))
            chinese = texts.get(rule, {}).get("zh", "")
            yield name, rule, chinese, row["_file"], row["_records"], row["_line"], column, value


def _examples(file: Path) -> Iterator[Mapping[str, Any]]:
    """The first rows of each rule and file, with how many there are."""
    place = str(file).replace("'", "''")
    sql = f"""
        SELECT * FROM (
            SELECT *, row_number() OVER (PARTITION BY _rule, _file ORDER BY _line) AS _number,
                count(*) OVER (PARTITION BY _rule, _file) AS _records
            FROM (SELECT *, unnest(string_split(_reasons, '; ')) AS _rule FROM read_parquet('{place}')))
        WHERE _number <= {EXAMPLES} ORDER BY _records DESC, _rule, _file, _number"""
    with duckdb.connect(config={"python_enable_replacements": False, "threads": 1}) as connection:
        found = connection.execute(sql)
        names = [column[0] for column in found.description or ()]
        for row in found.fetchall():
            yield dict(zip(names, row, strict=True))


def _about(table: str, rule: str, row: Mapping[str, Any], sources: Mapping[str, str]) -> tuple[str, str]:
    """The source's columns that the rule speaks of, and what stands there; the row's text where it has no columns."""
    named = columns_of(rule, read_tables()[table])
    columns = [sources.get(name, name) for name in named]
    columns = [name for name in columns if name in row] or [name for name in ("_text",) if row.get(name)]
    values = ["" if row[name] is None else _cut(mask_text(str(row[name]))) for name in columns]
    return " · ".join(name.strip("_") for name in columns), " · ".join(values)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[:LONGEST].rstrip() + " …"
