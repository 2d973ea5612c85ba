"""Members of the programme, of the community, and buyers of personalised offers against others who were like them: what
they buy afterwards. Whoever chooses something is loyal to begin with; the plain difference is never told as an effect.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.language import Text, both, join
from analysis.presentation.telling import tell_change, tell_interval, tell_move, tell_value
from analysis.sections.customers import look_ahead, period_end, purchase_days
from analysis.sections.passing import in_passing
from analysis.sections.segments import recent
from analysis.sections.wording import capital, said
from analysis.statistics.matching import Matched, compare_within

if TYPE_CHECKING:
    from analysis.report import Report

QUARTERS = 8
FEWEST = 50
OLDEST = 12  # quarters since the first purchase, beyond which customers count as alike
NEEDS = ("loyalty_members", "interactions.customer_id", "purchases.personalised")


def choosers(report: "Report") -> Block:
    """How much more often members, community users and buyers of personalised offers buy again than others like
    them."""
    title = both("Buying again: those who chose it against others like them")
    missing = report.lacks("choosers", "purchases")
    if missing is not None:
        return missing
    given = [need for need in NEEDS if report.run.store.has(*need.split(".", maxsplit=1))]
    if not given:
        return report.lacks("choosers", *NEEDS) or Note.empty(title, languages=report.languages)
    found = compare(report)
    lines = _programme(report)
    if not found:
        reason = both("Too few customers, or too short a time, to compare them with others like them.")
        return Note(title, reason, languages=report.languages)
    headline = _headline(found)
    rows = pd.DataFrame(
        {
            "label": text_column(capital(choice_name(name)) for name in found),
            "value": [100 * float(each.matched.value) for each in found.values()],
            "low": [100 * float(each.matched.low) for each in found.values()],
            "high": [100 * float(each.matched.high) for each in found.values()],
            "tone": [
                "flat" if each.matched.low <= 0 <= each.matched.high else "good" if each.matched.value > 0 else "bad"
                for each in found.values()
            ],
        }
    )
    figure = chart_intervals(
        rows,
        title=headline,
        description=title,
        unit="pp",
        reference=0.0,
        reference_label=both("no difference"),
        name="choosers",
        table=_table(report, found, title),
        languages=report.languages,
    )
    about = both(
        "{title}: difference in the share that buys within {days} days, in points · {unit}",
        title=title,
        days=str(look_ahead(report).days),
        unit=report.unit_name,
    )
    selection = both(
        "Like means: same quarter, time since the first purchase, purchases of the year and segment. Those who join "
        "were perhaps fonder of us to begin with; what is left is at most "
        "an upper bound of the effect, and only a trial would tell."
    )
    stories = both("What brand stories do cannot be told from any of these data.")
    return report.section(
        headline=headline,
        subtitle=about,
        parts=(figure, Sentences((selection, *lines, stories)[:4], languages=report.languages)),
    )


def compare(report: "Report") -> dict[str, Matched]:
    """Choice → the comparison, for each choice that the data tell of and that enough customers made."""
    days, end, ahead = purchase_days(report), period_end(report), look_ahead(report)
    segment = _segments(report)
    found: dict[str, Matched] = {}
    for name, chosen_on in (("member", _joined(report)), ("community", _community(report))):
        if chosen_on is not None and len(days):
            frame = _by_quarter(days, chosen_on, segment, end, ahead)
            if len(frame):
                found[name] = compare_within(frame["again"], frame["chose"], frame["stratum"])
    if days["personalised"].notna().any():
        frame = _offers(days, segment, end, ahead)
        found["personalised"] = compare_within(frame["again"], frame["chose"], frame["stratum"])
    return {name: each for name, each in found.items() if each.compared >= FEWEST and np.isfinite(each.matched.se)}


def choice_name(name: str) -> Text:
    """Those who made a choice, as a reader says it."""
    return {
        "member": both("joined the programme"),
        "community": both("used the community"),
        "personalised": both("took a personal offer"),
    }[name]


def _joined(report: "Report") -> pd.Series | None:
    return _first_day(report, "loyalty_members", "joined_on")


def _community(report: "Report") -> pd.Series | None:
    if not report.run.store.has("interactions", "customer_id"):
        return None
    rows = report.records("interactions", ["business_unit", "customer_id", "started_at", "channel"])
    rows = rows[(rows["channel"] == "community") & rows["customer_id"].notna()]
    return None if rows.empty else _earliest(rows, "started_at")


def _first_day(report: "Report", table_name: str, moment: str) -> pd.Series | None:
    if not report.run.store.has(table_name):
        return None
    rows = report.records(table_name, ["business_unit", "customer_id", moment]).dropna()
    return None if rows.empty else _earliest(rows, moment)


def _earliest(rows: pd.DataFrame, moment: str) -> pd.Series:
    return rows.assign(customer=rows["business_unit"] + "|" + rows["customer_id"]).groupby("customer")[moment].min()


def _segments(report: "Report") -> pd.Series:
    if not report.run.store.has("customers", "segment"):
        return pd.Series(dtype=object)
    rows = report.records("customers", ["business_unit", "customer_id", "segment"]).dropna()
    return (
        rows.assign(customer=rows["business_unit"] + "|" + rows["customer_id"])
        .drop_duplicates("customer")
        .set_index("customer")["segment"]
    )


def _by_quarter(
    days: pd.DataFrame, chosen_on: pd.Series, segment: pd.Series, end: pd.Timestamp, ahead: pd.Timedelta
) -> pd.DataFrame:
    """Customers quarter by quarter: who chose in it against who had not by its end, and whether they bought in the time
    `ahead` that begins when the quarter is over. Whoever chooses later is among the others until then.
    """
    last = pd.Period(end - ahead - pd.Timedelta(days=1), freq="Q")
    last = last if last.end_time < end - ahead else last - 1
    frames = []
    for quarter in pd.period_range(end=last, periods=QUARTERS, freq="Q"):
        starts, ends = quarter.start_time, quarter.end_time.normalize() + pd.Timedelta(days=1)
        if starts - pd.Timedelta(days=365) < days["day"].min():
            continue
        known = days[days["day"] < ends]
        now = known[known["day"] >= starts]["customer"].value_counts()
        year = known[(known["day"] < starts) & (known["day"] >= starts - pd.Timedelta(days=365))][
            "customer"
        ].value_counts()
        customers = pd.Index(np.sort(known["customer"].unique()))
        chose_on = chosen_on.reindex(customers)
        eligible = ~(chose_on < starts)
        customers, chose_on = customers[eligible.to_numpy()], chose_on[eligible]
        after = days[(days["day"] >= ends) & (days["day"] < ends + ahead)]["customer"]
        first = known.drop_duplicates("customer").set_index("customer")["first_on"].reindex(customers)
        age = np.minimum((ends - first).dt.days.to_numpy() // 91, OLDEST)
        frames.append(
            pd.DataFrame(
                {
                    "chose": (chose_on < ends).to_numpy(),
                    "again": customers.isin(after),
                    "stratum": _stratum(quarter, customers, segment, now, year, age),
                }
            )
        )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["chose", "again", "stratum"])


def _stratum(
    quarter: pd.Period, customers: pd.Index, segment: pd.Series, now: pd.Series, year: pd.Series, age: np.ndarray
) -> np.ndarray:
    parts = [now.reindex(customers).fillna(0).clip(upper=2), year.reindex(customers).fillna(0).clip(upper=2)]
    text = str(quarter) + "/" + pd.Series(age, index=customers).astype(str)
    for part in parts:
        text = text + "/" + part.astype(int).astype(str)
    return (text + "/" + segment.reindex(customers).fillna("unknown").astype(str)).to_numpy(dtype=object)


def _offers(days: pd.DataFrame, segment: pd.Series, end: pd.Timestamp, ahead: pd.Timedelta) -> pd.DataFrame:
    """Each customer's first purchase of the last three years that is old enough: personalised or not, and bought
    again."""
    grouped = days.groupby("customer")
    rows = days.assign(nth=np.minimum(grouped.cumcount(), 2), next_day=grouped["day"].shift(-1))
    rows = rows[
        rows["personalised"].notna() & (rows["day"] < end - ahead) & (rows["day"] >= end - pd.Timedelta(days=3 * 365))
    ]
    rows = rows.drop_duplicates("customer")
    again = (rows["next_day"] - rows["day"]) <= ahead
    parts = [rows["day"].dt.to_period("Q").astype(str), rows["product_line"], rows["nth"].astype(str)]
    stratum = (
        parts[0] + "/" + parts[1] + "/" + parts[2] + "/" + rows["customer"].map(segment).fillna("unknown").astype(str)
    )
    return pd.DataFrame({"chose": rows["personalised"].eq(1.0), "again": again, "stratum": stratum})


def _headline(found: Mapping[str, Matched]) -> Text:
    sure = {name: each for name, each in found.items() if each.matched.low > 0 or each.matched.high < 0}
    if not sure:
        names = join([choice_name(name) for name in found], {"en": ", ", "zh": "、"})
        return both("No difference beyond chance once like is compared with like: {names}", names=names)
    name = max(sure, key=lambda key: abs(float(sure[key].matched.value)))
    each = sure[name]
    return both(
        "Those who {choice} buy again {change} ({interval}) against others like them; plainly compared it would be "
        "{raw}",
        choice=choice_name(name),
        change=tell_move(tell_change(100 * float(each.matched.value), "%", decimals=1)),
        interval=tell_interval(100 * float(each.matched.low), 100 * float(each.matched.high), "pp"),
        raw=tell_change(100 * float(each.raw.value), "%", decimals=1),
    )


def _programme(report: "Report") -> tuple[Text, ...]:
    """Which rewards are redeemed, and how much of the points: what can be told of the programme besides."""
    rewards = None
    rows = recent(report.segments("points_redeemed", "reward_type")) if "points_redeemed" in report.catalogue else None
    if rows is not None and len(rows):
        sums = rows.groupby("segment")["value"].sum().sort_values(ascending=False)
        if len(sums) > 1 and sums.sum() > 0:
            rewards = both(
                "Points of the last 12 months were redeemed for: {reward} ({share}), {second} ({second_share}) and "
                "others.",
                reward=report.segment_name("reward_type", str(sums.index[0])),
                share=tell_value(100 * float(sums.iloc[0] / sums.sum()), "%"),
                second=report.segment_name("reward_type", str(sums.index[1])),
                second_share=tell_value(100 * float(sums.iloc[1] / sums.sum()), "%"),
            )
    redeemed = in_passing(report, "points_redemption_rate")
    return said(rewards if rewards is not None else redeemed)


def _table(report: "Report", found: Mapping[str, Matched], caption: Text) -> Table:
    frame = pd.DataFrame(
        {
            "label": text_column(capital(choice_name(name)) for name in found),
            "treated": [each.treated for each in found.values()],
            "raw": [100 * float(each.raw.value) for each in found.values()],
            "matched": [100 * float(each.matched.value) for each in found.values()],
            "interval": text_column(
                tell_interval(100 * float(each.matched.low), 100 * float(each.matched.high), "")
                for each in found.values()
            ),
            "compared": [each.compared for each in found.values()],
            "others": [each.others for each in found.values()],
        }
    )
    columns = {
        "label": Column(both("Those who"), kind="text"),
        "treated": Column(both("Customers"), "n"),
        "raw": Column(both("Plain difference"), "%", kind="change"),
        "matched": Column(both("Against others like them"), "%", kind="change"),
        "interval": Column(both("95% interval"), kind="text"),
        "compared": Column(both("Compared"), "n"),
        "others": Column(both("Cases of others like them"), "n"),
    }
    note = both("Of others a customer counts once in each quarter compared, of personal offers once.")
    return table(frame, columns=columns, caption=caption, note=note, name="choosers", languages=report.languages)
