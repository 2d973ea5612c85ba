"""The conditions under which one row is refused, as SQL over its typed values, each with its reason.

What needs more than one row (keys) is in `duplicates`. A check exists only where the source gives all the columns it
looks at: what a source does not have cannot contradict anything.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from analysis.data_model import Column, Table, Text
from analysis.data_model import reasons as reason
from analysis.intake.parsing import one_of
from analysis.intake.quoting import identifier, literal

EARLIEST_EVENT = "TIMESTAMP '1950-01-01'"
UNIX_ZERO = "TIMESTAMP '1970-01-01'"
LONGEST_STORY = "INTERVAL 10 YEAR"


@dataclass(frozen=True)
class Check:
    """`broken` is SQL that is true for a row to refuse; unknown (NULL) refuses nothing."""

    broken: str
    reason: Text


def checks_of(table: Table, given: Collection[str], *, cutoff: datetime, raw: str = "raw:") -> list[Check]:
    """All checks of a table for a source that gives the columns `given`.

    Parameters
    ----------
    cutoff : no event may lie after it.
    raw : prefix of the columns that hold the value before parsing, next to the typed one.
    """
    columns = [column for column in table.columns if column.name in given]
    checks = [check for column in columns for check in _of_column(column, cutoff, raw)]
    checks += list(_of_order(table, given))
    checks += [Check(rule.sql, rule.reason) for rule in table.rules if set(rule.needs) <= set(given)]
    return checks


def reasons_sql(checks: list[Check]) -> str:
    """SQL for all reasons that apply to a row, joined by the unit separator; NULL for a good row."""
    if not checks:
        return "CAST(NULL AS VARCHAR)"
    by_reason: dict[str, list[str]] = {}
    for check in checks:
        by_reason.setdefault(check.reason["en"], []).append(f"({check.broken})")
    anything = " OR ".join(condition for conditions in by_reason.values() for condition in conditions)
    cases = ", ".join(
        f"CASE WHEN {' OR '.join(conditions)} THEN {literal(text)} END" for text, conditions in by_reason.items()
    )
    return f"CASE WHEN {anything} THEN concat_ws(chr(31), {cases}) END"


def _of_column(column: Column, cutoff: datetime, raw: str) -> Iterator[Check]:
    value, before = identifier(column.name), identifier(raw + column.name)
    if not column.may_be_empty and column.name != "business_unit":
        yield Check(f"{before} IS NULL", reason.empty(column.name))
    if column.type != "str":
        yield Check(f"{value} IS NULL AND {before} IS NOT NULL", reason.unparsed(column))
    if column.type in ("float", "money"):
        yield Check(f"NOT isfinite({value})", reason.not_finite(column.name))
    bounds = [f"{value} < {column.minimum}"] if column.minimum is not None else []
    bounds += [f"{value} > {column.maximum}"] if column.maximum is not None else []
    if bounds:
        yield Check(" OR ".join(bounds), reason.outside(column))
    if column.allowed and column.need == "R":
        yield Check(f"NOT {one_of(value, column.allowed)}", reason.not_allowed(column))
    if column.event:
        yield Check(f"{value} > TIMESTAMP '{cutoff.isoformat(sep=' ')}'", reason.after_cutoff(column.name))
        yield Check(f"{value} < {EARLIEST_EVENT} OR {value} = {UNIX_ZERO}", reason.implausible(column.name))


def _of_order(table: Table, given: Collection[str]) -> Iterator[Check]:
    chain = [name for name in table.order if name in given]
    for place, later in enumerate(chain[1:], start=1):
        earlier = chain[:place][::-1]
        for step, name in enumerate(earlier):
            nearer = [f"{identifier(later)} < {identifier(other)}" for other in earlier[:step]]
            unless = f" AND NOT coalesce({' OR '.join(nearer)}, false)" if nearer else ""
            yield Check(f"{identifier(later)} < {identifier(name)}{unless}", reason.before(later, name))
    events = [name for name in chain if table.column(name).event]
    if len(events) > 1:
        last = f"greatest({', '.join(map(identifier, events[1:]))})"
        yield Check(f"{last} > {identifier(events[0])} + {LONGEST_STORY}", reason.TOO_LONG)
