"""Event logs and histories folded by declared rules, out of core: one SELECT, and what it leaves out.

Times stay as the source writes them, so that they are typed and checked like any other column. A row that stands twice
counts once. Refuses columns that the source does not have.
"""

from collections.abc import Mapping, Sequence

from analysis.faults import UserFault, did_you_mean
from analysis.intake.folding import ANY, Folding
from analysis.intake.quoting import identifier, literal

CASE, SEQ, MOMENT, STEP, EVENT, LAST_STEP, STEPS = "case", "seq", "moment", "step", "event", "last_step", "steps"

_STEP = '"row:step"'


def folding_sql(fold: Folding, columns: Mapping[str, str]) -> str:
    """The SELECT of a fold over the DuckDB table of its stem, whose columns and types are given.

    Raises
    ------
    UserFault : a column the source does not have.
    """
    lacking = [name for name in fold.used if name not in columns]
    if lacking:
        raise UserFault(
            [f"{fold.stem}: no column {name!r} to fold by{did_you_mean(name, columns)}" for name in lacking]
        )
    return _steps_sql(fold, columns) if fold.names is not None else _cases_sql(fold, columns)


def left_out_sql(fold: Folding, columns: Mapping[str, str]) -> str:
    """One row: rows of the log, rows whose time or case cannot be read, one such time, rows that stand twice."""
    used = ", ".join(map(identifier, fold.used))
    time = identifier(fold.time)
    return f"""
        SELECT count(*), count(*) FILTER (bad), any_value(CAST({time} AS VARCHAR)) FILTER (bad AND {time} IS NOT NULL),
            count(*) - (SELECT count(*) FROM (SELECT DISTINCT {used} FROM {identifier(fold.stem)}))
        FROM (SELECT *, {_parsed(fold, columns)} IS NULL OR {identifier(fold.case)} IS NULL AS bad
            FROM {identifier(fold.stem)})"""


def unnamed_sql(fold: Folding) -> str:
    """The steps of a log that no rule names, each with its rows."""
    step = f"CAST({identifier(fold.step)} AS VARCHAR)"
    named = ", ".join(literal(name) for name in fold.names or {}) or "''"
    rows = f"SELECT {step} AS step FROM {identifier(fold.stem)} WHERE {step} NOT IN ({named})"
    return f"SELECT step, count(*) FROM ({rows}) GROUP BY 1 ORDER BY 2 DESC, 1"


def _log_sql(fold: Folding, columns: Mapping[str, str]) -> str:
    """The rows that count, each once, with `at` to go by, `line` to settle ties, and whether they enter a new step."""
    used = ", ".join(map(identifier, fold.used))
    until = f" AND {_parsed(fold, columns)} < CAST({literal(fold.until)} AS TIMESTAMPTZ)" if fold.until else ""
    order = f'"row:at", {_version(fold)}"row:line"'
    window = f"WINDOW story AS (PARTITION BY {identifier(fold.case)} ORDER BY {order})"
    step = f"CAST({identifier(fold.step)} AS VARCHAR)"
    return f"""
        SELECT *, {step} AS "row:step", lag({step}) OVER story AS "row:before",
            {step} IS DISTINCT FROM lag({step}) OVER story AS "row:entered",
            row_number() OVER story AS "row:place"
        FROM (
            SELECT {used}, {_parsed(fold, columns)} AS "row:at", min(_row) AS "row:line"
            FROM {identifier(fold.stem)}
            WHERE {_parsed(fold, columns)} IS NOT NULL AND {identifier(fold.case)} IS NOT NULL{until} GROUP BY ALL)
        {window}"""


def _cases_sql(fold: Folding, columns: Mapping[str, str]) -> str:
    case, time = identifier(fold.case), identifier(fold.time)
    wanted = [f"{case} AS {identifier(CASE)}"]
    wanted += [
        f'arg_min({time}, "row:place") FILTER ({_is_step(fold, steps)}) AS {identifier(name)}'
        for name, steps in fold.first.items()
    ]
    wanted += [
        f'arg_max({time}, "row:place") FILTER ({_is_step(fold, steps)}) AS {identifier(name)}'
        for name, steps in fold.last.items()
    ]
    inner = []
    for number, (name, again) in enumerate(fold.loops.items()):
        before = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
        came = _one_of('"row:step"', again.after)
        earlier = f'coalesce(bool_or({came}) OVER (PARTITION BY {case} ORDER BY "row:place" {before}), false)'
        if again.directly:
            earlier = _one_of('"row:before"', again.after)
        inner.append(f'({_is_step(fold, again.step)} AND {earlier}) AS "row:loop{number}"')
        wanted.append(f'count(*) FILTER ("row:loop{number}") AS {identifier(name)}')
    for number, (name, change) in enumerate(fold.changes.items()):
        column, at = identifier(change.of), _one_of('"row:step"', change.at)
        inner.append(
            f'({at} AND {column} <> lag({column}) OVER (PARTITION BY {case}, {at} ORDER BY "row:place")) '
            f'AS "row:change{number}"'
        )
        wanted.append(f'count(*) FILTER ("row:change{number}") AS {identifier(name)}')
    wanted += [f'arg_max_null({identifier(name)}, "row:place") AS {identifier(name)}' for name in fold.newest]
    wanted += [f'arg_min_null({identifier(name)}, "row:place") AS {identifier(name)}' for name in fold.oldest]
    wanted += [
        f'arg_max({identifier(look.of)}, "row:place") FILTER ({_one_of(_STEP, look.at)}) AS {identifier(name)}'
        for name, look in fold.at_last.items()
    ]
    wanted += [f'arg_max("row:step", "row:place") AS {identifier(LAST_STEP)}', f"count(*) AS {identifier(STEPS)}"]
    marked = f"SELECT *{''.join(', ' + part for part in inner)} FROM ({_log_sql(fold, columns)})"
    return f"SELECT {', '.join(wanted)} FROM ({marked}) GROUP BY {case}"


def _steps_sql(fold: Folding, columns: Mapping[str, str]) -> str:
    case, names = identifier(fold.case), fold.names or {}
    cases = []
    for step, naming in names.items():
        said = f'CASE WHEN "row:again" THEN {literal(naming.again)} ELSE {literal(naming.first)} END'
        if naming.after:
            after = " ".join(f"WHEN {literal(text)} THEN {literal(name)}" for text, name in naming.after.items())
            said = f'CASE "row:before" {after} ELSE {said} END'
        cases.append(f"WHEN {literal(step)} THEN {said}")
    kept = "".join(f", {identifier(name)}" for name in fold.newest)
    only = ' AND "row:entered"' if fold.only_changes else ""
    return f"""
        SELECT {case} AS {identifier(CASE)}, row_number() OVER (PARTITION BY {case} ORDER BY "row:place") AS {SEQ},
            {identifier(fold.time)} AS {MOMENT}, "row:step" AS {STEP},
            CASE "row:step" {" ".join(cases)} END AS {EVENT}{kept}
        FROM (
            SELECT *, row_number() OVER (PARTITION BY {case}, "row:step" ORDER BY "row:place") > 1 AS "row:again"
            FROM ({_log_sql(fold, columns)}) WHERE true{only})
        WHERE {_one_of('"row:step"', tuple(names))}"""


def _parsed(fold: Folding, columns: Mapping[str, str]) -> str:
    """The time to go by, in one zone whatever the text says; NULL where it cannot be read."""
    time = identifier(fold.time)
    if columns[fold.time] != "VARCHAR":
        return f"CAST({time} AS TIMESTAMPTZ)"
    if fold.format:
        return f"CAST(try_strptime({time}, {literal(fold.format)}) AS TIMESTAMPTZ)"
    return f"TRY_CAST({time} AS TIMESTAMPTZ)"


def _version(fold: Folding) -> str:
    return f"TRY_CAST({identifier(fold.version)} AS BIGINT), " if fold.version else ""


def _is_step(fold: Folding, steps: tuple[str, ...]) -> str:
    entered = '"row:entered" AND ' if fold.only_changes and steps != (ANY,) else ""
    return entered + _one_of('"row:step"', steps)


def _one_of(value: str, texts: Sequence[str]) -> str:
    """SQL that is true or false: the value is one of these; `*` stands for any."""
    if not texts or ANY in texts:
        return "true"
    return f"coalesce({value} IN ({', '.join(map(literal, texts))}), false)"
