"""Sources that nobody prepared the suite for: `map` reads each as it is meant, with no edit, or asks the one thing that
only a person can say. A wrong reading that looks right is what none of them may give."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from analysis.intake import intake
from analysis.intake.proposing import mapping_text, open_samples, propose
from analysis.intake.sources import find_files, list_contents
from analysis.store import Store
from tests.intake.unforeseen import COLUMNS, Source
from tests.intake.unforeseen_answers import ANSWERS
from tests.intake.unforeseen_complaints import COMPLAINTS
from tests.intake.unforeseen_logs import LOGS
from tests.intake.unforeseen_orders import ORDERS

PARAMS = Path(__file__).resolve().parents[2] / "params"
SOURCES = ORDERS | LOGS | ANSWERS | COMPLAINTS
MINUTE = 61.0  # seconds: some sources tell no seconds
ALWAYS = (
    "an_activity_with_a_start_and_a_completion", "day_or_month_first_by_branch", "settled_on_a_day_without_a_clock",
    "ten_points_and_codes_for_no_answer", "one_the_best_by_a_list_of_codes_alone", "german_school_marks",
)  # fmt: skip


@pytest.mark.parametrize(
    "name", [name if name in ALWAYS else pytest.param(name, marks=pytest.mark.prove) for name in SOURCES]
)
def test_a_source_nobody_prepared_for_is_read_as_it_is_meant_or_asked_about(name, tmp_path):
    source, folder = SOURCES[name], tmp_path / "source"
    folder.mkdir()
    true = source.draw(folder)
    with open_samples(list_contents(find_files(str(folder)))) as contents:
        proposal = propose(contents)
    rules = tmp_path / "trial.yml"
    rules.write_text(mapping_text(proposal, name="trial", source=name, mask=str), encoding="utf-8")

    if source.asked:
        assert any(source.asked in question for question in proposal.questions), proposal.questions
        return
    assert proposal.questions == ()
    store = intake(str(folder), mapping=rules, params=PARAMS, store_root=tmp_path / "stores")
    assert store.manifest["tables"][source.table]["quarantined"] == source.aside
    assert wrong(store, source, true) == []
    if source.total is not None:
        table, column, total = source.total
        assert store.records(table, "all")[column].sum() == pytest.approx(total)


def wrong(store: Store, source: Source, true: dict) -> list[str]:
    """Every value that is not what the source means."""
    records = store.records(source.table, "all")
    if source.table == "complaints":
        ends = [name for name in ("resolved_at", "closed_at") if name in records]
        records = records.assign(end=records[ends].bfill(axis=1).iloc[:, 0].dt.normalize())
        records["received_at"] = records["received_at"].dt.normalize()
    found = records.set_index(records.columns[0] if source.table != "surveys" else "survey_id")
    found.index = found.index.astype(str)
    off = _off(found, true) if source.off else timedelta()
    told = [
        f"{key}.{column}: {found.loc[key, column]!r} for {expected!r}"
        for key, values in true.items()
        for column, expected in zip(COLUMNS[source.table], values, strict=True)
        if (key not in found.index or not _same(found.loc[key, column], expected, off))
        and not (column == "business_unit" and expected is None)
    ]
    return told + ([f"{len(found)} rows for {len(true)}"] if len(found) < len(true) else [])


def _off(found: pd.DataFrame, true: dict) -> timedelta:
    """By how much all times are off, by the first of them: the source tells no zone."""
    key, values = next(iter(true.items()))
    return found.loc[key, "submitted_at"] - values[1]


def _same(value, expected, off: timedelta) -> bool:
    if expected is None or pd.isna(value):
        return expected is None and pd.isna(value)
    if hasattr(expected, "year"):
        return abs((value - expected - off).total_seconds()) < MINUTE
    return value == expected
