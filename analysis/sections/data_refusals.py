"""The records that were refused when the data were read: why, from which file, and a few of them with what is personal
masked.

A unit sees its own records only. Of a refused record only its key and the values that its reason speaks of are shown.
"""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.data_model import Text, read_tables
from analysis.data_model.reasons import columns_of
from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_pareto
from analysis.presentation.language import both, join, plain
from analysis.presentation.telling import tell_count, tell_value
from analysis.sections.wording import capital, said

if TYPE_CHECKING:
    from analysis.report import Report

REASONS_SHOWN, EXAMPLES_SHOWN, LONGEST = 8, 6, 40


def refusals(report: "Report") -> Block:
    """Refused records by reason, by file, and a few examples."""
    found = _refused(report)
    title = both("Records refused when the data were read")
    if found.empty:
        nothing = both("No record of this unit was refused.")
        return Note(title, nothing, languages=report.languages)
    reasons = _by_reason(report, found)
    first = reasons.iloc[0]
    headline = capital(
        both(
            "{n} records refused; most frequent reason ({share}): {reason}",
            n=tell_count(len(found)),
            share=tell_value(100 * first["value"] / len(found), "%"),
            reason=first["reason"],
        )
    )
    figure = chart_pareto(
        reasons.assign(label=text_column(map(capital, reasons["label"])))[["label", "value"]],
        title=headline,
        description=title,
        top=REASONS_SHOWN,
        name="refused-by-reason",
        table=_file_table(report, found),
        languages=report.languages,
    )
    about = both("{title} · all periods · {unit}", title=title, unit=report.unit_name)
    notes = said(
        both("A refused record counts in no figure. One record can have several reasons."),
        _orphans(report),
    )
    parts = (figure, Sentences(notes, languages=report.languages), _example_table(report, found))
    return report.section(headline=headline, subtitle=about, parts=parts)


def _refused(report: "Report") -> pd.DataFrame:
    """table, file, line, reasons (English, joined) and the record as written, of this unit's refused records."""
    store, parts = report.run.store, []
    for name in store.manifest["tables"]:
        rows = store.quarantine(name)
        own = rows if report.is_company else rows[rows["_business_unit"] == report.business_unit]
        if len(own):
            records = own.drop(columns=[column for column in own if str(column).startswith("_")]).to_dict("records")
            about = {"table": name, "file": own["_file"], "line": own["_line"], "reasons": own["_reasons"]}
            parts.append(pd.DataFrame(about).assign(record=pd.Series(records, index=own.index, dtype=object)))
    columns = ["table", "file", "line", "reasons", "record"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _by_reason(report: "Report", found: pd.DataFrame) -> pd.DataFrame:
    counts = Counter(
        (table, reason)
        for table, reasons in zip(found["table"], found["reasons"], strict=True)
        for reason in _split(reasons)
    )
    rows = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    reasons = [_reason(report, reason) for (_, reason), _ in rows]
    english = [reason for (_, reason), _ in rows]
    labels = [
        reason
        if english.count(key) == 1
        else both("{reason} ({table})", table=read_tables()[table].title, reason=reason)
        for ((table, key), _), reason in zip(rows, reasons, strict=True)
    ]
    values = [count for _, count in rows]
    return pd.DataFrame({"label": text_column(labels), "reason": text_column(reasons), "value": values})


def _split(reasons: str) -> list[str]:
    return [reason for reason in str(reasons).split("; ") if reason]


def _reason(report: "Report", reason: str) -> Text:
    return report.run.store.manifest["reason_texts"].get(reason, plain(reason))


def _file_table(report: "Report", found: pd.DataFrame) -> Table:
    exploded = found.assign(reason=found["reasons"].map(_split)).explode("reason")
    counted = exploded.groupby(["table", "file", "reason"], as_index=False).agg(
        records=("line", "size"), first=("line", "min"), last=("line", "max")
    )
    counted = counted.sort_values(["records", "file", "reason"], ascending=[False, True, True], kind="stable")
    frame = counted.assign(
        reason=text_column(_reason(report, reason) for reason in counted["reason"]),
        lines=text_column(_lines(first, last) for first, last in zip(counted["first"], counted["last"], strict=True)),
    )[["file", "reason", "records", "lines"]]
    columns = {
        "file": Column(both("File"), kind="text"),
        "reason": Column(both("Reason"), kind="text"),
        "records": Column(both("Records"), "n"),
        "lines": Column(both("Lines"), kind="text"),
    }
    caption = both("Refused records by file and reason")
    return table(frame, columns=columns, caption=caption, name="refused", languages=report.languages)


def _lines(first: Any, last: Any) -> Text:
    if pd.isna(first):
        return plain("–")
    return plain(f"{int(first)}" if first == last else f"{int(first)} … {int(last)}")


def _example_table(report: "Report", found: pd.DataFrame) -> Table:
    """The newest record of each reason, one after the other, with what its reason is about."""
    chosen = found.drop_duplicates(["table", "reasons"], keep="last").head(EXAMPLES_SHOWN)
    frame = pd.DataFrame(
        {
            "record": text_column(
                plain(_values(row, _sources(report, row["table"]))) for row in chosen.to_dict("records")
            ),
            "place": text_column(
                both("{file}, line {line}", file=file, line="–" if pd.isna(line) else str(int(line)))
                for file, line in zip(chosen["file"], chosen["line"], strict=True)
            ),
            "reason": text_column(
                join([_reason(report, reason) for reason in _split(reasons)], {"en": "; ", "zh": "；"})
                for reasons in chosen["reasons"]
            ),
        }
    )
    columns = {
        "record": Column(both("Record"), kind="text"),
        "place": Column(both("Where it stands"), kind="text"),
        "reason": Column(both("Reason"), kind="text"),
    }
    caption = both("Examples, one for each reason; only the key and what the reason is about")
    return table(frame, columns=columns, caption=caption, name="refused-examples", languages=report.languages)


def _sources(report: "Report", table: str) -> Mapping[str, str]:
    """Which column of the source each canonical column was read from."""
    return dict(report.run.store.manifest["tables"][table].get("from_columns", {}))


def _values(row: Any, sources: Mapping[str, str]) -> str:
    """The key of the record and the values that its reasons name, as the source writes them; long ones are cut."""
    model, record = read_tables()[row["table"]], row["record"]
    named = [name for reason in _split(row["reasons"]) for name in columns_of(reason, model)]
    shown = dict.fromkeys(sources.get(name, name) for name in (*model.key, *named))
    return " · ".join(f"{name} = {_cut(record[name])}" for name in shown if name in record) or "–"


def _cut(value: Any) -> str:
    text = "" if value is None or pd.isna(value) else str(value)
    return text if len(text) <= LONGEST else text[:LONGEST].rstrip() + " …"


def _orphans(report: "Report") -> Text | None:
    """References that lead nowhere: kept and counted, told on the company's page."""
    if not report.is_company:
        return None
    lost = [
        (count, table, column)
        for table, entry in report.run.store.manifest["tables"].items()
        for column, count in entry.get("orphans", {}).items()
    ]
    if not lost:
        return None
    names = join(
        [_orphan(table, column, count) for count, table, column in sorted(lost, reverse=True)[:4]],
        {"en": "; ", "zh": "；"},
    )
    return both("Kept, though they refer to a record that is not there: {names}.", names=names)


def _orphan(table: str, column: str, count: int) -> dict[str, str]:
    """Rows of a table that refer to a record missing in another: both tables by their names."""
    tables = read_tables()
    target = tables[table].references.get(column, "") if table in tables else ""
    told: dict[str, Any] = {"table": tables[table].title if table in tables else plain(table), "n": tell_count(count)}
    if target not in tables:
        return both("{table} by {column} ({n})", column=column, **told)
    return both("{table} to {target} ({n})", target=tables[target].title, **told)
