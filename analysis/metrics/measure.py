"""Measure every metric of the catalogue once: all units and the company, all complete periods, all breakdowns, one
scan per table and time.

Reads only the store; refuses nothing that the data lack (those metrics are named with what they need) and invents no
zero.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from analysis.data_model.needs import unmet
from analysis.metrics.cards import Catalogue, MetricCard
from analysis.metrics.coverage import Coverage, read_beginnings, read_coverage
from analysis.metrics.derived import derive
from analysis.metrics.durations import measure_curves, measure_durations
from analysis.metrics.exposures import rate_by_exposure, read_exposure
from analysis.metrics.figures import NO_BREAKDOWN, Figures
from analysis.metrics.kinds import Derived, Duration, Modelled, Quantile, Rate, Snapshot
from analysis.metrics.long_shape import (
    CURVES,
    MEASUREMENTS,
    collect_rows,
    complete,
    drop_partial,
    sort_rows,
    to_curve_rows,
    to_rows,
)
from analysis.metrics.modelled import measure_model
from analysis.metrics.periods import Grain, PeriodRange, Periods
from analysis.metrics.quantiles import measure_quantiles
from analysis.metrics.scan import scan
from analysis.metrics.snapshots import keep_open, measure_snapshots
from analysis.metrics.tables import build_tables, read_measured_tables, usable_breakdowns
from analysis.metrics.tables_in_a_file import attach, room_for_tables
from analysis.store import Store

CURVE_PERIODS = 24
RECORDS_AT_ONCE = 250_000
METHODS: Mapping[type, Callable[..., Iterator[tuple[MetricCard, Figures]]]] = {
    Duration: measure_durations,
    Snapshot: measure_snapshots,
    Quantile: measure_quantiles,
}
ONE_THREAD = 1  # of DuckDB: of two, whichever is first adds first, and the last digits of a sum are another's
MEMORY_LIMIT = "1GiB"  # of DuckDB; what does not fit goes to the store's temporary folder


@dataclass(frozen=True)
class Measurements:
    """What `measure` wrote: measurements.parquet, curves.parquet and missing.json in `folder`."""

    folder: Path

    def read(self, **equal: str) -> pd.DataFrame:
        """Rows of the long shape, filtered by column = value before they are read: metric, business_unit, breakdown
        …"""
        condition = None
        for column, value in equal.items():
            term = ds.field(column) == value
            condition = term if condition is None else condition & term
        return ds.dataset(self.folder / "measurements.parquet").to_table(filter=condition).to_pandas()

    def curves(self) -> pd.DataFrame:
        """Survival curves of the newest periods."""
        return pq.read_table(self.folder / "curves.parquet").to_pandas()

    def missing(self) -> dict[str, list[str]]:
        """Metric → the tables or columns it needs and the data lack."""
        return json.loads((self.folder / "missing.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class _Run:
    """What all scans of one run share."""

    con: duckdb.DuckDBPyConnection
    store: Store
    periods: Periods
    beginnings: Mapping[str, int]
    coverages: dict[tuple[str, str], Coverage | None] = field(default_factory=dict)


def measure(store: Store, catalogue: Catalogue, *, grain: Grain = "month", out: Path) -> Measurements:
    """Measure the whole catalogue on a store.

    Parameters
    ----------
    store : the validated records
    catalogue : the cards; those whose needs the store does not meet are written to missing.json
    grain : month, quarter or year: each is measured anew, since quantiles do not add up
    out : folder for measurements.parquet, curves.parquet and missing.json; an older result is replaced file by file

    Returns
    -------
    Measurements : one row per metric × unit (and `all`) × complete period × segment
    """
    out.mkdir(parents=True, exist_ok=True)
    missing = find_missing(store, catalogue)
    cards = [card for card in catalogue.values() if card.id not in missing]
    periods = Periods(grain, store.cutoff)
    with room_for_tables(store) as file, store.connect(memory_limit=MEMORY_LIMIT, threads=ONE_THREAD) as con:
        into = attach(con, file)
        build_tables(con, _tables_of(cards), present=store.tables, macros=periods.sql_macros(), into=into)
        run = _Run(con, store, periods, read_beginnings(con, present=store.tables, periods=periods))
        rows = (to_rows(card, found, periods) for card, found in _measured(run, cards))
        collect_rows(out / "measurements.parquet", rows, MEASUREMENTS)
        collect_rows(out / "curves.parquet", _curves(run, cards), CURVES)
    for name in ("measurements", "curves"):  # now that the records are no longer held
        sort_rows(out / f"{name}.parquet")
    (out / "missing.json").write_text(json.dumps(missing, indent=1, sort_keys=True), encoding="utf-8")
    return Measurements(out)


def find_missing(store: Store, catalogue: Catalogue) -> dict[str, list[str]]:
    """Metric → what it needs and the store lacks; a derived metric lacks what its parts lack."""
    own = {card.id: unmet(card.needs, store.missing) for card in catalogue.values()}
    for card in catalogue.values():
        if isinstance(card.how, Derived):
            own[card.id] = sorted({*own[card.id], *(need for part in card.how.of for need in own[part])})
    return {metric: needs for metric, needs in own.items() if needs}


def _tables_of(cards: Iterable[MetricCard]) -> set[str]:
    exposures = {card.how.exposure for card in cards if isinstance(card.how, Rate) and card.how.exposure}
    modelled = {name for card in cards if isinstance(card.how, Modelled) for name in card.how.tables}
    return {card.table for card in cards if card.table} | exposures | modelled


def _measured(run: _Run, cards: Sequence[MetricCard]) -> Iterator[tuple[MetricCard, Figures]]:
    """Completed figures, card by card and breakdown by breakdown; models next, derived cards last, from the parts kept
    for them."""
    wanted = {name for card in cards if isinstance(card.how, Derived) for name in card.how.of}
    kept: dict[str, list[pd.DataFrame]] = {name: [] for name in wanted}
    direct = [card for card in cards if not isinstance(card.how, Derived | Modelled)]
    for _, group in groupby(sorted(direct, key=_scan_key), key=_scan_key):
        for card, found in _scan_group(run, list(group)):
            if card.id in kept:
                kept[card.id].append(found.frame())
            yield card, found
    for card in cards:
        if isinstance(card.how, Modelled):
            for found in measure_model(run.con, card, periods=run.periods, units=run.store.business_units):
                yield card, found
    parts = {name: pd.concat(frames, ignore_index=True) for name, frames in kept.items() if frames}
    for card in cards:
        if isinstance(card.how, Derived) and set(card.how.of) <= set(parts):
            for found in derive(card, parts, periods=run.periods):
                yield card, found


def _curves(run: _Run, cards: Sequence[MetricCard]) -> Iterator[pa.Table]:
    newest = run.periods.last - CURVE_PERIODS + 1
    for card in cards:
        if not (isinstance(card.how, Duration) and card.how.curve):
            continue
        coverage = _coverage(run, card.how.table, card.how.time)
        stretches = coverage.ranges(last_period=run.periods.last, at_most=RECORDS_AT_ONCE) if coverage else ()
        for periods in stretches:
            if periods.last >= newest:
                found = measure_curves(run.con, card, periods=PeriodRange(max(periods.first, newest), periods.last))
                if len(found):
                    yield to_curve_rows(found, run.periods)


def _coverage(run: _Run, table: str, time: str) -> Coverage | None:
    if (table, time) not in run.coverages:
        run.coverages[table, time] = read_coverage(run.con, table, time, periods=run.periods)
    return run.coverages[table, time]


def _scan_key(card: MetricCard) -> tuple[str, ...]:
    """Cards with the same key are measured in one scan."""
    how: Any = card.how
    if isinstance(how, Snapshot):
        return ("snapshot", how.table, how.start, how.end, how.where)
    if isinstance(how, Duration):
        return (
            "duration",
            how.table,
            how.time,
            card.view,
            *((how.start, how.end, how.until or "", how.where) if card.view == "in_period" else ()),
        )
    return ("quantile" if isinstance(how, Quantile) else "scan", how.table, how.time)


def _scan_group(run: _Run, cards: list[MetricCard]) -> Iterator[tuple[MetricCard, Figures]]:
    """Figures of cards that share a scan, stretch by stretch of periods; those without breakdown last."""
    how: Any = cards[0].how
    last = run.periods.last
    time = how.start if isinstance(how, Snapshot) else how.time
    coverage = _coverage(run, how.table, time)
    if coverage is None:
        return
    coverage = coverage.begun_by(run.beginnings)
    breakdowns = usable_breakdowns(read_measured_tables()[how.table], run.store.missing)
    found_units = max(len(coverage.first) - 1, 1)
    method: Any = METHODS.get(type(how))
    if isinstance(how, Snapshot):
        method = partial(method, begun=keep_open(run.con, cards, breakdowns=breakdowns))
    adding = partial(scan, records=sum(coverage.records.values()), units=found_units)
    exposures = {card.id: _exposure_of(run, card) for card in cards if isinstance(card.how, Rate) and card.how.exposure}
    whole: dict[str, list[Figures]] = {card.id: [] for card in cards}
    for periods in coverage.ranges(last_period=last, at_most=RECORDS_AT_ONCE if method else None):
        for card, found in (method or adding)(run.con, cards, breakdowns=breakdowns, periods=periods):
            if card.id in exposures:
                known = _within(exposures[card.id], PeriodRange(max(periods.first, coverage.filled_from), periods.last))
                found = rate_by_exposure(card, found, known[known["breakdown"] == found.breakdown])
            if found.breakdown == NO_BREAKDOWN:
                whole[card.id].append(found)
            else:
                yield card, drop_partial(found, coverage, last)
    for card in cards:
        units = run.store.business_units
        yield card, complete(card, whole[card.id], units=units, coverage=coverage, last_period=last)


def _exposure_of(run: _Run, card: MetricCard) -> pd.DataFrame:
    table = read_measured_tables()[card.how.exposure]
    usable = [name for name in usable_breakdowns(table, run.store.missing) if name in card.breakdowns]
    return read_exposure(run.con, table.name, breakdowns=usable, periods=run.periods)


def _within(cells: pd.DataFrame, periods: PeriodRange) -> pd.DataFrame:
    return cells[cells["period"].between(periods.first, periods.last)]
