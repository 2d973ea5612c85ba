"""Who left and who stayed: which traits, known before, go with leaving, one by one, chance and their number allowed
for."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join, plain
from analysis.presentation.telling import tell_count, tell_interval, tell_value
from analysis.sections.customers import period_end, purchase_days, silence_days
from analysis.sections.wording import capital, said
from analysis.statistics.comparison import benjamini_hochberg, compare_proportions

if TYPE_CHECKING:
    from analysis.report import Report

FEWEST, FEWEST_WITH = 100, 30
SHOWN = 8
SILENCE_LIMIT = "silence_limit_days"
HISTORY, SHORTEST = 183, 31
"""Days of history before silence can be awaited, and the shortest silence that means anything; as in silent_churn."""
FALSE_DISCOVERIES = 0.05
SLOW = pd.Timedelta(days=7)
GROUPS = {"customer_segment": "segment", "acquired_via": "acquired_via"}


def leavers(report: "Report") -> Block:
    """Customers active before, split into those who fell silent since and those who did not: share silent with and
    without each trait known at the split.
    """
    title = both("Who falls silent: customers with a trait against those without it")
    missing = report.lacks("leavers", "purchases")
    if missing is not None:
        return missing
    gap = pd.Timedelta(days=silence_days(report))
    end = period_end(report)
    split = end - gap
    signs = _signs(report)
    active = _active(signs, split - gap, split)
    reach = None if signs.empty else signs["day"].min()
    if reach is None or reach > split - gap + pd.Timedelta(days=31) or len(active) < FEWEST:
        needs = both(
            "This needs data of {days} days and {n} customers active in the first half of them.",
            days=tell_count(2 * gap.days),
            n=str(FEWEST),
        )
        return Note(title, needs, languages=report.languages)
    left = ~active.isin(signs.loc[(signs["day"] >= split) & (signs["day"] < end), "customer"])
    compared = _compare(_traits(report, signs, active, split), left)
    about = both(
        "{title}; active in the {days} days before the last {days}, silent for all of the last {days} · {unit} · n = "
        "{n}",
        title=title,
        days=str(gap.days),
        unit=report.unit_name,
        n=tell_count(len(active)),
    )
    if compared.empty:
        return Note(title, both("No trait of these customers is known, or all share it."), languages=report.languages)
    shown = compared.head(SHOWN).sort_values("value", ascending=False)
    headline = _headline(compared, float(left.mean()))
    figure = chart_intervals(
        shown.assign(
            tone=[
                "flat" if q >= FALSE_DISCOVERIES else "bad" if v > 0 else "good"
                for q, v in zip(shown["q"], shown["value"], strict=True)
            ]
        ),
        title=headline,
        description=title,
        unit="pp",
        reference=0.0,
        reference_label=both("no difference"),
        name="leavers",
        table=_table(report, compared, title),
        languages=report.languages,
    )
    sentences = said(
        both("Traits are compared one by one and overlap; a trait that goes with leaving need not be its cause."),
        both(
            "Named are differences beyond chance after allowing for all {n} compared; the others are no finding.",
            n=str(len(compared)),
        )
        if len(compared) > 1
        else None,
    )
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(sentences, languages=report.languages))
    )


def say_silence_needs(report: "Report") -> Text:
    """What the share of customers falling silent needs, and how much of it the data hold."""
    row, signs = report.kpi(SILENCE_LIMIT), _signs(report)
    known = row is not None and not is_missing(row["value"])
    gap = int(row["value"]) if known else SHORTEST  # type: ignore[index]
    held = 0 if signs.empty else (period_end(report) - signs["day"].min()).days
    facts = {"need": tell_count(gap + max(gap, HISTORY)), "held": tell_count(held), "gap": tell_count(gap)}
    period, need = pd.Period(report.period.replace("-Q", "Q")), gap + max(gap, HISTORY)
    if known and held >= need + (period.end_time - period.start_time).days + 1:
        return both(
            "Silent means {gap} days without a purchase or a request. Nobody of this unit was active at the start of "
            "the period, so that nobody could fall silent in it.",
            gap=facts["gap"],
        )
    if known and held >= need:
        return both(
            "Silent means {gap} days without a purchase or a request. It is told from the first whole period after "
            "{need} days of both; the data of this unit hold {held}.",
            **facts,
        )
    if known:
        return both(
            "Silent means {gap} days without a purchase or a request. To tell who was active and then fell silent "
            "takes {need} days of both; the data of this unit hold {held}.",
            **facts,
        )
    return both(
        "How long a silence counts is read from the gaps between a customer's visits; that, and waiting for it, takes "
        "{need} days of purchases or requests at least. The data hold {held}: who was seen once may still come back.",
        **facts,
    )


def _signs(report: "Report") -> pd.DataFrame:
    """customer, day, kind (purchase or order) and what is known of it: slow (took over seven days), again (two visits
    or more)."""
    days = purchase_days(report)
    bought = days[["customer", "day", "channel", "product_line"]].assign(kind="purchase", slow=False, again=False)
    if not report.run.store.has("work_orders", "customer_id"):
        return bought
    columns = ["business_unit", "customer_id", "submitted_at", "completed_at", "visits", "is_test", "is_duplicate"]
    orders = report.records("work_orders", columns).dropna(subset=["customer_id"])
    orders = orders[~orders["is_test"].eq(True) & ~orders["is_duplicate"].eq(True)]
    ends = orders["completed_at"]
    if report.run.store.has("work_orders", "completed_at"):  # else nothing is known of how long anybody waited
        ends = ends.fillna(period_end(report))
    waited = ends - orders["submitted_at"]
    asked = pd.DataFrame(
        {
            "customer": orders["business_unit"] + "|" + orders["customer_id"],
            "day": orders["submitted_at"].dt.normalize(),
            "kind": "order",
            "slow": (waited > SLOW).to_numpy(bool),
            "again": orders["visits"].fillna(0).gt(1).to_numpy(bool),
        }
    )
    return pd.concat([bought, asked], ignore_index=True)


def _active(signs: pd.DataFrame, since: pd.Timestamp, until: pd.Timestamp) -> pd.Index:
    seen = signs[(signs["day"] >= since) & (signs["day"] < until)]
    return pd.Index(np.sort(seen["customer"].unique()))


def _traits(
    report: "Report", signs: pd.DataFrame, active: pd.Index, split: pd.Timestamp
) -> dict[str, tuple[Text, pd.Series]]:
    """Trait → its name and whether each active customer had it at the split."""
    before = signs[(signs["day"] < split) & signs["customer"].isin(active)].sort_values("day", kind="stable")
    bought, asked = before[before["kind"] == "purchase"], before[before["kind"] == "order"]
    counts = bought["customer"].value_counts().reindex(active).fillna(0)
    traits: dict[str, tuple[Text, pd.Series]] = {"several": (both("bought twice or more"), counts >= 2)}
    if len(asked):
        slow = asked.groupby("customer")[["slow", "again"]].max().reindex(active)
        served = slow["slow"].notna()
        traits["served"] = (both("asked for service"), served)
        traits["slow"] = (both("service over 7 days"), slow["slow"])
        traits["again"] = (both("service in 2 visits"), slow["again"])
    for table_name, moment, name in (
        ("complaints", "received_at", both("complained")),
        ("loyalty_members", "joined_on", both("in the programme")),
        ("contracts", "start_on", both("service contract")),
    ):
        if report.run.store.has(table_name, "customer_id", moment):
            rows = report.records(table_name, ["business_unit", "customer_id", moment]).dropna()
            rows = rows[rows[moment] < split]
            traits[table_name] = (name, active.to_series().isin(rows["business_unit"] + "|" + rows["customer_id"]))
    last = bought.drop_duplicates("customer", keep="last").set_index("customer")
    for column in ("product_line", "channel"):
        traits |= _levels(column, last[column].reindex(active).fillna("unknown"), report)
    for breakdown, column in GROUPS.items():
        if report.run.store.has("customers", column):
            rows = report.records("customers", ["business_unit", "customer_id", column]).dropna()
            known = rows.assign(key=rows["business_unit"] + "|" + rows["customer_id"]).drop_duplicates("key")
            traits |= _levels(breakdown, known.set_index("key")[column].reindex(active).fillna("unknown"), report)
    return traits


def _levels(breakdown: str, values: pd.Series, report: "Report") -> dict[str, tuple[Text, pd.Series]]:
    found: dict[str, tuple[Text, pd.Series]] = {}
    for value in sorted(set(values) - {"unknown"}):
        name = report.segment_name(breakdown, str(value))
        if breakdown == "channel":
            name = both("bought at: {value}", value=name)
        elif breakdown == "acquired_via":
            name = both("won by: {value}", value=name)
        found[f"{breakdown}={value}"] = (name, values == value)
    return found


def _compare(traits: dict[str, tuple[Text, pd.Series]], left: np.ndarray) -> pd.DataFrame:
    """label, n, with, without (per cent silent), value, low, high (points) and q; the surest first."""
    rows = []
    for name, has in traits.values():
        known = has.notna().to_numpy()  # a trait of services is nothing to those who asked for none
        having = known & has.eq(True).to_numpy(bool)
        lacking = known & ~having
        n, n0 = int(having.sum()), int(lacking.sum())
        if min(n, n0) < FEWEST_WITH:
            continue
        k, k0 = int(left[having].sum()), int(left[lacking].sum())
        test = compare_proportions(k, n, k0=k0, n0=n0)
        rows.append(
            {"label": capital(name), "n": n, "with": 100 * k / n, "without": 100 * k0 / n0, "p": float(test.p)}
            | {part: 100 * float(getattr(test, part)) for part in ("value", "low", "high")}
        )
    if not rows:
        return pd.DataFrame()
    frame = pd.DataFrame(rows)
    frame = frame.assign(q=benjamini_hochberg(frame["p"]))
    return frame.sort_values(["p", "n"], ascending=[True, False], kind="stable").reset_index(drop=True)


def _headline(compared: pd.DataFrame, share: float) -> Text:
    sure = compared[compared["q"] < FALSE_DISCOVERIES]
    whole = tell_value(100 * share, "%")
    if sure.empty:
        return both("{share} fell silent, and no trait tells them from the others beyond chance", share=whole)
    top = sure.iloc[int(sure["value"].abs().to_numpy().argmax())]
    told = {
        "share": whole,
        "trait": join(["“", top["label"], "”"], ""),
        "having": tell_value(float(top["with"]), "%"),
        "lacking": tell_value(float(top["without"]), "%"),
    }
    if len(sure) == 1:
        return both(
            "{share} fell silent; what surely differs is {trait}: with it {having}, without it {lacking}", **told
        )
    return both(
        "{share} fell silent; of {n} differences that are sure the largest is {trait}: with it {having}, without it "
        "{lacking}",
        n=str(len(sure)),
        **told,
    )


def _table(report: "Report", compared: pd.DataFrame, caption: Text) -> Table:
    frame = compared.assign(
        interval=text_column(
            tell_interval(low, high, "") for low, high in zip(compared["low"], compared["high"], strict=True)
        ),
        verdict=text_column(both("beyond chance") if q < FALSE_DISCOVERIES else plain("–") for q in compared["q"]),
    )
    columns = {
        "label": Column(both("Trait"), kind="text"),
        "n": Column(both("Customers with it"), "n"),
        "with": Column(both("Silent with it"), "%"),
        "without": Column(both("Silent without it"), "%"),
        "value": Column(both("Difference"), "%", kind="change"),
        "interval": Column(both("95% interval"), kind="text"),
        "verdict": Column(both("Verdict"), kind="text"),
    }
    return table(frame, columns=columns, caption=caption, name="leavers", languages=report.languages)
