"""What one unit's report can look up: its figures, its series, its records. It measures nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.data_model import ALL_UNITS, read_tables
from analysis.faults import UserFault, did_you_mean
from analysis.metrics.kinds import Modelled
from analysis.presentation.blocks import text_column
from analysis.presentation.language import Text
from analysis.presentation.naming import segment_name
from analysis.presentation.possible import ORDERS, comparable_years, possible_intervals
from analysis.run_data import OwnFigures, RunData, check_unit

SUMMARY, BENCHMARKS = "summary", "benchmarks"  # the reports about every metric


@dataclass
class UnitFigures:
    """The figures of one report's unit and period; what is looked up is remembered for the page's definitions."""

    name: str
    business_unit: str
    period: str
    languages: tuple[str, ...]
    run: RunData
    _used: dict[str, None] = field(default_factory=dict, repr=False)
    _made: dict[str, Any] = field(default_factory=dict, repr=False)
    touched: list[str] = field(default_factory=list, repr=False)  # metrics read since the last block was made

    @property
    def catalogue(self) -> Mapping[str, Any]:
        """Metric id → its card: definition, unit, direction, caveats."""
        return self.run.catalogue

    @property
    def is_company(self) -> bool:
        """Whether the report is about the whole company, where units stand by name."""
        return self.business_unit == ALL_UNITS

    @cached_property
    def unit_name(self) -> Text:
        """The unit's name in both languages."""
        return self.run.unit_name(self.business_unit)

    @cached_property
    def kpis(self) -> pd.DataFrame:
        """One row per metric of this unit: value, interval, changes, target, signal; indexed by metric."""
        rows = self.run.rows("kpis", business_unit=self.business_unit)
        return comparable_years(self._possible(rows), self._own.whole(ORDERS), self.catalogue).set_index(
            "metric", drop=False
        )

    @cached_property
    def kpi_rows(self) -> list[dict[str, Any]]:
        """The rows of `kpis` as mappings, in order."""
        return [{str(name): value for name, value in row.items()} for row in self.kpis.to_dict("records")]

    def kpi(self, metric: str) -> Mapping[str, Any] | None:
        """The unit's row of one metric, or None where the data cannot tell it."""
        self._uses(metric)
        return next((row for row in self.kpi_rows if row["metric"] == metric), None)

    def tells(self, metric: str) -> bool:
        """Whether the data give this unit a figure of the metric."""
        self._check_metrics([metric])
        return any(row["metric"] == metric and pd.notna(row["value"]) for row in self.kpi_rows)

    def series(self, metric: str, *, business_unit: str | None = None) -> pd.DataFrame:
        """The metric month by month up to the period, with its interval: the measurements' long shape, oldest first."""
        self._uses(metric)
        unit = self.business_unit if business_unit is None else check_unit(self.run, business_unit)
        rows = (
            self._own.whole(metric)
            if unit == self.business_unit
            else self.run.rows("measurements", metric=metric, business_unit=unit, breakdown="")
        )
        return self._possible(self._until_period(rows[rows["grain"] == "month"]))

    def segments(self, metric: str, breakdown: str, *, defined: bool = True) -> pd.DataFrame:
        """The metric by segment of a breakdown, month by month up to the period; `defined`: the page defines it."""
        if defined:
            self._uses(metric)
        self._check_metrics([metric])
        if not isinstance(self.catalogue[metric].how, Modelled) and breakdown not in self._breakdowns:
            known = self.catalogue[metric].breakdowns
            told = f"{did_you_mean(breakdown, known)}; it has {', '.join(known) or 'none'}"
            raise UserFault(f"segments: {metric} has no breakdown {breakdown!r}{told}")
        rows = self._own.by_segment(metric)
        return self._until_period(rows[(rows["breakdown"] == breakdown) & (rows["grain"] == "month")])

    def units(self, metric: str, *, defined: bool = True) -> pd.DataFrame:
        """Every unit's kpi row, `label` the name to show, `own` this report's unit; peers unnamed on a unit's page.
        `defined` as in `segments`."""
        if defined:
            self._uses(metric)
        self._check_metrics([metric])
        rows = self.run.rows("kpis", metric=metric)
        rows = rows[rows["business_unit"] != ALL_UNITS].reset_index(drop=True)
        own = rows["business_unit"] == self.business_unit
        labels = text_column(
            self.run.unit_name(unit) if mine or self.is_company else {}
            for unit, mine in zip(rows["business_unit"], own, strict=True)
        )
        shown = rows.assign(label=labels, own=own)
        shown["label"] = shown["label"].where(own | self.is_company, None)
        return shown if self.is_company else shown.assign(business_unit=rows["business_unit"].where(own, None))

    def once(self, what: str, make: Callable[[], Any]) -> Any:
        """What several sections of the page reckon with, made by the first that asks for it."""
        if what not in self._made:
            self._made[what] = make()
        return self._made[what]

    def curve(self, name: str) -> pd.DataFrame:
        """Share still open by time since the start, with its interval; `name` as in the catalogue (repair_cycle)."""
        return self.run.rows("curves", metric=name, business_unit=self.business_unit, period=self.period)

    def adjusted(self, metric: str) -> pd.DataFrame:
        """The series with the calendar effects taken out, with the control limits that judge it."""
        self._check_metrics([metric])
        return self._until_period(self.run.rows("adjusted", metric=metric, business_unit=self.business_unit))

    def records(self, table: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """This unit's own records of a canonical table, for analysis by hand; other units' records are out of reach.

        Raises
        ------
        UserFault : for a table or columns that the data model does not have, with the nearest
        """
        tables = read_tables()
        if table not in tables:
            raise UserFault(f"records: the data model has no table {table!r}{did_you_mean(table, tables)}")
        if isinstance(columns, str):
            raise UserFault(f"records: columns take a list of names, such as [{columns!r}]")
        known = [column.name for column in tables[table].stored]
        if unknown := [name for name in columns or () if name not in known]:
            raise UserFault([f"records: {table} has no column {name!r}{did_you_mean(name, known)}" for name in unknown])
        return self.run.store.records(table, self.business_unit, columns=columns)

    @cached_property
    def product_names(self) -> dict[str, str]:
        """Product id → its name, where the data give names."""
        if not self.run.store.has("products", "name"):
            return {}
        products = self.run.store.records("products", ALL_UNITS, columns=["product_id", "name"]).dropna()
        return dict(zip(products["product_id"], products["name"], strict=True))

    def segment_name(self, breakdown: str, segment: str) -> Text:
        """A segment of a breakdown as a reader says it: a product by its name, known values in both languages."""
        return segment_name(breakdown, segment, products=self.product_names if breakdown == "product_id" else None)

    @cached_property
    def areas_with_rates(self) -> set[str]:
        """The areas of which a rate with its exposure is told: their counts alone are no news."""
        told = {row["metric"] for row in self.kpi_rows if pd.notna(row["value"])}
        return {card.area for card in self.catalogue.values() if card.kind == "rate" and card.id in told}

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that this report is about: its own catalogue file; the summary's and the benchmarks' are all."""
        return tuple(card.id for card in self.catalogue.values() if self.name in (SUMMARY, BENCHMARKS, card.area))

    # -- helpers ------------------------------------------------------------------------------------------------------

    @cached_property
    def _own(self) -> OwnFigures:
        return OwnFigures(self.run, self.business_unit)

    def _check_metrics(self, metrics: Iterable[str]) -> None:
        """Refuse ids that the catalogue does not know, with the nearest."""
        if isinstance(metrics, str):
            raise UserFault(f"metrics: a list of ids, such as [{metrics!r}]")
        if unknown := [metric for metric in metrics if metric not in self.catalogue]:
            raise UserFault(
                [f"metric: there is no {each!r}{did_you_mean(str(each), self.catalogue)}" for each in unknown]
            )

    @cached_property
    def _breakdowns(self) -> set[str]:
        return {breakdown for card in self.catalogue.values() for breakdown in card.breakdowns}

    def _uses(self, metric: str) -> None:
        self._check_metrics([metric])
        self._used.setdefault(metric)
        self.touched.append(metric)

    def _possible(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows with no bound of an interval beyond what the metric's unit can be."""
        return possible_intervals(rows, rows["metric"].astype(str).map(self._unit_of))

    @cached_property
    def _unit_of(self) -> dict[str, str]:
        return {metric: card.unit for metric, card in self.catalogue.items()}

    def _until_period(self, rows: pd.DataFrame) -> pd.DataFrame:
        last = pd.Period(self.period.replace("-Q", "Q")).end_time
        return rows[rows["period_start"] <= last].sort_values("period_start", kind="stable").reset_index(drop=True)
