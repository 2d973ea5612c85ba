"""What a report can be asked in a cell: `measure`, `compare`, `why`, `decompose`, `funnel`, `ask`. Thin: the work is
done by the pieces beside and by the sections that the areas are made of.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

import pandas as pd

from analysis.exploring.untold import Untold
from analysis.faults import UserFault
from analysis.presentation.language import both
from analysis.presentation.origin import Origin
from analysis.run_data import check_unit

if TYPE_CHECKING:
    from analysis.asking import Vocabulary
    from analysis.exploring.answering import Answer
    from analysis.exploring.asked import Where
    from analysis.exploring.explored import Explored
    from analysis.report import Report


class Exploring:
    """The exploring calls of a report. Charts and statistics are loaded by the first call, not with the report."""

    def measure(
        self, metric: str, by: str | None = None, *, where: "Where" = None, period: str | None = None
    ) -> "Explored":
        """One metric of this unit: its figure and its months, or its segments, worst first.

        Parameters
        ----------
        metric : an id of the catalogue, such as first_time_fix_rate
        by : a breakdown of the metric, such as product_line; business_unit on the company's report
        where : an SQL condition on the metric's records ("in_warranty"), or breakdown → value
        period : 2026-06, 2026-Q2, 2026 or 2026-01..2026-05; by default the report's

        Returns
        -------
        A section with `.data` (the figures), `.definition`, `.records` (the records that count) and `.sql`.

        Raises
        ------
        UserFault : an unknown metric, breakdown, column or period, with the nearest
        """
        from analysis.exploring.measuring import measured

        return measured(self._report, metric, by=by, where=where, period=period)

    def compare(
        self,
        metric: str,
        to: str = "year_ago",
        *,
        where: "Where" = None,
        period: str | None = None,
        business_unit: str | None = None,
    ) -> "Explored":
        """One metric of this unit, or on the company's report of a `business_unit`, beside something: `to` is
        year_ago, previous, target, peers, a unit's id ("all" for the company) or a period. `.data` has a row for each
        side.
        """
        from analysis.exploring.measuring import compared

        return compared(self._report, metric, to=to, where=where, period=period, business_unit=business_unit)

    def why(self, metric: str, *, by: str | None = None, period: str | None = None) -> "Explored":
        """What a metric's change against a year ago comes from: findings, stages, the breakdown that explains most, or
        the one asked for with `by`.
        `.data` has each segment's own effect and its effect through the mix.
        """
        from analysis.exploring.reasons import explained

        return explained(self._report, metric, period=period, by=by)

    def decompose(self, metric: str) -> "Explored":
        """Trend, season and the next three months of a metric; `.data` has the months."""
        from analysis.exploring.asked import check_asked
        from analysis.exploring.measuring import about, hand_out
        from analysis.sections.decomposition import decomposition

        asked, made = check_asked(self._report, metric), decomposition(self._report, metric)
        return hand_out(self._report, asked, asked.card.name, about(self._report, asked), (made,), made.data)

    def funnel(self, metric: str) -> "Explored":
        """This unit among all units in a funnel, size and usual spread allowed for; `.data` has a row per unit."""
        from analysis.exploring.asked import check_asked
        from analysis.exploring.measuring import about, hand_out
        from analysis.exploring.reasons import splits
        from analysis.sections.units import units

        asked = check_asked(self._report, metric)
        if not splits(asked.card):
            raise UserFault(f"funnel: {metric} is no share, rate or mean; a funnel needs one of these")
        made = units(self._report, metric)
        return hand_out(self._report, asked, asked.card.name, about(self._report, asked), (made,), made.data)

    def ask(self, question: str) -> "Answer":
        """A question in words, in English or Chinese: report.ask("华东上个季度维修周期为什么变长").

        It shows how the question was understood and answers it through the calls above; what it does not understand it
        asks back, with what could have been meant. `.reading` holds metric, unit, period, breakdown and intent.
        """
        from analysis.exploring.answering import answered

        if not isinstance(question, str):
            raise UserFault(f"ask: a question in words, as text, got {question!r}")
        return answered(self._report, question, self.vocabulary)

    def of(self, business_unit: str, period: str | None = None) -> "Report":
        """The same report on another unit, or as of an earlier month; a unit's report speaks of its own unit only."""
        report = self._report
        if business_unit != report.business_unit and not report.is_company:
            own = report.business_unit
            raise Untold(
                f"business_unit: this report is about {own}; the company's, open_report(…, 'all'), has the others",
                both("Other units stand in the company's report only."),
            )
        from analysis.exploring.asked import find_period

        if period is not None:
            find_period(report, period)
        return replace(report, business_unit=check_unit(report.run, business_unit), period=period or report.period)

    def origin(self, metrics: Sequence[str] | None = None) -> Origin:
        """Where a block's figures come from: those metrics, by default the ones read since the last block was made."""
        report, read = self._report, list(self._report.touched) if metrics is None else metrics
        report.touched.clear()
        cards = tuple(report.catalogue[metric] for metric in dict.fromkeys(read) if metric in report.catalogue)
        return Origin(cards, self._say_sql, self._read_records)

    def _say_sql(self, metric: str) -> str:
        from analysis.exploring.asked import check_asked
        from analysis.exploring.records import say_sql

        return say_sql(self._report, check_asked(self._report, metric))

    def _read_records(self, metric: str) -> pd.DataFrame:
        from analysis.exploring.asked import check_asked
        from analysis.exploring.records import read_records

        return read_records(self._report, check_asked(self._report, metric))

    @cached_property
    def held_segments(self) -> dict[str, list[str]]:
        """Breakdown → the segments that this unit's measurements hold, in order."""
        rows = self._report.run.rows("measurements", business_unit=self._report.business_unit)
        found = rows.loc[rows["breakdown"] != "", ["breakdown", "segment"]].astype(str).drop_duplicates()
        return {str(by): sorted(of["segment"]) for by, of in found.groupby("breakdown")}

    @cached_property
    def vocabulary(self) -> "Vocabulary":
        """What a question on this report may speak of: the words of the catalogue, units, breakdowns and periods."""
        from analysis.exploring.answering import vocabulary_of

        return vocabulary_of(self._report)

    @property
    def _report(self) -> "Report":
        return cast("Report", self)
