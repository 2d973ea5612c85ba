"""What a cell asks for, checked: the metric, the breakdown, the filter, the period. Names near misses; measures
nothing.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.exploring.untold import Untold
from analysis.faults import UserFault, did_you_mean, nearest
from analysis.metrics.cards import Catalogue, MetricCard
from analysis.metrics.check import check_catalogue
from analysis.metrics.kinds import Derived, Modelled, Rate
from analysis.presentation.language import both, join
from analysis.presentation.naming import need_name
from analysis.presentation.telling import tell_period

if TYPE_CHECKING:
    from analysis.report import Report

BY_UNIT = "business_unit"
FLAG = {"true", "false", "unknown"}
STEPS = {  # what a condition often lacks, by a word of the check's own line
    "names no column": "a text stands in single quotes, such as product_line = 'TV'",
    "'&'": "write AND",
    "'|'": "write OR",
    "must give boolean": "compare it with something, such as in_warranty = 'true'",
}
PERIOD = re.compile(r"\d{4}(-(0[1-9]|1[0-2])|-Q[1-4])?")
Where = str | Mapping[str, str] | None


@dataclass(frozen=True)
class Asked:
    """One thing to be measured.

    Parameters
    ----------
    card : the metric's card, narrowed to `where`
    by : a breakdown, business_unit, or None
    segment : (breakdown, value) where the filter is one segment of a breakdown that is measured anyway
    narrowed : whether the records are narrowed by an expression, so that they are measured anew
    first, last : the first and the last month asked for
    grain : month, quarter, year, or range
    """

    card: MetricCard
    by: str | None
    segment: tuple[str, str] | None
    narrowed: bool
    first: pd.Period
    last: pd.Period
    grain: str

    @property
    def period(self) -> str:
        """2025-06, 2025-Q2, 2025, or 2025-01..2025-05."""
        if self.grain == "month":
            return str(self.first)
        if self.grain == "quarter":
            return f"{self.first.year}-Q{self.first.quarter}"
        return str(self.first.year) if self.grain == "year" else f"{self.first}..{self.last}"


def check_asked(
    report: "Report", metric: str, *, by: str | None = None, where: Where = None, period: str | None = None
) -> Asked:
    """What is asked for, checked against the catalogue and the data.

    Raises
    ------
    UserFault : an unknown metric, breakdown, column or period, each with its nearest; a filter on a metric that cannot
        be narrowed
    """
    card = find_card(report, metric)
    known = (*card.breakdowns, BY_UNIT)
    if by is not None and not isinstance(by, str):
        raise UserFault(
            f"by: one breakdown at a time, as text, got {by!r}; split by one and narrow with where= the rest"
        )
    if by is not None and by not in known:
        near = meant_by(report, by, "breakdown", known) or did_you_mean(by, known)
        raise UserFault(f"by: {metric} has no breakdown {by!r}{near}; it has {', '.join(known)}")
    if by == BY_UNIT and report.business_unit != ALL_UNITS:
        raise Untold(
            "by: units stand by name on the company's report only; open_report(…, 'all')",
            both("Units stand by name in the company's report only."),
        )
    first, last, grain = find_period(report, period)
    where = _plain_where(report, where, card.breakdowns)
    segment = next(iter(where.items())) if isinstance(where, Mapping) and len(where) == 1 and by is None else None
    if segment is not None and segment[0] in card.breakdowns:
        return Asked(card, segment[0], segment, False, first, last, grain)
    if not where:
        return Asked(card, by, None, False, first, last, grain)
    flags = {name for name, held in report.held_segments.items() if set(held) <= FLAG}
    return Asked(_narrowed(card, _condition(where, flags)), by, None, True, first, last, grain)


def find_card(report: "Report", metric: str) -> MetricCard:
    """The metric's card.

    Raises
    ------
    UserFault : for an unknown id, with the nearest ids and names; for one that the data cannot tell, with what it needs
    """
    catalogue = report.catalogue
    if not isinstance(metric, str):
        got = repr(metric) if isinstance(metric, int | float | list | None) else f"a {type(metric).__name__}"
        raise UserFault(f"metric: one id of the catalogue as text, such as 'first_time_fix_rate', got {got}")
    if metric in catalogue:
        if lacking := report.run.missing.get(metric):
            name, needs = catalogue[metric].name, [need_name(need) for need in lacking]
            raise Untold(
                f"metric: the data cannot tell {metric}; it would need {', '.join(lacking)}",
                both("The data cannot tell {name}; it would need: {needs}.", name=name, needs=join(needs, " · ")),
            )
        return catalogue[metric]
    names = {name.casefold(): card.id for card in catalogue.values() for name in card.name.values()}
    if metric.casefold() in names:
        raise UserFault(f"metric: {metric!r} is a name; its id is {names[metric.casefold()]!r}")
    near = meant_by(report, metric, "metric", catalogue) or did_you_mean(metric, catalogue)
    if not near and (ids := [repr(names[name]) for name in nearest(metric.casefold(), names)]):
        near = f"; did you mean {' or '.join(ids)}?"
    raise UserFault(
        f"metric: there is no {metric!r} in the catalogue{near or '; docs/reference/metrics.md has them all'}"
    )


def meant_by(report: "Report", said: str, kind: str, known: Collection[str]) -> str:
    """The tail of a fault's line where a question would know the word: FTF, 师傅, yoy; nothing where it would not."""
    term = report.vocabulary.lexicon.find(said) if said.strip() else None
    meant = (
        ()
        if term is None or term.kind != kind
        else term.meaning
        if isinstance(term.meaning, tuple)
        else (term.meaning,)
    )
    ids = [repr(each) for each in meant if each in known]
    return f"; did you mean {' or '.join(ids)}?" if ids else ""


def find_period(report: "Report", period: str | None) -> tuple[pd.Period, pd.Period, str]:
    """The first and the last month of a period, and its grain; None is the report's own.

    Raises
    ------
    UserFault : for what is no period, and for one after the report's
    """
    said = report.period if period is None or str(period) == "last" else re.sub(r"(?<=\d)Q", "-Q", str(period))
    first, dots, last = said.partition("..")
    if not PERIOD.fullmatch(first) or (dots and not PERIOD.fullmatch(last)):
        raise UserFault(f"period: {said!r} is none; write 2026-06, 2026-Q2, 2026 or 2026-01..2026-06")
    begin, end = _months(first)[0], _months(last or first)[1]
    newest = _months(report.period)[1]
    if begin > end:
        raise UserFault(f"period: {said!r} ends before it begins; write {last}..{first}")
    if begin > newest:
        raise Untold(
            f"period: {said!r} is not over at the report's {report.period}",
            both("The report's figures end with {period}.", period=tell_period(report.period)),
        )
    grain = "range" if dots else "quarter" if "Q" in first else "month" if "-" in first else "year"
    if end > newest:  # a year or quarter that is not over: its months so far
        return begin, newest, "range"
    return begin, end, grain


def _plain_where(report: "Report", where: Any, breakdowns: Collection[str]) -> Where:
    """The filter with values as the records hold them: True as "true"; a value that no record has is named."""
    if where is None or isinstance(where, str):
        return where
    if not isinstance(where, Mapping):
        told = 'such as "visits > 1" or {"product_line": "TV"}'
        raise UserFault(f"where: an SQL condition or breakdown → value, {told}; got {type(where).__name__}")
    plain = {}
    for name, value in where.items():
        if not isinstance(value, str | int | float | bool):
            listed = ", ".join(f"'{one}'" for one in value) if isinstance(value, list | tuple | set) else "…"
            told = f'for several write where="{name} IN ({listed})"'
            raise UserFault(f"where: one value of {name}, got {type(value).__name__}; {told}")
        plain[str(name)] = str(value).lower() if isinstance(value, bool) else str(value)
        held = report.held_segments.get(str(name), [])
        if name in breakdowns and held and plain[str(name)] not in held:
            near = did_you_mean(plain[str(name)], held) or f"; it has {', '.join(held[:6])}{' …' * (len(held) > 6)}"
            raise UserFault(f"where: no record of {name} {plain[str(name)]!r}{near}")
    return plain


def _months(period: str) -> tuple[pd.Period, pd.Period]:
    whole = pd.Period(period.replace("-Q", "Q"))
    return whole.asfreq("M", "start"), whole.asfreq("M", "end")


def _condition(where: str | Mapping[str, str], known: Collection[str]) -> str:
    if isinstance(where, str):  # what says yes or no, such as in_warranty, is a condition by itself
        return f"CAST({where} AS VARCHAR) = 'true'" if where in known else where
    quoted = {name: str(value).replace("'", "''") for name, value in where.items()}
    return " AND ".join(f"CAST({name} AS VARCHAR) = '{value}'" for name, value in quoted.items())


def _narrowed(card: MetricCard, condition: str) -> MetricCard:
    """The card on the records of the condition, which is tried on empty tables before it sees any data."""
    how: Any = card.how
    if isinstance(how, Derived | Modelled) or (isinstance(how, Rate) and how.exposure):
        why = {Derived: f"it is made of {', '.join(getattr(how, 'of', ()))}", Modelled: "a model measures it"}
        reason = why.get(type(how), "its exposure cannot be narrowed with it")
        raise Untold(
            f"where: {card.id} cannot be narrowed: {reason}; ask for it by= a breakdown",
            both("{name} cannot be told of a part of the records; ask for it by a breakdown.", name=card.name),
        )
    narrowed = replace(card, how=replace(how, where=f"({how.where}) AND ({condition})"))
    try:
        check_catalogue(Catalogue({card.id: replace(card, how=replace(how, where=condition))}))
    except UserFault as fault:
        raise UserFault([_as_where(line, card.id) for line in fault.lines]) from None
    return narrowed


def _as_where(line: str, metric: str) -> str:
    """A line of the catalogue's check in the words of the call, with the next step."""
    told = line.removeprefix(f"metric {metric!r}: 'where' ")
    step = next((step for word, step in STEPS.items() if word in told), "")
    near, known, _ = told.partition("; did you mean")
    if known and (not step or "names no column" in told):
        return f"where: {told}"
    return f"where: {near}; {step}" if step else f"where: {told}"
