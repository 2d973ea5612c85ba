"""The steps before any report, as the runner calls them: intake, the sample, the catalogue, measuring, signals.

A test, or another way of running a step, puts its own functions here; nothing else knows where the steps live.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from analysis.store import Store


@dataclass(frozen=True)
class Steps:
    """Functions with the signatures of the packages' own: intake, sample, metrics and signals."""

    intake: Callable[..., "Store"]
    write_sample: Callable[..., None]
    read_catalogue: Callable[..., Mapping[str, Any]]
    check_catalogue: Callable[..., None]
    measure: Callable[..., Any]
    evaluate: Callable[..., Any]


def suite_steps() -> Steps:
    """The suite's own steps. What only a changed source needs is imported when it is called: a run that finds nothing
    to do takes hardly longer than its imports."""
    from analysis.intake import intake
    from analysis.metrics.cards import read_catalogue

    return Steps(intake, _write_sample, read_catalogue, _check_catalogue, _measure, _evaluate)


def _write_sample(*given: Any, **named: Any) -> None:
    from analysis.sample import write_sample

    write_sample(*given, **named)


def _check_catalogue(*given: Any, **named: Any) -> None:
    from analysis.metrics.check import check_catalogue

    check_catalogue(*given, **named)


def _measure(*given: Any, **named: Any) -> Any:
    from analysis.metrics.measure import measure

    return measure(*given, **named)


def _evaluate(*given: Any, **named: Any) -> Any:
    from analysis.signals import evaluate

    return evaluate(*given, **named)


def context_tables(store: "Store") -> dict[str, "pd.DataFrame | None"]:
    """The tables that signals look at beside the measurements; None where the source has none."""
    names = {"calendar": "calendar", "targets": "targets", "interventions": "interventions"}
    return {name: store.records(table, "all") if store.has(table) else None for name, table in names.items()}
