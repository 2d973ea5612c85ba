"""The sums that counts, totals, ratios and rates are made of, in SQL: one pass over a measured table for all cards of
one time column, the coarser figures added up from the finer ones.

What a row adds is worked out once. The rows are summed by unit and period together with all breakdowns of few segments,
and apart by each of many; breakdowns one by one, and the company, follow from those sums. How many different values
there are does not add up: such cards are counted from the rows at every level.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from analysis.metrics.cards import MetricCard
from analysis.metrics.cells import few_together
from analysis.metrics.figures import NO_BREAKDOWN
from analysis.metrics.kinds import Count, Rate, Total
from analysis.metrics.periods import PeriodRange

LOOKED_AT = 20_000  # rows that tell how many segments a breakdown has
FINE = "summed_by_scan"
BOOLEAN = "BOOLEAN"
Parts = dict[str, "_Part"]


@dataclass(frozen=True)
class _Part:
    """What a row adds to a sum (`row`, an expression of the table's columns), how rows are added up (`gathered`, with
    {} for the row's column), and how those sums are (`added`)."""

    row: str
    gathered: str
    added: str


def read_sums(
    con: duckdb.DuckDBPyConnection,
    cards: Sequence[MetricCard],
    *,
    breakdowns: Sequence[str],
    periods: PeriodRange,
    records: int,
    units: int,
) -> Iterator[tuple[str, pa.Table]]:
    """The sums of the cards' cells, breakdown by breakdown: period, business_unit (NULL: the company), segment, and
    `<sum>_<number of the card>` (names as in `names_of`).

    Parameters
    ----------
    records, units : about how many records the periods hold, and of how many units
    """
    adding = {number: parts for number, card in enumerate(cards) if (parts := _parts(con, card)) is not None}
    table = cards[0].how.table
    cells = units * (periods.last - periods.first + 1)
    few = few_together(_segments(con, table, cards[0].how.time, breakdowns, records), cells=cells, records=records)
    if adding:
        con.execute(_fine_sql(cards[0], adding, breakdowns=breakdowns, few=few, periods=periods))
    for breakdown in (NO_BREAKDOWN, *breakdowns):
        asked = [number for number, card in enumerate(cards) if breakdown in (NO_BREAKDOWN, *card.breakdowns)]
        if here := {number: adding[number] for number in asked if number in adding}:
            yield breakdown, con.sql(_coarse_sql(here, breakdown, breakdowns, few)).to_arrow_table()
        for number in asked:
            if number not in adding:
                yield breakdown, con.sql(_distinct_sql(cards[number], number, breakdown, periods)).to_arrow_table()
    con.execute(f"DROP TABLE IF EXISTS {FINE}")


def names_of(card: MetricCard) -> tuple[str, ...]:
    """The sums that a card needs. A ratio's and a rate's are numerator, denominator, xx, yy, xy (squares and products
    of the rows), n and waiting (records whose follow-up window has not passed)."""
    how = card.how
    if isinstance(how, Count) or (isinstance(how, Rate) and how.exposure):
        return ("n",)
    if isinstance(how, Total):
        return ("n", "total")
    return ("numerator", "denominator", "xx", "yy", "xy", "n", "waiting")


def _parts(con: duckdb.DuckDBPyConnection, card: MetricCard) -> dict[str, _Part] | None:
    """A card's sums as parts; None where they do not add up. `fsum` carries what rounding loses (Kahan 1965), so that
    a figure does not hang on the order of the rows."""
    how = card.how
    where = f"({how.where})"
    if getattr(how, "distinct", None):
        return None
    if isinstance(how, Count):
        return {"n": _Part(where, "count(*) FILTER ({})", "sum")}
    if isinstance(how, Total):
        amount = f"CASE WHEN {where} THEN CAST(({how.amount}) AS DOUBLE) END"
        return {"n": _Part(amount, "count({})", "sum"), "total": _Part(amount, "fsum({})", "fsum")}
    if isinstance(how, Rate) and how.exposure:
        return {"n": _Part(f"CASE WHEN {where} THEN CAST(({how.numerator}) AS DOUBLE) END", "sum({})", "sum")}
    x, y = f"({how.numerator})", f"({how.denominator})"
    known = f"coalesce({where} AND {x} IS NOT NULL AND CAST({y} AS DOUBLE) <> 0, false)"
    passed = f"({how.time}) + INTERVAL {card.follow_up_days} DAY <= cutoff()" if card.follow_up_days else "true"
    counted, waits = _Part(f"{known} AND {passed}", "count(*) FILTER ({})", "sum"), f"{known} AND NOT ({passed})"
    waiting = _Part(waits if card.follow_up_days else "false", "count(*) FILTER ({})", "sum")
    kinds = con.sql(f"SELECT {x} AS x, {y} AS y FROM {how.table}").types
    if all(str(kind) == BOOLEAN for kind in kinds):
        hits = _Part(f"{known} AND {passed} AND {x}", "count(*) FILTER ({})", "sum")
        of_hits, of_all = ("numerator", "xx", "xy"), ("denominator", "yy", "n")
        return dict.fromkeys(of_hits, hits) | dict.fromkeys(of_all, counted) | {"waiting": waiting}
    x, y = (f"CASE WHEN {known} AND {passed} THEN CAST({part} AS DOUBLE) END" for part in (x, y))
    terms = {"numerator": x, "denominator": y, "xx": f"{x} * {x}", "yy": f"{y} * {y}", "xy": f"{x} * {y}"}
    sums = {name: _Part(term, "coalesce(fsum({}), 0)", "fsum") for name, term in terms.items()}
    return {**sums, "n": counted, "waiting": waiting}


def _segments(
    con: duckdb.DuckDBPyConnection, table: str, time: str, breakdowns: Sequence[str], records: int
) -> dict[str, int]:
    """About how many segments each breakdown has: those of some rows from all over the table."""
    if not breakdowns:
        return {}
    counts = ", ".join(f"count(DISTINCT {name})" for name in breakdowns)
    step = max(records // LOOKED_AT, 1)
    (found,) = con.execute(f"SELECT {counts} FROM {table} WHERE hash({time}) % {step} = 0").fetchall()
    return dict(zip(breakdowns, found, strict=True))


def _fine_sql(
    card: MetricCard,
    adding: Mapping[int, Parts],
    *,
    breakdowns: Sequence[str],
    few: Sequence[str],
    periods: PeriodRange,
) -> str:
    """A row by unit, period and the breakdowns of `few` together, and by unit, period and each of the others; a mark
    for each breakdown says whether a row is not by it."""
    how = card.how
    parts = list(dict.fromkeys(part for own in adding.values() for part in own.values()))
    rows = {row: f"row_{place}" for place, row in enumerate(dict.fromkeys(part.row for part in parts))}
    sets = [", ".join(["period", "business_unit", *by]) for by in (few, *([b] for b in breakdowns if b not in few))]
    columns = [*breakdowns, *(f"GROUPING({name}) AS without_{name}" for name in breakdowns)]
    sums = [
        f"{part.gathered.format(rows[part.row])} AS {name}_{number}"
        for number, own in adding.items()
        for name, part in own.items()
    ]
    read = [*breakdowns, *(f"{row} AS {name}" for row, name in rows.items())]
    return (
        f"CREATE OR REPLACE TEMP TABLE {FINE} AS SELECT {', '.join(['period', 'business_unit', *columns, *sums])} "
        f"FROM (SELECT business_unit, period_of({how.time}) AS period, {', '.join(read)} "
        f"FROM {how.table} WHERE {periods.holds(how.time)}) "
        f"GROUP BY GROUPING SETS ({', '.join(f'({by})' for by in sets)})"
    )


def _coarse_sql(here: Mapping[int, Parts], breakdown: str, breakdowns: Sequence[str], few: Sequence[str]) -> str:
    """The sums of one breakdown (or of none) for the units and for the company, added up from the fine ones."""
    by_it = [f"without_{breakdown} = 0"] if breakdown and breakdown not in few else []
    by_few = [f"without_{name} = {int(name not in few)}" for name in breakdowns]
    segment = breakdown or f"'{NO_BREAKDOWN}'"
    sums = [
        f"CAST({part.added}({name}_{number}) AS DOUBLE) AS {name}_{number}"
        for number, own in here.items()
        for name, part in own.items()
    ]
    return (
        f"SELECT period, business_unit, {segment} AS segment, {', '.join(sums)} FROM {FINE} "
        f"WHERE {' AND '.join(by_it or by_few) or 'true'} GROUP BY {_levels(breakdown)}"
    )


def _distinct_sql(card: MetricCard, number: int, breakdown: str, periods: PeriodRange) -> str:
    how = card.how
    whom = f"CASE WHEN ({how.numerator}) THEN ({how.distinct}) END" if isinstance(how, Rate) else f"({how.distinct})"
    segment = breakdown or f"'{NO_BREAKDOWN}'"
    return (
        f"SELECT period, business_unit, {segment} AS segment, "
        f"CAST(count(DISTINCT {whom}) FILTER (WHERE ({how.where})) AS DOUBLE) AS n_{number} "
        f"FROM (SELECT *, period_of({how.time}) AS period FROM {how.table} WHERE {periods.holds(how.time)}) "
        f"GROUP BY {_levels(breakdown)}"
    )


def _levels(breakdown: str) -> str:
    by = f", {breakdown}" if breakdown else ""
    return f"GROUPING SETS ((period{by}), (period, business_unit{by}))"
