"""What a mapping says about a database: `database:` with the password's variable, time limits, and named queries.

Refuses unknown keys, SQL that does more than read, a watermark without a key.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from analysis.faults import did_you_mean
from analysis.intake.databases.server_sql import faults_of_query

STATEMENT_SECONDS = 900.0
_TOP = ("password_env", "statement_seconds", "queries")
_QUERY = ("sql", "table", "watermark", "key", "late", "deleted_when", "full_reload_days", "probe")
_SPAN = re.compile(r"^(\d+(?:\.\d+)?) *(minute|hour|day)s?$")


@dataclass(frozen=True)
class Query:
    """What a mapping fetches under one name.

    Parameters
    ----------
    sql, table : a SELECT in the server's own words, or a table or view.
    watermark : the column that grows whenever a row is new or changed; only rows from the highest one seen travel.
    key : the columns that say which row a changed one replaces.
    late : how far back rows may still turn up: a span of time, or a number where the watermark is one.
    deleted_when : an expression of the server that is true for rows that are marked as deleted.
    full_reload_days : after so many days everything travels again.
    probe : a SELECT whose unchanged answer says that nothing changed, for tables without a watermark.
    """

    sql: str | None = None
    table: str | None = None
    watermark: str | None = None
    key: tuple[str, ...] = ()
    late: timedelta | float | None = None
    deleted_when: str | None = None
    full_reload_days: float | None = None
    probe: str | None = None


@dataclass(frozen=True)
class DatabaseRule:
    """How a mapping's database is read; `queries` by the stem under which `from:` and `select:` name them."""

    password_env: str | None = None
    statement_seconds: float = STATEMENT_SECONDS
    queries: Mapping[str, Query] = field(default_factory=dict)


def read_database_rule(entry: Any, place: str, faults: list[str]) -> DatabaseRule:
    """The `database:` block of a mapping; what is wrong with it is added to `faults`."""
    if entry is None:
        return DatabaseRule()
    faults += _unknown(entry, _TOP, place)
    if not isinstance(entry, dict):
        return DatabaseRule()
    seconds = entry.get("statement_seconds", STATEMENT_SECONDS)
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds <= 0:
        faults.append(f"{place}.statement_seconds: {seconds!r} is no number of seconds")
        seconds = STATEMENT_SECONDS
    variable = entry.get("password_env")
    if variable is not None and not re.fullmatch(r"[A-Za-z_]\w*", str(variable)):
        faults.append(f"{place}.password_env: not the name of an environment variable; never write the password here")
        variable = None
    queries = entry.get("queries") or {}
    faults += [] if isinstance(queries, dict) else [f"{place}.queries: expected names and queries"]
    read = {
        str(name): _query(spec, f"{place}.queries.{name}", faults)
        for name, spec in (queries.items() if isinstance(queries, dict) else ())
    }
    return DatabaseRule(variable, float(seconds), MappingProxyType(read))


def _query(spec: Any, place: str, faults: list[str]) -> Query:
    if isinstance(spec, str):
        spec = {"sql": spec}
    faults += _unknown(spec, _QUERY, place)
    if not isinstance(spec, dict):
        return Query()
    if ("sql" in spec) == ("table" in spec):
        faults.append(f"{place}: give either `sql:` (one SELECT) or `table:`")
    key = spec.get("key") or ()
    query = Query(
        sql=_text(spec, "sql"),
        table=_text(spec, "table"),
        watermark=_text(spec, "watermark"),
        key=(key,) if isinstance(key, str) else tuple(map(str, key)),
        late=_late(spec.get("late"), place, faults),
        deleted_when=_text(spec, "deleted_when"),
        full_reload_days=_days(spec.get("full_reload_days"), place, faults),
        probe=_text(spec, "probe"),
    )
    if query.watermark and not query.key:
        faults.append(f"{place}: a watermark needs `key:`, the columns that say which row a changed one replaces")
    if query.watermark and query.probe:
        faults.append(f"{place}: a watermark says itself whether anything changed; leave `probe:` out")
    for name in ("late", "deleted_when", "full_reload_days"):
        if getattr(query, name) is not None and not query.watermark and name != "deleted_when":
            faults.append(f"{place}.{name}: has a meaning beside a `watermark:` only")
    return query


def faults_of_rule(rule: DatabaseRule, *, kind: str, mapping: str) -> list[str]:
    """What is wrong with the SQL of a rule for a database of that kind."""
    faults = []
    for name, query in rule.queries.items():
        place = f"{mapping}: database.queries.{name}"
        if query.sql is not None:
            faults += [f"{place}.sql: {fault}" for fault in faults_of_query(query.sql, kind=kind)]
        if query.probe is not None:
            faults += [f"{place}.probe: {fault}" for fault in faults_of_query(query.probe, kind=kind)]
        if query.deleted_when is not None:
            found = faults_of_query(f"SELECT ({query.deleted_when}\n)", kind=kind)
            faults += [f"{place}.deleted_when: {fault}" for fault in found]
    return faults


def _text(spec: Mapping[str, Any], name: str) -> str | None:
    return str(spec[name]) if spec.get(name) is not None else None


def _late(value: Any, place: str, faults: list[str]) -> timedelta | float | None:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and value >= 0):
        return value if value is None else float(value)
    found = _SPAN.match(str(value))
    if found is None:
        faults.append(f"{place}.late: {value!r} is neither a number nor a span such as '2 days' or '6 hours'")
        return None
    return timedelta(**{f"{found.group(2)}s": float(found.group(1))})


def _days(value: Any, place: str, faults: list[str]) -> float | None:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and value > 0):
        return value if value is None else float(value)
    faults.append(f"{place}.full_reload_days: {value!r} is no number of days")
    return None


def _unknown(entry: Any, known: tuple[str, ...], place: str) -> list[str]:
    if not isinstance(entry, dict):
        return [f"{place}: expected keys and values, found {type(entry).__name__}"]
    return [f"{place}: unknown key {key!r}{did_you_mean(str(key), known)}" for key in entry if key not in known]
