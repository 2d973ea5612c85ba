"""The report on service quality: does the repair hold, is the problem solved, is the standard kept, and is all of that
reliable from month to month and from unit to unit?
"""

from collections.abc import Sequence
from dataclasses import replace

from analysis.presentation.blocks import Block, KpiCards, Section, Sentences
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, Value, both
from analysis.presentation.telling import tell_size, tell_value
from analysis.presentation.told import Told
from analysis.report import Report
from analysis.sections.area_news import area_told, watched
from analysis.sections.by_segments import by_segments as by_segments_section
from analysis.sections.decomposition import decomposition as decomposition_section
from analysis.sections.fix_causes import fix_causes
from analysis.sections.fix_windows import fix_windows, spread_of_months
from analysis.sections.measures import measures as measures_section
from analysis.sections.passing import in_passing
from analysis.sections.segments import segments as segments_section
from analysis.sections.trend import trend as trend_section
from analysis.sections.units import units as units_section
from analysis.sections.wording import said

FIXED, SCORE = "first_time_fix_rate", "service_standard_score"
SOLVED = ("resolution_rate_7d", "resolution_rate_15d", "resolution_rate_30d")
CARDS = (
    FIXED,
    "repeat_repair_rate_30d",
    "resolution_rate_7d",
    "first_contact_resolution_rate",
    "reopen_rate",
    "escalation_rate",
    SCORE,
    "critical_error_rate",
    "attitude_complaints_per_1000_orders",
)
CARDS_AT_MOST = 8
AUDITS_A_MONTH = 30
MORE_THAN_CHANCE = 1.3


def headline(report: Report) -> KpiCards:
    """The key figures: first-time fix, repeats, resolution, first contact, reopened, escalated, audits, attitude."""
    told = [metric for metric in CARDS if (row := report.kpi(metric)) is not None and not is_missing(row["value"])]
    return report.cards(told[:CARDS_AT_MOST])


def told(report: Report) -> tuple[Told | None, ...]:
    """What the sections tell that may head the page."""
    return area_told(report, "service_quality")


def stability(report: Report) -> Block:
    """The first-time fix month by month against its usual range, and how reliable it is: how far the months lie apart
    beside what chance alone would make.
    """
    main = _main(report)
    return _leading(trend_section(report, main, peers=False), said(_reliability(report, main)))


def windows(report: Report) -> Block:
    """The whole curve of the first-time fix over its window, of orders whose 90 days have passed."""
    return fix_windows(report)


def causes(report: Report) -> Block:
    """Why repairs were not fixed the first time, and what separates them from the others."""
    return fix_causes(report)


def solved(report: Report) -> Block:
    """The share of problems resolved within 7 days, open ones included, or within 15 or 30 where that is the news; the
    other windows, escalations, and the clearance ratio named apart.
    """
    main = _solved_main(report)
    beside = [metric for metric in (*SOLVED, "escalation_rate") if metric != main]
    lines = said(*(in_passing(report, metric, dated=True) for metric in beside), _clearance(report))
    return _leading(trend_section(report, main), lines, most=4)


def first_contact(report: Report) -> Block:
    """Issues settled at the first contact, by channel: those that needed no visit, since the channels' issues differ in
    that; all issues beside.
    """
    metric = "first_contact_resolution_rate_no_visit"
    missing = report.lacks("first contact", *report.run.missing.get(metric, []))
    whole = in_passing(report, "first_contact_resolution_rate", dated=True)
    visits = both("Of all issues, those that need a visit included, far fewer can be settled at the first contact.")
    beside = said(whole, None if whole is None else visits)
    if missing is not None or report.segments(metric, "channel")["segment"].nunique() > 1:
        return missing or segments_section(report, metric, "channel", add=beside)
    return trend_section(report, metric, add=beside)


def audits(report: Report) -> Block:
    """Audits against the service standard: score, critical errors, how many orders are audited; attitude complaints."""
    beside = ("critical_error_rate", "attitude_complaints_per_1000_orders", "audit_coverage")
    add = (_few_audits(report), *(in_passing(report, metric, dated=True) for metric in beside))
    return _leading(trend_section(report, SCORE), said(*add), most=4)


def technicians(report: Report) -> Block:
    """Technicians beside each other with shrinkage: a difference is named only when it is beyond chance."""
    missing = report.lacks("technicians", "work_orders.technician_id")
    mix = both("Technicians have different work and different parts at hand; neither is taken out here.")
    return missing or segments_section(report, _main(report), "technician_id", add=(mix,))


def segments(report: Report) -> Block:
    """The first-time fix by customer segment, product line, region and channel in one table."""
    return by_segments_section(report, _main(report))


def decomposition(report: Report) -> Block:
    """Trend, season and what comes next, on the first-time fix."""
    return decomposition_section(report, _main(report))


def units(report: Report) -> Block:
    """The first-time fix of this unit among all units, in a funnel."""
    return units_section(report, _main(report))


def measures(report: Report) -> Block:
    """What was done about these figures, and whether it helped."""
    return measures_section(report)


def _leading(block: Block, first: Sequence[Text], *, most: int = 4) -> Block:
    """The section with these sentences before its own, at most so many together; a note as it is."""
    if not isinstance(block, Section):
        return block
    *parts, told = block.parts
    if not isinstance(told, Sentences):
        return block
    return replace(block, parts=(*parts, replace(told, items=(*first, *told.items)[:most])))


def _main(report: Report) -> str:
    """The first-time fix, else the nearest figure that the data can tell."""
    return watched(report, "service_quality")


def _reliability(report: Report, metric: str) -> Text | None:
    """How far the months lie apart, beside what chance alone would make of equal months."""
    spread = spread_of_months(report.series(metric), minimum_n=report.catalogue[metric].minimum_n)
    if spread is None:
        return None
    observed, chance, months = spread
    told: dict[str, Value] = {
        "observed": tell_size(observed, "%"),
        "chance": tell_size(chance, "%"),
        "months": str(months),
    }
    if observed <= chance:
        return both(
            "Steady: over {months} months it varied by about {observed} from month to month, no more than chance alone"
            " would make ({chance}).",
            **told,
        )
    if observed <= MORE_THAN_CHANCE * chance:
        return both(
            "Steady: over {months} months it varied by about {observed} from month to month, hardly more than chance"
            " alone would make ({chance}).",
            **told,
        )
    return both(
        "Not steady: over {months} months it varied by about {observed} from month to month, chance alone would make"
        " {chance}.",
        **told,
    )


def _solved_main(report: Report) -> str:
    """The window that is news, else the shortest: the chart shows what the page speaks of."""
    news = {found["metric"] for found in report.findings() if report.is_news(found)}
    return next((metric for metric in SOLVED if metric in news), SOLVED[0])


def _clearance(report: Report) -> Text | None:
    """The clearance ratio, which is not the resolution rate, said as such."""
    row = report.kpi("clearance_ratio")
    if row is None or is_missing(row["value"]):
        return None
    return both(
        "Clearance ratio (completed ÷ submitted): {value}; no success rate, it can pass 100% while customers wait.",
        value=tell_value(row["value"], report.catalogue["clearance_ratio"].unit),
    )


def _few_audits(report: Report) -> Text | None:
    """What a sample of audits can bear, and what the data do not say of the auditors."""
    row = report.kpi(SCORE)
    if row is None or is_missing(row["value"]):
        return None
    if row["n"] >= AUDITS_A_MONTH:
        return both("The data do not say who audited: differences between auditors cannot be taken out.")
    return both(
        "Resting on {n} audits: a sample, and the data do not say who audited, so that differences between auditors"
        " cannot be taken out.",
        n=str(int(row["n"])),
    )
