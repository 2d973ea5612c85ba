"""The measurements that a run is made from: measured once per data, code and catalogue, kept, and found again.

For work by hand (`preview`, `check`, JupyterLab) a changed or new card is measured alone and put beside the rest as it
was measured whole before: minutes become seconds. What is published is always made of one whole measuring.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.metrics.cards import Catalogue
from analysis.metrics.kinds import Derived
from analysis.reporting import fingerprints
from analysis.reporting.steps import Steps
from analysis.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

CARDS, MISSING = "cards.json", "missing.json"
CODE = ("metrics", "statistics", "data_model", "store.py")
ONLY_CHANGED = "-changed"  # marks a folder whose cards were not all measured at once
WORTH_IT = 0.5  # of the cards; of more a whole measuring is the simpler thing

Whole = Callable[[Path], AbstractContextManager[Path]]


def measured_folder(
    root: Path,
    store: Store,
    read_catalogue: Callable[[], Mapping[str, Any]],
    *,
    own: Path | None,
    grain: Any,
    by_hand: bool,
    steps: Steps,
    whole: Whole,
    report_progress: Callable[..., None],
) -> Path:
    """The folder of the measurements, made if it is not there.

    Parameters
    ----------
    root : where measurements are kept, one folder each
    read_catalogue : the cards, which only a measuring needs
    own : the company's own catalogue
    by_hand : whether only what changed in the catalogue may be measured
    whole : gives a folder that appears under its name when it is filled
    """
    folder = root / _key(store, own, grain)
    if folder.is_dir():
        return folder
    part = folder.with_name(f"{folder.name}{ONLY_CHANGED}")
    if by_hand and part.is_dir():
        return part
    catalogue = read_catalogue()
    cards = {metric: fingerprints.of_values(repr(card)) for metric, card in catalogue.items()}
    rest = fingerprints.of_values(
        store.manifest["fingerprint"], grain, fingerprints.of_code(*CODE, "-metrics/catalogue"), fingerprints.versions()
    )
    base, changed = _base(root, rest, cards) if by_hand else (None, set())
    asked = _with_parts(changed, catalogue)
    if base is None or len(asked) > WORTH_IT * len(cards):
        report_progress(f"measuring every {grain}")
        with whole(folder) as work:
            steps.measure(store, catalogue, grain=grain, out=work)
            (work / CARDS).write_text(json.dumps({"rest": rest, "cards": cards}), encoding="utf-8")
        return folder
    report_progress(f"measuring every {grain}: {_told(asked)}; the others as last measured")
    with whole(part) as work:
        _add(base, work, store, catalogue, asked, grain=grain, measure=steps.measure)
    return part


def _key(store: Store, own: Path | None, grain: str) -> str:
    code, catalogue = fingerprints.of_code(*CODE), fingerprints.of_file(own) if own else ""
    return fingerprints.of_values(store.manifest["fingerprint"], grain, code, catalogue, fingerprints.versions())


def _base(root: Path, rest: str, cards: Mapping[str, str]) -> tuple[Path | None, set[str]]:
    """The whole measuring that differs in the fewest cards, and which differ."""
    found: list[tuple[int, Path, set[str]]] = []
    for file in sorted(root.glob(f"*/{CARDS}")):
        held = json.loads(file.read_text(encoding="utf-8"))
        if held["rest"] == rest:
            differ = {metric for metric, card in cards.items() if held["cards"].get(metric) != card}
            found.append((len(differ), file.parent, differ))
    return min(found, key=lambda each: each[0])[1:] if found else (None, set())


def _with_parts(changed: set[str], catalogue: Mapping[str, Any]) -> set[str]:
    """The changed cards, those that are made of one, and what each of these is made of."""
    made_of = {metric: set(card.how.of) for metric, card in catalogue.items() if _is_derived(card)}
    wanted = changed | {metric for metric, parts in made_of.items() if parts & changed}
    return wanted | {part for metric in wanted for part in made_of.get(metric, ())}


def _is_derived(card: Any) -> bool:
    return isinstance(getattr(card, "how", None), Derived)


def _add(
    base: Path, work: Path, store: Store, catalogue: Mapping[str, Any], asked: set[str], *, grain: Any, measure: Any
) -> None:
    """The measurements of the base without those of the cards asked for, and these, measured now."""
    from analysis.metrics.long_shape import CURVES, MEASUREMENTS, collect_rows, sort_rows

    fresh = work / "fresh"
    measure(
        store, Catalogue({metric: catalogue[metric] for metric in catalogue if metric in asked}), grain=grain, out=fresh
    )
    kept = [metric for metric in catalogue if metric not in asked]
    curves = [curve["name"] for metric in kept if (curve := getattr(catalogue[metric].how, "curve", None))]
    for name, schema, held in (("measurements", MEASUREMENTS, kept), ("curves", CURVES, curves)):
        file = f"{name}.parquet"
        collect_rows(work / file, _rows(base / file, fresh / file, schema, held), schema)
        sort_rows(work / file)
    lacking = [json.loads((folder / MISSING).read_text(encoding="utf-8")) for folder in (base, fresh)]
    missing = {metric: needs for metric, needs in lacking[0].items() if metric in kept} | lacking[1]
    (work / MISSING).write_text(json.dumps(missing, indent=1, sort_keys=True), encoding="utf-8")
    for left in fresh.iterdir():
        left.unlink()
    fresh.rmdir()


def _rows(base: Path, fresh: Path, schema: "pa.Schema", kept: list[str]) -> Iterator["pa.Table"]:
    import pyarrow as pa
    import pyarrow.dataset as ds

    yield ds.dataset(base).to_table(filter=ds.field("metric").isin(pa.array(kept, pa.string()))).cast(schema)
    yield ds.dataset(fresh).to_table().cast(schema)


def _told(asked: set[str]) -> str:
    first = sorted(asked)[:3]
    return ", ".join(first) + (f" and {len(asked) - 3} more" if len(asked) > 3 else "")
