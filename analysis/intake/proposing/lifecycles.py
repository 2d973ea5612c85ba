"""Logs in which an activity has a begin and an end of its own (XES: lifecycle:transition): which row is which step.

One activity is one step, not two: work that begins (an arrival, a repair) counts from its start, what is finished
(assigned, completed, closed) from its completion. Planned and withdrawn activities are no steps.
"""

from collections.abc import Iterable, Mapping

from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.proposing.values import event_of
from analysis.intake.proposing.vocabulary import is_called
from analysis.intake.quoting import identifier, literal

KNOWN = frozenset(
    {"start", "complete", "schedule", "assign", "reassign", "suspend", "resume", "withdraw"}
    | {"ate_abort", "pi_abort", "autoskip", "manualskip"}
)
OF_THEMSELVES = {"suspend": "paused", "resume": "resumed", "assign": "assigned", "reassign": "reassigned"}
BEGINS = ("arrived", "departed", "started", "handled", "paused")


def lifecycle_column(profiles: Mapping[str, ColumnProfile]) -> str | None:
    """The column that says whether a row is an activity's start or its completion; None where all rows say one."""
    for name, told in profiles.items():
        called = is_called(name, ["lifecycle transition", "lifecycle", "transition"])
        if called and told.distinct > 1 and {value.casefold() for value in told.common} <= KNOWN:
            return name
    return None


def steps_of(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """(Activity, transition) → step, for those that are one."""
    pairs = [(activity, transition.casefold()) for activity, transition in pairs]
    found = {}
    for activity, transition in pairs:
        event = OF_THEMSELVES.get(transition)
        if event is None and transition in ("start", "complete"):
            meant = event_of(activity)
            counts = "start" if meant in BEGINS and (activity, "start") in pairs else "complete"
            event = meant if transition == counts else None
        if event is not None:
            found[activity, transition] = event
    return found


def step_sql(activity: str, lifecycle: str, steps: Mapping[tuple[str, str], str]) -> str:
    """SQL for the step of a row, NULL where it is none."""
    key = f"{identifier(activity)} || ' / ' || lower({identifier(lifecycle)})"
    cases = "".join(
        f"\n    WHEN {literal(f'{name} / {transition}')} THEN {literal(event)}"
        for (name, transition), event in steps.items()
    )
    return f"CASE {key}{cases} END"
