"""What is timed and how it is asked for: spells from start to end as SQL over a measured table, one row a record.

A cohort query gives each record once, in the period of the card's `time`; a period query gives it once for every
period in which it was open. All times are whole minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.metrics.cards import MetricCard
from analysis.metrics.kinds import Duration
from analysis.metrics.periods import PeriodRange


@dataclass(frozen=True)
class Spell:
    """What is timed: several cards read different statistics off the same spell."""

    start: str
    end: str
    until: str | None
    where: str
    closed_only: bool


def spell_of(how: Duration, *, end: str | None = None) -> Spell:
    """The spell of a duration card; `end` replaces its end (the earlier milestone of a step)."""
    return Spell(how.start, end or how.end, how.until, how.where, how.closed_only)


def spells_of(card: MetricCard) -> tuple[Spell, ...]:
    """The spells that a card's statistic is read from."""
    how = card.how
    return (spell_of(how), spell_of(how, end=how.after)) if how.after else (spell_of(how),)


def cohort_sql(how: Duration, spells: Sequence[Spell], breakdowns: Sequence[str], periods: PeriodRange) -> str:
    """One row for each record of these periods: minutes_i, ended_i, running_i (open at the cut-off) of each spell."""
    columns = [column for number, spell in enumerate(spells) for column in _spell_columns(number, spell)]
    return (
        f"SELECT business_unit, period_of({how.time}) AS period, {', '.join([*breakdowns, *columns])} FROM {how.table} "
        f"WHERE {periods.holds(how.time)}"
    )


def period_sql(how: Duration, spells: Sequence[Spell], breakdowns: Sequence[str], periods: PeriodRange) -> str:
    """One row for each record and each period in which it was open. Ages are whole minutes of [P0, P1): entry is the
    age just before P0."""
    (spell,) = spells
    names = ", ".join(["business_unit", *breakdowns])
    stop = f"coalesce(({spell.end}), ({spell.until or 'NULL'}))"
    enters = f"greatest(period_of({spell.start}), {periods.first})"
    leaves = f"least(coalesce(period_of({stop}), {periods.last}), {periods.last})"
    inside = "coalesce(period_of(stops) = period, false)"
    until_end = f"{minutes_between('begins', 'period_start(period + 1)')} - 1"
    return f"""
        SELECT {names}, period, {inside} AND has_end AS ended_0, NOT {inside} AS running_0,
            greatest(CASE WHEN {inside} THEN {minutes_between("begins", "stops")} ELSE {until_end} END, 0) AS minutes_0,
            greatest({minutes_between("begins", "period_start(period)")}, 0) - 1 AS entry_0
        FROM (
            SELECT {names}, ({spell.start}) AS begins, {stop} AS stops, ({spell.end}) IS NOT NULL AS has_end,
                unnest(range({enters}, {leaves} + 1)) AS period
            FROM {how.table}
            WHERE ({spell.where}) AND ({spell.start}) < period_start({periods.last + 1})
                AND coalesce({stop} >= period_start({periods.first}), true)
        )"""


def minutes_between(start: str, end: str) -> str:
    """SQL for the time between two moments in whole minutes."""
    return f"CAST(round((epoch_us({end}) - epoch_us({start})) / 60e6) AS BIGINT)"


def _spell_columns(number: int, spell: Spell) -> list[str]:
    end, until = f"({spell.end})", f"({spell.until or 'NULL'})"
    kept = f"({spell.where})" + (f" AND {end} IS NOT NULL" if spell.closed_only else "")
    minutes = minutes_between(spell.start, f"coalesce({end}, {until}, cutoff())")
    return [
        f"CASE WHEN {kept} THEN {minutes} END AS minutes_{number}",
        f"{end} IS NOT NULL AS ended_{number}",
        f"coalesce({end}, {until}) IS NULL AS running_{number}",
    ]
