"""After a change of the catalogue only what changed is measured, for work by hand: figures as of a whole measuring."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from analysis.intake import intake
from analysis.metrics.cards import Catalogue, read_catalogue
from analysis.metrics.measure import measure
from analysis.reporting.measured import measured_folder
from analysis.store import Store

CARDS = ("orders_submitted", "orders_completed", "clearance_ratio", "repair_cycle_median", "cancellation_rate",
         "escalation_rate", "visits_per_order", "nps", "backlog", "reopen_rate")  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Sixty orders of two units in half a year."""
    folder = tmp_path_factory.mktemp("drawn")
    source = folder / "source"
    source.mkdir()
    begin = pd.Timestamp("2026-01-01 08:00") + pd.to_timedelta(range(0, 180, 3), unit="D")
    orders = pd.DataFrame({
        "work_order_id": [f"W{n}" for n in range(60)], "business_unit": ["U01", "U02"] * 30, "submitted_at": begin,
        "completed_at": [at + pd.Timedelta(days=n % 9) for n, at in enumerate(begin)], "status": "completed",
        "work_order_type": "repair", "priority": ["low", "high", "urgent"] * 20, "visits": [1, 2, 1] * 20,
        "escalated": [False, True, False, False] * 15,
    })  # fmt: skip
    orders.to_csv(source / "work_orders.csv", index=False)
    return intake(str(source), mapping=None, params=folder, store_root=folder / "store")


@pytest.fixture
def made(store: Store, tmp_path: Path) -> SimpleNamespace:
    """`made.of(catalogue, by_hand=…)`: its folder; `made.asked` the cards of each measuring."""
    asked: list[set[str]] = []

    def count(store: Store, catalogue: Catalogue, **given: Any) -> None:
        asked.append(set(catalogue))
        measure(store, catalogue, **given)

    def of(catalogue: Catalogue, *, by_hand: bool) -> Path:
        own = tmp_path / "metrics.yml"
        own.write_text(repr(catalogue), encoding="utf-8")  # the key of a folder knows a catalogue by its file
        return measured_folder(
            tmp_path / "measured", store, lambda: catalogue, own=own, grain="month", by_hand=by_hand,
            steps=SimpleNamespace(measure=count), whole=whole, report_progress=lambda *_, **__: None,
        )  # fmt: skip

    return SimpleNamespace(of=of, asked=asked, folder=tmp_path)


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True)
    yield folder


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    known = read_catalogue()
    return Catalogue(
        {metric: known[metric] for metric in CARDS} | {p: known[p] for p in known["clearance_ratio"].how.of}
    )


def changed(catalogue: Catalogue, metric: str, where: str) -> Catalogue:
    card = catalogue[metric]
    return Catalogue({**catalogue, metric: replace(card, how=replace(card.how, where=where))})


def frames(folder: Path) -> list[pd.DataFrame]:
    return [pd.read_parquet(folder / f"{name}.parquet") for name in ("measurements", "curves")]


@pytest.mark.parametrize("metric", ["escalation_rate", "orders_completed", "repair_cycle_median"])
def test_what_changed_is_measured_alone_and_gives_what_a_whole_measuring_gives(
    metric: str, made: SimpleNamespace, catalogue: Catalogue
):
    made.of(catalogue, by_hand=False)
    other = changed(catalogue, metric, "work_order_type = 'repair' AND priority <> 'low'")
    part = made.of(other, by_hand=True)
    assert metric in made.asked[1] < made.asked[0]
    assert ("clearance_ratio" in made.asked[1]) == (metric in catalogue["clearance_ratio"].how.of)
    assert made.of(other, by_hand=True) == part
    assert len(made.asked) == 2, "found again"
    rest = made.of(other, by_hand=False)
    assert made.asked[2] == made.asked[0]
    assert rest != part
    for here, there in zip(frames(part), frames(rest), strict=True):
        pd.testing.assert_frame_equal(here, there, check_exact=True)
    assert (part / "missing.json").read_text() == (rest / "missing.json").read_text()
    assert made.of(other, by_hand=True) == rest, "once there is a whole one, it is the one"


def test_a_card_that_is_new_or_gone_is_added_or_left_out(made: SimpleNamespace, catalogue: Catalogue):
    fewer = Catalogue({metric: card for metric, card in catalogue.items() if metric != "visits_per_order"})
    made.of(fewer, by_hand=False)
    part = made.of(catalogue, by_hand=True)
    assert made.asked[1] == {"visits_per_order"}
    assert "visits_per_order" in set(frames(part)[0]["metric"])
    without = Catalogue({metric: card for metric, card in fewer.items() if metric != "backlog"})
    assert "backlog" not in set(frames(made.of(without, by_hand=True))[0]["metric"])


def test_without_a_whole_measuring_or_when_most_changed_all_is_measured(made: SimpleNamespace, catalogue: Catalogue):
    made.of(catalogue, by_hand=True)
    assert made.asked == [set(catalogue)]
    shutil.rmtree(made.folder / "measured")
    made.of(Catalogue({metric: catalogue[metric] for metric in ("nps", "backlog")}), by_hand=False)
    made.of(catalogue, by_hand=True)
    assert made.asked[-1] == set(catalogue)
