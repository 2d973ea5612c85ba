"""Whether customers come back: the share that has bought again as time goes by, and cohort by cohort."""

from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Note, Sentences, text_column
from analysis.presentation.charts import chart_curves, chart_heat
from analysis.presentation.language import Text, both
from analysis.presentation.telling import (
    tell_change,
    tell_count,
    tell_interval,
    tell_move,
    tell_period,
    tell_span,
    tell_value,
)
from analysis.presentation.told import Told
from analysis.sections.customers import period_end, purchase_days, say_reach
from analysis.sections.passing import in_passing
from analysis.sections.wording import said
from analysis.statistics.comparison import Comparison, compare_proportions
from analysis.statistics.survival import kaplan_meier

if TYPE_CHECKING:
    from analysis.report import Report

FEWEST = 30
HINT, SURE = 0.05, 0.004  # of a dozen quiet units one is called sure in one run of twenty
WATCHED = 36  # months of purchases in the curves
COHORTS, QUARTERS = 12, 12
STEP, HORIZON = 15.0, 720.0


def repurchase_curves(report: "Report") -> Block:
    """How many have bought again by days since the purchase: after the first, after the second, after later ones."""
    title = both("Share that has bought again, by number of purchases so far")
    missing = report.lacks("repurchase curve", "purchases")
    if missing is not None:
        return missing
    days, end = purchase_days(report), period_end(report)
    spells = _spells(days, end)
    counts = spells["group"].value_counts()
    groups = [group for group in (1, 2, 3) if counts.get(group, 0) >= FEWEST]
    if not groups:
        return Note(title, both("Fewer than {n} customers have bought.", n=str(FEWEST)), languages=report.languages)
    told = spells[spells["group"].isin(groups)]
    place = told["group"].map({group: number for number, group in enumerate(groups)})
    curves = kaplan_meier(told["time"], told["again"], group=place, groups=len(groups))
    grid = np.arange(0, HORIZON + 1, STEP)
    curve, year = curves.curve(grid), curves.probability_by(365)
    watched = np.array(
        [[(told["time"][place == number] >= time).sum() for time in grid] for number in range(len(groups))]
    )
    share = np.where(watched >= FEWEST, 100 * (1 - curve.survival), np.nan)  # few are left: the line ends
    names = {1: both("after the first"), 2: both("after the second"), 3: both("after later ones")}
    rows = pd.DataFrame(
        {
            "group": text_column(names[group] for group in groups for _ in grid),
            "time": np.tile(grid, len(groups)),
            "value": share.ravel(),
            "low": 100 * (1 - curve.high.ravel()),
            "high": 100 * (1 - curve.low.ravel()),
        }
    )
    headline = _headline(groups, year, counts)
    about = both(
        "{title}; purchases of {span} · {unit} · n = {n}",
        title=title,
        span=_span(days, end),
        unit=report.unit_name,
        n=tell_count(len(told)),
    )
    figure = chart_curves(
        rows, title=headline, description=title, unit="d", name="repurchase-curves", languages=report.languages
    )
    sentences = said(
        both(
            "Customers whose time is not over count as long as they have been watched; nobody is counted as lost early."
        ),
        in_passing(report, "second_purchase_rate_365d", dated=True),
        say_reach(report),
    )
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(sentences, languages=report.languages))
    )


def cohorts(report: "Report") -> Block:
    """Customers by the quarter of their first purchase, and the share of them that bought or asked for service in each
    quarter after it; a quarter that is not over for the whole cohort stays blank.
    """
    title = both("Share of each cohort that was there again, by quarters since the first purchase")
    missing = report.lacks("cohorts", "purchases")
    if missing is not None:
        return missing
    cells = _cells(report)
    if cells.empty or cells["share"].notna().sum() == 0:
        few = both(
            "No quarter that has been watched for another one brought {n} customers of whom it was the first purchase.",
            n=str(FEWEST),
        )
        return Note(title, few, languages=report.languages)
    rows = cells.assign(
        row=text_column(
            _cohort_name(cohort, size) for cohort, size in zip(cells["cohort"], cells["size"], strict=True)
        ),
        column=[str(quarter) for quarter in cells["quarter"]],
        value=cells["share"],
    )
    headline = _cohort_headline(cells)
    figure = chart_heat(rows, title=headline, description=title, unit="%", name="cohorts", languages=report.languages)
    sentences = said(
        both("A quarter that is not over for the whole cohort stays blank; it is not zero."),
        say_reach(report),
    )
    about = both("{title} · {unit}", title=title, unit=report.unit_name)
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(sentences, languages=report.languages))
    )


def cohorts_told(report: "Report") -> Told | None:
    """That surely fewer of the newest cohort were there again after a year than of the one a year before, as what may
    head the page; None else."""
    if report.run.store.missing(["purchases"]):
        return None
    cells = _cells(report)
    test = _year_apart(cells) if len(cells) else None
    if test is None or not (float(test.p) < SURE and float(test.value) < 0):
        return None
    told = _cohort_headline(cells)
    return Told(told, both("{found}.", found=told), good=False, metric="retention_rate_12m")


def _cells(report: "Report") -> pd.DataFrame:
    return cast(
        pd.DataFrame,
        report.once("cohorts", lambda: _cohort_cells(report, purchase_days(report), period_end(report))),
    )


def _span(days: pd.DataFrame, end: pd.Timestamp) -> Text:
    """The months of the purchases told: the last 36, or as many as the data hold."""
    since = max(pd.Timestamp(end) - pd.DateOffset(months=WATCHED), days["day"].min())
    last = pd.Timestamp(end) - pd.Timedelta(1, "ns")
    return tell_span(*(moment.to_period("M").strftime("%Y-%m") for moment in (since, last)))


def _spells(days: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """From each purchase day of the last 36 months to the next: time, whether it came, and the how-manieth it was."""
    grouped = days.groupby("customer")
    later = grouped["day"].shift(-1)
    since = pd.Timestamp(end) - pd.DateOffset(months=WATCHED)
    old = (days["first_on"] < grouped["day"].transform("min")).astype(int)  # one purchase or more before the data begin
    spells = pd.DataFrame(
        {
            "time": ((later.fillna(end) - days["day"]).dt.days).astype(float),
            "again": later.notna(),
            "group": np.minimum(grouped.cumcount() + 1 + old, 3),
        }
    )
    return spells[(days["day"] >= since).to_numpy()]


def _headline(groups: list[int], year: object, counts: pd.Series) -> Text:
    value, low, high = (100 * np.asarray(getattr(year, name)) for name in ("value", "low", "high"))
    if np.isnan(value[0]):
        return both("No customer has been watched for a year yet")
    first = {
        "value": tell_value(value[0], "%"),
        "interval": tell_interval(low[0], high[0], "%"),
    }
    if groups[0] != 1:
        return both("Within a year {value} have bought again ({interval})", **first)
    if len(groups) < 2 or np.isnan(value[1]):
        return both("Within a year of the first purchase {value} have bought again ({interval})", **first)
    apart = low[1] > high[0] or low[0] > high[1]
    verdict = both("a difference beyond chance") if apart else both("no more than chance explains")
    return both(
        "Within a year of the first purchase {value} have bought again ({interval}), of the second {second}: {verdict}",
        **first,
        second=tell_value(value[1], "%"),
        verdict=verdict,
    )


def _cohort_cells(report: "Report", days: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """cohort, size, quarter (1 … since the first purchase), came, share in per cent (NaN where not over)."""
    firsts = days[days["day"] == days["first_on"]].drop_duplicates("customer").set_index("customer")["day"]
    seen = _sightings(report, days, end)
    seen = seen.assign(first=seen["customer"].map(firsts)).dropna(subset=["first"])
    after = (seen["day"] - seen["first"]).dt.days
    seen = seen.assign(quarter=(after - 1) // 91 + 1)[(after > 0) & (after <= 91 * QUARTERS)]
    cohort = firsts.dt.to_period("Q")
    sizes = cohort.value_counts().sort_index()
    sizes = sizes[sizes >= FEWEST].tail(COHORTS + 1)
    came = seen.assign(cohort=seen["customer"].map(cohort)).drop_duplicates(["customer", "quarter"])
    counts = came.groupby(["cohort", "quarter"]).size()
    rows = []
    for key, size in sizes.items():
        over = (end - key.end_time.normalize()).days - 1  # days for which the youngest of the cohort was watched
        for quarter in range(1, QUARTERS + 1):
            known = over >= 91 * quarter
            n = int(counts.get((key, quarter), 0))
            rows.append((str(key), int(size), quarter, n, 100 * n / size if known else np.nan))
    cells = pd.DataFrame(rows, columns=["cohort", "size", "quarter", "came", "share"])
    told = cells.groupby("quarter")["share"].transform(lambda share: share.notna().any())
    return cells[told & cells.groupby("cohort")["share"].transform(lambda share: share.notna().any())]


def _sightings(report: "Report", days: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Customer and day of every purchase and request for service; requests of tests and duplicates left out."""
    seen = [days[["customer", "day"]]]
    if report.run.store.has("work_orders", "customer_id"):
        orders = report.records(
            "work_orders", ["business_unit", "customer_id", "submitted_at", "is_test", "is_duplicate"]
        ).dropna(subset=["customer_id"])
        real = ~orders["is_test"].eq(True) & ~orders["is_duplicate"].eq(True) & (orders["submitted_at"] < end)
        orders = orders[real]
        customer = orders["business_unit"] + "|" + orders["customer_id"]
        seen.append(pd.DataFrame({"customer": customer, "day": orders["submitted_at"].dt.normalize()}))
    return pd.concat(seen, ignore_index=True)


def _cohort_name(cohort: str, size: int) -> Text:
    period = cohort[:4] + "-" + cohort[4:]
    return both("{period}: {n}", period=tell_period(period), n=tell_count(size))


def _fourth(cells: pd.DataFrame) -> pd.DataFrame:
    """The cohorts that have been watched for a year."""
    return cells[(cells["quarter"] == 4) & cells["share"].notna()]


def _year_apart(cells: pd.DataFrame) -> Comparison | None:
    """The newest of them against the cohort of a year before; None without either."""
    fourth = _fourth(cells)
    if fourth.empty:
        return None
    newest = fourth.iloc[-1]
    before = fourth[fourth["cohort"] == str(pd.Period(newest["cohort"], freq="Q") - 4)]
    if before.empty:
        return None
    return compare_proportions(newest["came"], newest["size"], k0=before["came"].sum(), n0=before["size"].sum())


def _cohort_headline(cells: pd.DataFrame) -> Text:
    fourth = _fourth(cells)
    if len(fourth) < 2:
        return both("Too few cohorts have been watched for a year to compare them")
    newest, test = fourth.iloc[-1], _year_apart(cells)
    told = {
        "share": tell_value(float(newest["share"]), "%"),
        "cohort": tell_period(newest["cohort"][:4] + "-" + newest["cohort"][4:]),
    }
    if test is None:
        return both("A year after the first purchase {share} of the cohort of {cohort} were there again", **told)
    verdict = both("no more than chance explains")
    if float(test.p) < HINT:
        verdict = both("a hint, not yet sure among all that is compared")
    if float(test.p) < SURE:
        verdict = both("more than chance explains")
    return both(
        "A year after the first purchase {share} of the cohort of {cohort} were there again, {change} on the cohort "
        "of a "
        "year before, {verdict}",
        **told,
        change=tell_move(tell_change(100 * float(test.value), "%", decimals=1)),
        verdict=verdict,
    )
