"""Contents that hold several rows per order: logs of events (one row per step) and of updates (one row per state).

Found by their columns, folded by one SELECT each into orders, and into the steps of each order. Nothing is folded that
does not look like a log: a repeated id alone may be a mistake.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.data_model import read_tables
from analysis.intake.proposing.lifecycles import BEGINS, lifecycle_column, step_sql, steps_of
from analysis.intake.proposing.matching import TableMatch, match_table
from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.proposing.proposal import ColumnChoice, TableChoice
from analysis.intake.proposing.samples import SampledContent
from analysis.intake.proposing.values import event_of
from analysis.intake.proposing.vocabulary import is_called, words_of_the_trade
from analysis.intake.quoting import identifier, literal, literals

ROWS_PER_CASE = 1.3
STEPS_KNOWN = 0.3
CONSTANT = 0.98
STARTS = ("start timestamp", "start time", "start date", "started", "begin", "begin time", "startzeit", "开始时间")
MOST_ACTIVITIES = 120
STOOD = "CASE WHEN is_gone THEN 'cancelled' WHEN is_done THEN 'completed' ELSE {} END"
UNSAID_END = "no step of the log is known to end an order: which are done is not known"


@dataclass(frozen=True)
class EventLog:
    """The columns of an event log: case, activity, moment, who did it; activity → our event; SQL for a row's event; the
    column of its begin, where `moment` is its end."""

    case: str
    activity: str
    moment: str
    actor: str | None
    events: Mapping[str, str]
    scores: Mapping[str, float]
    told: str
    start: str | None = None


def find_event_log(sampled: SampledContent, profiles: Mapping[str, ColumnProfile]) -> EventLog | None:
    """The content as an event log: cases of several rows, a time, an activity of which some are steps we know."""
    match = match_table(profiles, read_tables()["work_order_events"], called=sampled.stem)
    found = match.matches
    if not {"work_order_id", "event_at", "event"} <= found.keys():
        return None
    case, moment = found["work_order_id"].heading, found["event_at"].heading
    cases = sampled.distinct([case])
    if not cases or sampled.rows / cases < ROWS_PER_CASE or profiles[case].unique > CONSTANT:
        return None
    stamps = [name for name, told in profiles.items() if told.times is not None and name != moment]
    if any(is_constant(sampled, case, name) for name in stamps):
        return None  # its cases carry their own stamps on every row: one row per update
    activity, events = _activities(sampled, [found["event"].heading, *found["event"].instead])
    if not events:
        return None
    actor = found["actor"].heading if "actor" in found and found["actor"].heading != activity else None
    scores = {column: choice.score for column, choice in found.items()}
    when = "".join(f"\n    WHEN {literal(name)} THEN {literal(event)}" for name, event in events.items())
    told = f"CASE {identifier(activity)}{when} END"
    lifecycle = lifecycle_column(profiles)
    if lifecycle not in (None, activity):
        both = f"SELECT DISTINCT {identifier(activity)}, {identifier(lifecycle or '')} FROM source"
        steps = steps_of((str(name), str(step)) for name, step in sampled.ask(both) if name and step)
        told, events = step_sql(activity, lifecycle or "", steps), {name: event for (name, _), event in steps.items()}
    start = next((name for name in stamps if is_called(name, STARTS)), None)
    return EventLog(case, activity, moment, actor, events, scores, told, start)


def _activities(sampled: SampledContent, headings: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Of the columns that may name the activity the one that tells most kinds of steps, and its activities → steps."""
    best: tuple[str, dict[str, str]] = (headings[0], {})
    for heading in headings:
        activities = sampled.values_of(heading)
        events = {name: event for name in activities if (event := event_of(name)) is not None}
        known = sum(activities[name] for name in events)
        if len(activities) > MOST_ACTIVITIES or known < STEPS_KNOWN * sum(activities.values()):
            continue
        if len(set(events.values())) > len(set(best[1].values())):
            best = (heading, events)
    return best


def is_constant(sampled: SampledContent, case: str, column: str) -> bool:
    """Whether a column has one value per case in nearly all cases."""
    values = (
        f"SELECT count(DISTINCT {identifier(column)}) AS n FROM source GROUP BY {identifier(case)} HAVING count(*) > 1"
    )
    sql = f"SELECT avg(CAST(n <= 1 AS INTEGER)) FROM ({values})"
    share = sampled.ask(sql)[0][0]
    return share is not None and share >= CONSTANT


def fold_events(log: EventLog, sampled: SampledContent, profiles: Mapping[str, ColumnProfile]) -> list[TableChoice]:
    """Orders and their steps from an event log."""
    actor = identifier(log.actor) if log.actor else "NULL"
    moment = moment_sql(log.moment, profiles[log.moment])
    begun = f"coalesce({moment_sql(log.start, profiles[log.start])}, {moment})" if log.start else moment
    at = f"CASE WHEN event IN ({literals(BEGINS)}) THEN begun_at ELSE ended_at END" if log.start else "ended_at"
    place = "-_row" if _is_newest_first(log, sampled, moment) else "_row"
    steps = f"""WITH lines AS (
  SELECT {identifier(log.case)} AS ticket, {log.told} AS event, {actor} AS actor, {begun} AS begun_at,
    {moment} AS ended_at, {place} AS place
  FROM {identifier(sampled.stem)} WHERE {identifier(log.case)} IS NOT NULL),
steps AS (
  SELECT ticket, event, actor, {at} AS happened_at, min(begun_at) AS first_at, min(place) AS place
  FROM lines GROUP BY ticket, event, actor, happened_at)"""
    unit, made_up = _constant_column(sampled, profiles, log)
    carried = f", any_value({identifier(unit)}) AS unit" if unit else ""
    orders = f"""{steps},
ordered AS (
  SELECT *,
    max(happened_at) FILTER (event IN ('completed', 'closed')) OVER (
      PARTITION BY ticket ORDER BY happened_at, place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS done_before,
    max(row(happened_at, place)) FILTER (event IN ('assigned', 'started', 'reopened')) OVER (PARTITION BY ticket)
      AS begun_last,
    lag(actor) OVER (PARTITION BY ticket, event ORDER BY happened_at, place) AS actor_before
  FROM steps),
folded AS (
  SELECT ticket,
    min(first_at) AS submitted,
    min(happened_at) FILTER (event = 'handled') AS handled,
    min(happened_at) FILTER (event = 'assigned') AS assigned,
    min(happened_at) FILTER (event = 'arrived') AS arrived,
    min(happened_at) FILTER (
      event = 'completed' AND (begun_last IS NULL OR row(happened_at, place) >= begun_last)) AS resolved,
    max(happened_at) FILTER (event = 'closed') AS shut,
    max(happened_at) FILTER (event = 'cancelled') AS gone,
    arg_max(event, row(happened_at, place)) FILTER (
      event IN ('completed', 'closed', 'cancelled', 'reopened', 'assigned', 'started')) AS last_event,
    arg_max(actor, row(happened_at, place)) FILTER (event IN ('completed', 'closed')) AS who,
    count(*) FILTER (event IN ('assigned', 'started', 'reopened') AND done_before IS NOT NULL) AS reopens,
    count(*) FILTER (event IN ('assigned', 'reassigned') AND actor <> actor_before) AS moved
  FROM ordered GROUP BY ticket),
told AS (
  SELECT *, coalesce(resolved, shut) AS done,
    last_event IN ('completed', 'closed') AND coalesce(resolved, shut) IS NOT NULL AS is_done,
    last_event = 'cancelled' AS is_gone
  FROM folded)
SELECT told.*{", unit" if unit else ""} FROM told{_join_units(unit, carried, sampled, log)}"""
    sure = min(log.scores[name] for name in ("work_order_id", "event_at", "event"))

    def made(column: str, spec: object, why: str, source: str | None = None) -> ColumnChoice:
        return ColumnChoice(column, source, spec, sure, why)

    there = set(log.events.values())
    ends = there & {"completed", "closed"}
    activity = f"from the steps called {', '.join(sorted(set(log.events)))[:90]}"
    columns = [
        made("work_order_id", "ticket", "the case", log.case),
        ColumnChoice("business_unit", unit, "unit" if unit else {"constant": made_up}, 0.6 if unit else 0.3,
                     "one value per case" if unit else "no unit in the log: one unit"),
        made("submitted_at", "submitted", "its first event", log.moment),
        made("handled_at", {"sql": "CASE WHEN handled >= submitted THEN handled END"}, activity),
        made("assigned_at", _between("assigned", "coalesce(handled, submitted)"), "its first assignment"),
        made("arrived_at", _between("arrived", "coalesce(assigned, submitted)"), "its first arrival"),
        made("completed_at", {"sql": "CASE WHEN is_done THEN done END"}, "its completion, since last begun"),
        made("closed_at", {"sql": "CASE WHEN is_done AND shut >= done THEN shut END"}, "its last closing"),
        made("cancelled_at", {"sql": "CASE WHEN is_gone THEN gone END"}, "its cancellation"),
        made("status", {"sql": STOOD.format("'open'")}, "where it stood last") if ends
        else made("status", {"sql": STOOD.format("'unknown'")}, UNSAID_END),
        made("technician_id", "who", "who completed it", log.actor),
        made("reopens", "reopens", "work begun after a completion"),
        made("reassignments", "moved", "changes of the person assigned"),
    ]  # fmt: skip
    lacking = {
        "handled_at": "handled",
        "assigned_at": "assigned",
        "arrived_at": "arrived",
        "cancelled_at": "cancelled",
        "closed_at": "closed",
    }
    columns = [c for c in columns if c.column not in lacking or lacking[c.column] in there]
    columns = [c for c in columns if ends or c.column not in ("completed_at", "technician_id", "reopens")]
    columns = [c for c in columns if c.column != "technician_id" or log.actor]
    columns = [c for c in columns if c.column != "reassignments" or log.actor]
    unsaid = "no step of the log says that an order was created: its first event stands for the submission"
    note = ((unsaid,) if "created" not in there and "handled" in there else ()) + (() if ends else (UNSAID_END,))
    select = f"""{steps}
SELECT ticket, row_number() OVER (PARTITION BY ticket ORDER BY happened_at, place, event) AS seq,
  happened_at, event, actor
FROM steps WHERE event IS NOT NULL"""
    trail = [
        made("work_order_id", "ticket", "the case", log.case),
        made("seq", "seq", "in the order of the log"),
        made("event_at", "happened_at", "heading and times", log.moment),
        made("event", "event", f"{len(log.events)} activities that are known", log.activity),
        *([made("actor", "actor", "heading", log.actor)] if log.actor else []),
    ]
    return [
        TableChoice("work_orders", sampled.stem, tuple(columns), select=orders, notes=note),
        TableChoice("work_order_events", sampled.stem, tuple(trail), select=select),
    ]


def update_column(profiles: Mapping[str, ColumnProfile]) -> str | None:
    """The column by which the newest of several rows of a case is known: a time of change, else a version."""
    names = words_of_the_trade()["updates"]
    found = [name for name in profiles if is_called(name, names)]
    timed = [name for name in found if profiles[name].times is not None]
    numbered = [name for name in found if profiles[name].numbers is not None]
    return next(iter([*numbered, *timed]), None)


def newest_rows_sql(
    stem: str,
    case: str,
    newest: str | None,
    profile: ColumnProfile | None,
    *,
    state: str | None = None,
    ended: Sequence[str] = (),
) -> str:
    """A SELECT of the newest row of each case; with a `state` column and the words for its end, `ended_at` too: the
    first time since when the case stands as ended."""
    order, by = "_row DESC", None
    if newest is not None and profile is not None:
        by = moment_sql(newest, profile) if profile.times is not None else f"TRY_CAST({identifier(newest)} AS DOUBLE)"
        order = f"{by} DESC, _row DESC"
    rows = identifier(stem)
    own = "*"
    if state is not None and by is not None:
        is_end = f"coalesce({identifier(state)} IN ({', '.join(map(literal, ended))}), false)"
        rows = f"""(
  SELECT *, {by} AS seen_at, {is_end} AS is_end,
    max(CASE WHEN NOT {is_end} THEN {by} END) OVER (PARTITION BY {identifier(case)}) AS last_open
  FROM {rows})"""
        first = "min(CASE WHEN is_end AND (last_open IS NULL OR seen_at >= last_open) THEN seen_at END)"
        own = f"*, {first} OVER (PARTITION BY {identifier(case)}) AS ended_at"
    return f"SELECT {own} FROM {rows}\nQUALIFY row_number() OVER (PARTITION BY {identifier(case)} ORDER BY {order}) = 1"


def is_update_log(sampled: SampledContent, match: TableMatch, profiles: Mapping[str, ColumnProfile]) -> bool:
    """Whether the content holds several rows per order that differ only in where the order stood."""
    key, began = match.matches.get("work_order_id"), match.matches.get("submitted_at")
    if key is None or began is None or profiles[key.heading].unique > CONSTANT:
        return False
    cases = sampled.distinct([key.heading])
    return bool(cases) and sampled.rows / cases >= ROWS_PER_CASE and is_constant(sampled, key.heading, began.heading)


def _constant_column(
    sampled: SampledContent, profiles: Mapping[str, ColumnProfile], log: EventLog
) -> tuple[str | None, str]:
    """A column that may be the business unit: few values, one per case; else the content's name for a single unit."""
    from analysis.intake.proposing.matching import score_column

    table = read_tables()["work_orders"]
    used = {log.case, log.activity, log.moment, log.actor}
    scored = [
        (score_column(told, table, table.column("business_unit"))[0], name)
        for name, told in profiles.items()
        if name not in used and told.is_words and 2 <= told.distinct <= 40
    ]
    best = max(scored, default=(0.0, ""))
    if best[0] >= 0.6 and is_constant(sampled, log.case, best[1]):
        return best[1], ""
    return None, re.sub(r"[^\w]+", " ", sampled.stem).strip().upper()[:40] or "UNIT"


def _join_units(unit: str | None, carried: str, sampled: SampledContent, log: EventLog) -> str:
    if not unit:
        return ""
    units = f"SELECT {identifier(log.case)} AS unit_of{carried} FROM {identifier(sampled.stem)} GROUP BY ALL"
    return f"\nJOIN ({units}) ON unit_of = ticket"


def _is_newest_first(log: EventLog, sampled: SampledContent, moment: str) -> bool:
    """Whether the rows of a case stand newest first: of two at one time, the lower is then the earlier."""
    numbered = (
        f"SELECT {identifier(log.case)} AS ticket, {moment} AS happened_at, row_number() OVER () AS n FROM source"
    )
    before = f"SELECT happened_at, lag(happened_at) OVER (PARTITION BY ticket ORDER BY n) AS before FROM ({numbered})"
    sql = f"SELECT count(*) FILTER (happened_at < before), count(*) FILTER (happened_at > before) FROM ({before})"
    falls, rises = sampled.ask(sql)[0]
    return bool(falls > rises)


def _between(stamp: str, first: str) -> dict[str, str]:
    """A stamp where it lies between an earlier one and the end."""
    return {"sql": f"CASE WHEN {stamp} >= {first} AND (done IS NULL OR {stamp} <= done) THEN {stamp} END"}


def moment_sql(name: str, profile: ColumnProfile) -> str:
    """SQL that reads a column's text as a moment that can be ordered."""
    text = profile.text_sql
    patterns = [pattern for pattern in (profile.times.formats if profile.times else ()) if "%" in pattern]
    if patterns:
        return f"try_strptime({text}, [{', '.join(map(literal, patterns))}])"
    if profile.times is not None and profile.times.offset:
        return f"TRY_CAST({text} AS TIMESTAMPTZ)"
    return f"TRY_CAST(replace({text}, '/', '-') AS TIMESTAMP)"
