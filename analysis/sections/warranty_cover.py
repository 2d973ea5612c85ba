"""What the warranty costs against revenue, whether enough is set aside, and what suppliers still owe."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_interval, tell_period, tell_span, tell_value
from analysis.sections.pooling import pool
from analysis.sections.segments import recent
from analysis.sections.wording import capital, said, say_months

if TYPE_CHECKING:
    from analysis.report import Report

CLAIMS, ACCRUED, REVENUE = "warranty_claims_paid", "warranty_accrued", "product_revenue"
RATIO, RESERVE, RECOVERY = "warranty_claims_ratio", "warranty_reserve_months", "supplier_recovery_rate"
ALIKE = 0.02  # of what is paid: less apart is no finding
MONTHS = 12


def warranty_cover(report: "Report") -> Block:
    """A section with claims and accruals of twelve months against revenue, the reserve, and recovery from suppliers.

    Twelve months, because revenue has a season of its own that would drown the ratio of a single month.
    """
    title = both("Warranty claims against revenue")
    missing = report.lacks("warranty", *report.run.missing.get(RATIO, []))
    whole = report.series(RATIO).dropna(subset=["value"])
    if missing is not None or whole.empty:
        return missing or Note.empty(title, languages=report.languages)
    months = pd.period_range(end=pd.Period(str(whole["period"].max()), freq="M"), periods=MONTHS, freq="M")
    sold = report.series(REVENUE).dropna(subset=["value"])["period"].astype(str)
    known = months[months.astype(str).isin(sold)]  # a month without a claim paid counts too
    now, before = (_shares(report, span) for span in (known, months - MONTHS))
    headline = capital(_headline(now, known))
    about = both(
        "Claims paid and accruals made against product revenue · {span} · {unit}",
        span=tell_span(str(known[0]), str(known[-1])),
        unit=report.unit_name,
    )
    lines = said(_cover(now), _reserve(report), _owed(report))
    return report.section(
        headline=headline,
        subtitle=about,
        parts=(_table(report, now, before, headline, months=len(known)), Sentences(lines, languages=report.languages)),
    )


def _shares(report: "Report", months: pd.PeriodIndex) -> dict[str, float]:
    """Claims and accruals in percent of the revenue of the same months; NaN unless every month has revenue and, for
    accruals, an accrual. A month without a claim paid has none.
    """
    sums, full = {}, {}
    for name in (CLAIMS, ACCRUED, REVENUE):
        rows = report.series(name).dropna(subset=["value"])
        rows = rows[rows["period"].isin(months.astype(str))]
        sums[name], full[name] = float(rows["value"].sum()), len(rows) == len(months)
    revenue = sums[REVENUE] if full[REVENUE] and sums[REVENUE] > 0 else float("nan")
    accrued = sums[ACCRUED] if full[ACCRUED] else float("nan")
    return {"claims": 100 * sums[CLAIMS] / revenue, "accrued": 100 * accrued / revenue}


def _headline(now: dict[str, float], months: pd.PeriodIndex) -> Text:
    span = tell_span(str(months[0]), str(months[-1]))
    if is_missing(now["claims"]):
        return both("Revenue is not known for every month of {span}: claims cannot be held against it", span=span)
    claims = tell_value(now["claims"], "%")
    if is_missing(now["accrued"]):
        return both("Warranty claims took {claims} of revenue in {span}", claims=claims, span=span)
    return both(
        "Warranty claims took {claims} of revenue in {span}; {accrued} was accrued",
        claims=claims,
        accrued=tell_value(now["accrued"], "%"),
        span=span,
    )


def _cover(now: dict[str, float]) -> Text | None:
    if is_missing(now["claims"]) or is_missing(now["accrued"]):
        return None
    if abs(now["accrued"] - now["claims"]) <= ALIKE * now["claims"]:
        return both("About as much is set aside as is paid.")
    if now["accrued"] < now["claims"]:
        return both(
            "Less is set aside than is paid: the reserve shrinks. Claims come from the sales of earlier years, so that "
            "falling sales alone can do this."
        )
    return both(
        "More is set aside than is paid: the reserve grows. Claims come from the sales of earlier years, so that "
        "growing sales alone can do this."
    )


def _owed(report: "Report") -> Text | None:
    """What suppliers have not paid back of the claims whose 180 days have passed; None where nothing is recoverable."""
    pooled = _recovered(report)
    if pooled is None:
        return None
    open_amount = pooled["denominator"] - pooled["numerator"]
    return both(
        "Suppliers still owe {open} of {all} from claims whose 180 days have passed.",
        open=tell_value(max(open_amount, 0.0), report.catalogue[CLAIMS].unit),
        all=tell_value(pooled["denominator"], report.catalogue[CLAIMS].unit),
    )


def _recovered(report: "Report") -> Any:
    rows = recent(report.series(RECOVERY).assign(segment="all")) if RECOVERY not in report.run.missing else None
    return None if rows is None or rows.empty else pool(rows, report.catalogue[RECOVERY]).iloc[0]


def _balance(report: "Report") -> tuple[float, float] | None:
    """What the reserve holds at the end of the period, and the accruals of a month over the months known of the last
    twelve; None where the data do not say."""
    if not report.run.store.has("warranty_reserve", "balance"):
        return None
    end = pd.Period(report.period.replace("-Q", "Q")).end_time
    rows = report.records("warranty_reserve", ["month", "accrual", "balance"]).dropna(subset=["month", "balance"])
    rows = rows[(rows["month"] <= end) & (rows["month"] > end - pd.DateOffset(months=MONTHS))]
    if rows.empty:
        return None
    newest = rows[rows["month"] == rows["month"].max()]
    return float(newest["balance"].sum()), float(rows["accrual"].sum() / rows["month"].nunique())


def _reserve(report: "Report") -> Text | None:
    """How far the reserve goes: by a year's claims where they are known, else by what is accrued a month."""
    row, held = report.kpi(RESERVE), _balance(report)
    if held is None or held[1] <= 0 or (row is not None and not is_missing(row["value"])):
        return None
    return both(
        "The reserve holds {balance}, as much as {months} months of accruals; how many months of claims it would pay "
        "cannot be told before twelve months of claims are known.",
        balance=tell_value(held[0], report.catalogue[CLAIMS].unit),
        months=tell_value(held[0] / held[1], "ratio"),
    )


def _table(report: "Report", now: dict[str, float], before: dict[str, float], caption: Text, *, months: int) -> Table:
    rows: list[tuple[Text, Text, Text]] = [
        (
            capital(both("claims paid against revenue")),
            tell_value(now["claims"], "%"),
            tell_value(before["claims"], "%"),
        ),
        (capital(both("accrued against revenue")), tell_value(now["accrued"], "%"), tell_value(before["accrued"], "%")),
    ]
    reserve = report.kpi(RESERVE)
    if reserve is not None and not is_missing(reserve["value"]):
        name = report.catalogue[RESERVE].name
        rows.append((name, tell_value(reserve["value"], "ratio"), tell_value(reserve.get("year_ago"), "ratio")))
    pooled = _recovered(report)
    if pooled is not None:
        share = tell_value(pooled["value"], "%")
        if not is_missing(pooled["low"]) and pooled["n"] >= report.catalogue[RECOVERY].minimum_n:
            ends = tell_interval(max(pooled["low"], 0.0), min(pooled["high"], 100.0), "%")
            share = both("{value} ({interval})", value=share, interval=ends)
        rows.append((report.catalogue[RECOVERY].name, share, both("–")))
    balance = _balance(report)
    if balance is not None:
        held = tell_value(balance[0], report.catalogue[CLAIMS].unit)
        rows.append((both("Reserve at the end of {period}", period=tell_period(report.period)), held, both("–")))
    frame = pd.DataFrame(
        {name: text_column(column) for name, column in zip("abc", zip(*rows, strict=True), strict=True)}
    )
    columns = {
        "a": Column(both("Warranty"), kind="text"),
        "b": Column(say_months(months), kind="text"),
        "c": Column(both("12 months before"), kind="text"),
    }
    if all(cell == both("–") for cell in frame["c"]):
        del columns["c"]
    return table(frame[list(columns)], columns=columns, caption=caption, name="warranty", languages=report.languages)
