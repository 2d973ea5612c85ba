"""A log of field changes (one row per field, old and new value) folded into orders and their steps.

Desks keep their history so: an order's status, assignee and priority change row by row. An order that never changed is
not in such a log, which is said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analysis.data_model import read_tables
from analysis.intake.proposing.logs import is_constant, moment_sql
from analysis.intake.proposing.matching import score_column
from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.proposing.proposal import ColumnChoice, TableChoice
from analysis.intake.proposing.samples import SampledContent
from analysis.intake.proposing.values import event_of, translate
from analysis.intake.proposing.vocabulary import is_called, name_score, words_of_the_trade
from analysis.intake.quoting import identifier, literal, literals

IN_TIME = "CASE WHEN ended IS NULL OR assigned <= ended THEN assigned END"
SURE = 0.6
CALLED = 0.8


STATES_BY_NUMBER = {"1": "open", "2": "open", "3": "open", "6": "completed", "7": "completed", "8": "cancelled"}
OF_THE_VENDOR = ("sys_created_on", "documentkey", "sys_updated_on", "sys_id")


@dataclass(frozen=True)
class ChangeLog:
    """The columns of a log of changes: order, field, old and new value, when; when the order began, if it says so; the
    unit; which values of the field are its status and its assignee; status → ours."""

    case: str
    field: str
    old: str | None
    new: str
    moment: str
    began: str | None
    unit: str | None
    status: tuple[str, ...]
    assignee: tuple[str, ...]
    states: Mapping[str, str]


def find_change_log(sampled: SampledContent, profiles: Mapping[str, ColumnProfile]) -> ChangeLog | None:
    """The content as a log of changes: a field among whose values is a status, and its new value, per order."""
    names = words_of_the_trade()["changes"]
    field = _called(profiles, names["field"], words_only=True)
    new = _called(profiles, names["new"])
    if field is None or new is None:
        return None
    fields = sampled.values_of(field)
    status = tuple(name for name in fields if is_called(name, names["status"]))
    case, moment = _best(profiles, "work_order_id"), _best(profiles, "event_at", times=True)
    if not status or case is None or moment is None or profiles[case].unique > CALLED:
        return None
    began = next(
        (name for name, told in profiles.items() if told.times and name != moment and is_constant(sampled, case, name)),
        None,
    )
    chosen = f"{identifier(field)} IN ({literals(status)})"
    words = sampled.ask(f"SELECT {identifier(new)}, count(*) FROM source WHERE {chosen} GROUP BY 1")
    counted = {str(word): int(n) for word, n in words if word is not None}
    states, share = translate(counted, "status")
    if share < SURE and _are_numbers_of_states(counted, profiles):
        states, share = {word: STATES_BY_NUMBER[word] for word in counted}, 1.0
    if share < SURE:
        return None
    assignee = tuple(name for name in fields if is_called(name, names["assignee"]))
    old = _called(profiles, names["old"])
    return ChangeLog(case, field, old, new, moment, began, _unit(sampled, profiles, case), status, assignee, states)


def fold_changes(
    log: ChangeLog, sampled: SampledContent, profiles: Mapping[str, ColumnProfile], *, called: str
) -> list[TableChoice]:
    """Orders and their steps from a log of changes; `called` is the unit where the log names none."""
    changes = _changes_sql(log, sampled.stem, profiles)
    orders = f"""{changes},
last_open AS (
  SELECT ticket AS of_ticket, max(happened_at) FILTER (state = 'open') AS last_open FROM changes GROUP BY ticket),
folded AS (
  SELECT ticket, any_value(unit) AS unit,
    coalesce(min(began), min(happened_at)) AS submitted,
    min(happened_at) FILTER (is_assignee AND new_value <> '') AS assigned,
    arg_max(new_value, happened_at) FILTER (is_assignee AND new_value <> '') AS who,
    count(*) FILTER (is_assignee AND coalesce(old_value, '') <> '' AND new_value <> '') AS moved,
    count(*) FILTER (state = 'open' AND old_state = 'completed') AS reopens,
    coalesce(arg_max(state, happened_at) FILTER (state IS NOT NULL), 'open') AS state,
    min(happened_at) FILTER (
      state IN ('completed', 'cancelled') AND (last_open IS NULL OR happened_at >= last_open)) AS ended
  FROM changes JOIN last_open ON of_ticket = ticket GROUP BY ticket)
SELECT * FROM folded"""
    steps = f"""{changes}
SELECT ticket, row_number() OVER (PARTITION BY ticket ORDER BY happened_at, step) AS seq, happened_at, step
FROM (
  SELECT DISTINCT ticket, happened_at,
    CASE WHEN is_assignee AND new_value <> '' THEN 'assigned' ELSE step END AS step
  FROM changes) WHERE step IS NOT NULL"""
    told = f"the changes of {', '.join(log.status)}"
    unit = ("unit", 0.6, "one value per order") if log.unit else ({"constant": called}, 0.3, "no unit in the log")
    choices = [
        ColumnChoice("work_order_id", log.case, "ticket", 0.9, "the order that was changed"),
        ColumnChoice("business_unit", log.unit, *unit),
        ColumnChoice(
            "submitted_at",
            log.began or log.moment,
            "submitted",
            0.8 if log.began else 0.5,
            "one value per order" if log.began else "its first change: orders may have been there before",
        ),
        ColumnChoice("status", log.new, "state", 0.8, f"the last of {told}"),
        ColumnChoice("assigned_at", log.moment, {"sql": IN_TIME}, 0.7, "the first assignee") if log.assignee else None,
        ColumnChoice("completed_at", log.moment, {"sql": "CASE WHEN state = 'completed' THEN ended END"}, 0.8,
                     "when it was last done"),
        ColumnChoice("cancelled_at", log.moment, {"sql": "CASE WHEN state = 'cancelled' THEN ended END"}, 0.8,
                     "when it was last called off") if "cancelled" in log.states.values() else None,
        ColumnChoice("technician_id", log.new, "who", 0.7, "the last assignee") if log.assignee else None,
        ColumnChoice("reassignments", log.new, "moved", 0.7, "changes from one assignee to another")
        if log.assignee and log.old else None,
        ColumnChoice("reopens", log.new, "reopens", 0.7, "open again after it was done") if log.old else None,
    ]  # fmt: skip
    trail = (
        ColumnChoice("work_order_id", log.case, "ticket", 0.9, "the order that was changed"),
        ColumnChoice("seq", None, "seq", 0.8, "in the order of the log"),
        ColumnChoice("event_at", log.moment, "happened_at", 0.9, "heading and times"),
        ColumnChoice("event", log.new, "step", 0.7, told),
    )
    notes = ("a log of changes: an order that was never changed is not in it", _states_told(log))
    kept = tuple(choice for choice in choices if choice is not None)
    return [
        TableChoice("work_orders", sampled.stem, kept, select=orders, notes=notes),
        TableChoice("work_order_events", sampled.stem, trail, select=steps),
    ]


def _changes_sql(log: ChangeLog, stem: str, profiles: Mapping[str, ColumnProfile]) -> str:
    old = identifier(log.old) if log.old else "CAST(NULL AS VARCHAR)"
    began = moment_sql(log.began, profiles[log.began]) if log.began else "CAST(NULL AS TIMESTAMP)"
    is_status = f"{identifier(log.field)} IN ({literals(log.status)})"
    is_assignee = f"{identifier(log.field)} IN ({literals(log.assignee)})" if log.assignee else "false"
    states = " ".join(f"WHEN {literal(word)} THEN '{state}'" for word, state in log.states.items())
    steps = " ".join(f"WHEN {literal(word)} THEN '{_step(word, state)}'" for word, state in log.states.items())
    return f"""WITH changes AS (
  SELECT {identifier(log.case)} AS ticket, {identifier(log.unit) if log.unit else "NULL"} AS unit, {began} AS began,
    {moment_sql(log.moment, profiles[log.moment])} AS happened_at,
    {identifier(log.new)} AS new_value, {old} AS old_value,
    {is_assignee} AS is_assignee,
    CASE WHEN {is_status} THEN CASE {identifier(log.new)} {states} END END AS state,
    CASE WHEN {is_status} THEN CASE {old} {states} END END AS old_state,
    CASE WHEN {is_status} THEN CASE {identifier(log.new)} {steps} END END AS step
  FROM {identifier(stem)} WHERE {identifier(log.case)} IS NOT NULL)"""


def _are_numbers_of_states(words: Iterable[str], profiles: Mapping[str, ColumnProfile]) -> bool:
    """Whether states are ServiceNow's numbers as shipped, in a table that bears its headings."""
    return set(words) <= set(STATES_BY_NUMBER) and any(name.casefold() in OF_THE_VENDOR for name in profiles)


def _step(word: str, state: str) -> str:
    return state if state != "open" else "paused" if event_of(word) == "paused" else "started"


def _states_told(log: ChangeLog) -> str:
    shipped = "CHECK: numbers of states as ServiceNow ships them: " if set(log.states) <= set(STATES_BY_NUMBER) else ""
    return shipped + "; ".join(f"{word} is {state}" for word, state in log.states.items())


def _called(profiles: Mapping[str, ColumnProfile], names: list[str], *, words_only: bool = False) -> str | None:
    """The first column whose whole heading is one of these names."""
    wanted = {"".join(str(name).split()).casefold() for name in names}
    return next(
        (n for n, told in profiles.items() if told.heading.folded in wanted and (told.is_words or not words_only)), None
    )


def _best(profiles: Mapping[str, ColumnProfile], column: str, *, times: bool = False) -> str | None:
    found = [
        (name_score(told.heading, "work_order_events", column), name)
        for name, told in profiles.items()
        if (told.times is not None) == times
    ]
    score, name = max(found, default=(0.0, ""))
    return name if score >= SURE else None


def _unit(sampled: SampledContent, profiles: Mapping[str, ColumnProfile], case: str) -> str | None:
    table = read_tables()["work_orders"]
    scored = [
        (score_column(told, table, table.column("business_unit"))[0], name)
        for name, told in profiles.items()
        if told.is_words and is_constant(sampled, case, name)
    ]
    score, name = max(scored, default=(0.0, ""))
    return name if score >= SURE else None
