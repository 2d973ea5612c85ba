"""The catalogue as a page to read, docs/reference/metrics.md: written from the cards, it cannot say anything else.

`python -m analysis.metrics` writes it; a test fails while it is not current.
"""

from collections.abc import Iterator
from pathlib import Path

from analysis.metrics.card_rules import FUNCTIONS, STATISTICS, UNITS
from analysis.metrics.cards import Catalogue, MetricCard
from analysis.metrics.kinds import KINDS
from analysis.metrics.tables import read_measured_tables

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"
UNIT_NAMES = {
    "d": "days",
    "h": "hours",
    "%": "%",
    "n": "number",
    "ratio": "ratio",
    "per_100": "per 100",
    "per_1000": "per 1,000",
    "points": "points",
    "pp": "percentage points",
    "score": "score",
    "money": "currency",
    "min": "minutes",
    "s": "seconds",
    "per_year": "a year",
}
VIEW_NAMES = {
    "event": "what happened in the period",
    "cohort": "the records that began in the period, followed to the cut-off",
    "in_period": "everything open during the period (delayed entry)",
    "month_end": "at the end of the period",
}
HEAD = """# Metrics

<!-- Written by `python -m analysis.metrics` from analysis/metrics/catalogue/*.yml; change the cards, not this page. -->

What each figure of the reports means. A card is data: the measuring code reads it, and so do the charts, the tables,
the sentences and the list of definitions at the end of each page.

## What holds for all of them

- A period is half-open, from its first midnight up to, not including, the next period's, in the unit's local time. It
  is measured once it is complete: when it ends at most one minute after the cut-off of the data. A first period that
  the data enter midway is left out.
- Nothing after the cut-off is known. A record still open then counts with the time it has been open (it is censored);
  it is never dropped. A cancelled order is censored when it left. In the period view a record enters at the age it had
  when the period began, and a curve ends at the first age at which nobody is watched.
- A total divides summed parts; ratios are never averaged. `all` is the whole company.
- Missing is not zero. A figure that cannot be told is empty and has its reason: *no records*, *not reached* (fewer
  records have ended than the quantile asks for), *window not passed*, *no exposure*, *nothing to divide by*. A count
  of nothing is zero from a unit's first record on; a rate of nothing is zero where its exposure is known.
- A kind of record that the source never has, in any unit at any time, is unknown and not zero: exchanges, reopened
  orders, calls given up, costs of a type. `needs` names the kind (`=` a value, `=*` any, `=null` none, `>` more than,
  `~` holding a word, `#2` two different values), and without one such record the metric is not measured.
- With a follow-up window only records count whose whole window has passed. A period is *mature* when that holds for
  all of it; cards show the newest mature period. Kaplan–Meier figures keep the others in as censored: for them half of
  the period watched for the whole window is enough. Where the last record of a curve was cancelled and nothing is
  still running, the curve keeps its last height as long as that leaves at most 5 % of the records undecided.
  A mean within T days then holds up to 5 % of the days that are left to T, as if those had gone on waiting: where the
  last one was cancelled it can lie that much above a month in which the last one was completed.
- Test and duplicate orders are left out everywhere, and counted in the section on data quality.
- Times are calendar time, in whole minutes. Values are in the unit of the metric: 86.3 for 86.3 %.
- Intervals hold 95 %: Wilson for shares, exact Poisson for rates, Kaplan–Meier on the log-log scale for durations, the
  linearised one for ratios of sums. A count is a count and has none.

## How a card is read

| field | what it says |
|---|---|
| `id`, `number` | the id that files and results use; the number of the metric's family |
| `name` | what readers see, in each language |
| `kind` | @KINDS@; it decides interval, chart and test |
| `unit` | @UNITS@ |
| `better` | `lower`, `higher` or `none` (context) |
| `minimum_n` | with fewer records nothing is said about a change |
| `worth_acting_on` | the smallest change worth acting on: `{relative: 0.1}` or `{absolute: 2}` in the unit |
| `view` | `event`, `cohort`, `in_period` or `month_end`: which records belong to a period |
| `follow_up_days` | how long a record must have been watched before it counts |
| `judged` | false for a part of other figures or a curve over segments: measured, but no signal is drawn from it |
| `breakdowns` | by what it is also measured, as far as the data give the columns |
| `definition`, `why`, `caveats` | texts in each language |
| `source`, `reviewed_on` | where the definition or method comes from; when it was last read through |
| `needs` | tables, columns or kinds of record without which it cannot be measured, `a\\|b` for either |
| `table`, `time` | the measured table and the column that dates a record |
| `where` | the records that belong to it at all |
| `numerator`, `denominator` | of a ratio or rate: sums over records; a condition counts 1 or 0 |
| `signed` | of a ratio: true where a numerator can be below 0, and the interval then too; units `points`, `pp` always |
| `exposure` | of a rate: `units_in_service` or `active_customers`, instead of a denominator |
| `distinct` | of a count or rate: different values are counted, not records |
| `start`, `end`, `until` | of a duration or snapshot: from when to when; `until`: when a record left without the end |
| `statistic`, `at` | @STATISTICS@; the level, or the days |
| `after` | of a step: the earlier milestone |
| `closed_only` | leaves open records out, for the sake of comparison |
| `amount` | of a total or quantile: what is added up or ranked, record by record |
| `times` | a quotient is multiplied by it: 12 makes a month's figure a year's |
| `curve` | writes the survival curve of each period on a grid |
| `function`, `of` | of a derived metric: @FUNCTIONS@ of other metrics |
| `function`, `tables`, `options` | of a modelled metric: `modelled/<function>.py`, the tables it reads, its settings |

A company adds its own cards in `params/metrics.yml`. Their expressions are plain SQL over one row of a measured table:
@TABLES@. `python run_reports.py check` tries each on empty tables first.
"""


def render_reference(catalogue: Catalogue) -> str:
    """The page: what holds for all metrics, how a card is read, and each metric by area."""
    statistics = "; ".join(f"{kind}: " + ", ".join(f"`{name}`" for name in names) for kind, names in STATISTICS.items())
    tables = ", ".join(f"`{name}`" for name, table in read_measured_tables().items() if table.kind == "records")
    lists = {"@TABLES@": tables, "@STATISTICS@": statistics}
    for mark, names in (("@FUNCTIONS@", FUNCTIONS), ("@KINDS@", KINDS), ("@UNITS@", UNITS)):
        lists[mark] = ", ".join(f"`{name}`" for name in names)
    head = HEAD
    for mark, text in lists.items():
        head = head.replace(mark, text)
    parts = [head]
    for area in dict.fromkeys(card.area for card in catalogue.values()):
        parts.append("\n".join(_area(area, catalogue.of_area(area))))
    return "\n".join(parts)


def _area(area: str, cards: tuple[MetricCard, ...]) -> Iterator[str]:
    yield f"## {area.replace('_', ' ').capitalize()}\n"
    yield "| metric | 指标 | unit | better | follow-up | needs |\n|---|---|---|---|---|---|"
    for card in cards:
        follow_up = f"{card.follow_up_days} d" if card.follow_up_days else ""
        needs = ", ".join(f"`{need}`" for need in card.needs).replace("|", "\\|")
        cells = (
            f"[{card.name['en']}](#{card.id})",
            card.name["zh"],
            UNIT_NAMES[card.unit],
            card.better,
            follow_up,
            needs,
        )
        yield f"| {' | '.join(cells)} |"
    yield ""
    for card in cards:
        yield from _entry(card)


def _entry(card: MetricCard) -> Iterator[str]:
    worth = next(iter(card.worth_acting_on.items()))
    smallest = f"{100 * worth[1]:g} %" if worth[0] == "relative" else f"{worth[1]:g} {UNIT_NAMES[card.unit]}"
    yield f'### <a id="{card.id}"></a>{card.name["en"]} · {card.name["zh"]}\n'
    yield f"`{card.id}` · No. {card.number} · {card.kind} · {VIEW_NAMES[card.view]}\n"
    yield f"{card.definition['en']}\n\n{card.definition['zh']}\n"
    yield f"- Why: {card.why['en']} {card.why['zh']}"
    yield f"- Caveats: {card.caveats['en']} {card.caveats['zh']}"
    yield f"- Worth acting on: {smallest}, from {card.minimum_n} records"
    if card.breakdowns:
        yield f"- By: {', '.join(f'`{name}`' for name in card.breakdowns)}"
    yield f"- Source: {card.source}; reviewed {card.reviewed_on.isoformat()}\n"
