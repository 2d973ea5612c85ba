"""What is done once for all reports: source → store → measurements → signals, each step skipped when nothing changed.

Leaves the run's folder, which is all that a notebook sees besides the store. It runs no notebook. Nothing is imported
or read that only a changed source needs: a run that finds nothing to do takes hardly longer than its look at the files.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.faults import UserFault
from analysis.metrics.people import FEWEST_PEOPLE
from analysis.metrics.scorecard import parse_scorecard
from analysis.presentation.language import Text
from analysis.reporting import fingerprints
from analysis.reporting.inputs import inputs_by_unit
from analysis.reporting.measured import measured_folder
from analysis.reporting.parameters import Suite, read_yaml
from analysis.reporting.partial import remarks, whole_until
from analysis.reporting.periods import Period, read_period, resolve
from analysis.reporting.pruning import touch
from analysis.reporting.reach import shortfall
from analysis.reporting.steps import Steps, context_tables
from analysis.store import Store

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "after-sales-run/1"
RUN_FILE = "run_data.json"
MEASUREMENTS = "measurements.parquet"
ROWS_TOGETHER = 8192  # measurements stand by unit: a report skips most of them
SCORECARD = "scorecard.yml"
PARTIAL = "partial"  # in the run's facts: the notice calls the data partial, and so no header calls the period complete
Tell = Callable[..., None]


@dataclass(frozen=True)
class Prepared:
    """What the reports of one period are made from.

    Parameters
    ----------
    folder : the run's folder, which kernels find in AFTER_SALES_RUN; not there where nothing was made (`look_ahead`)
    inputs : business unit → fingerprint of its own records; "all" for every record
    own_catalogue : params/metrics.yml, where the company has one
    scorecard : params/scorecard.yml, where the company has one
    fewest_people : figures about fewer people than that are hidden
    remarks : what every page of the period says above its figures
    """

    folder: Path
    store: Store
    period: Period
    inputs: Mapping[str, str]
    own_catalogue: Path | None
    scorecard: Path | None = None
    fewest_people: int = FEWEST_PEOPLE
    remarks: tuple[Text, ...] = ()

    @property
    def data(self) -> str:
        """The fingerprint of all records."""
        return str(self.store.manifest["fingerprint"])


def prepare(suite: Suite, *, steps: Steps, report_progress: Tell) -> Prepared:
    """Bring store, measurements and signals up to date for the suite's period.

    Raises
    ------
    UserFault : for data, a mapping, a catalogue or a period that cannot be used
    """
    found = _look(suite, steps=steps, report_progress=report_progress)
    return replace(found, folder=_make_run(suite, found, steps=steps, report_progress=report_progress))


def look_ahead(suite: Suite, *, steps: Steps, report_progress: Tell) -> Prepared:
    """What `prepare` would give, with nothing measured or judged and without its folder: enough to say which reports
    are made from something new.

    Raises
    ------
    UserFault : as of `prepare`
    """
    found = _look(suite, steps=steps, report_progress=report_progress)
    _catalogue(steps, found)()
    return found


def _look(suite: Suite, *, steps: Steps, report_progress: Tell) -> Prepared:
    store = take_in(suite, steps=steps, report_progress=report_progress)
    if suite.partial:
        store = whole_until(store, read_period(suite.period).end)
    period = _period(suite, store)
    if suite.partial_data == "stop" and (why := shortfall(store.manifest, period, calendar=suite.calendar)):
        raise UserFault(f"data: {why}; wait for the rest, or allow a banner with partial_data in suite.yml")
    own, scorecard = (_there(suite.params / name) for name in ("metrics.yml", SCORECARD))
    _read_scorecard(scorecard)
    said = remarks(store.manifest, period, calendar=suite.calendar)
    inputs = inputs_by_unit(store, suite.store)
    nowhere = suite.store / "run" / "not made"
    return Prepared(nowhere, store, period, inputs, own, scorecard, suite.fewest_people, said)


def _make_run(suite: Suite, found: Prepared, *, steps: Steps, report_progress: Tell) -> Path:
    """The run's folder, measured and judged where it is not there yet."""
    store, period, own, people = found.store, found.period, found.own_catalogue, found.fewest_people
    weights, read_catalogue = _read_scorecard(found.scorecard), _catalogue(steps, found)
    measured = [
        measured_folder(
            suite.store / "measured", store, read_catalogue, own=own, grain=grain, by_hand=suite.by_hand, steps=steps,
            whole=_whole, report_progress=report_progress,
        )
        for grain in dict.fromkeys(("month", period.grain))
    ]  # fmt: skip
    code = fingerprints.of_code("signals", "statistics", "metrics", "data_model", "store.py")
    made_from = [folder.name for folder in measured]
    whole = (PARTIAL,) if found.remarks else ()
    key = fingerprints.of_values(
        made_from, period.name, code, suite.languages, weights, people, ROWS_TOGETHER, fingerprints.versions(), *whole
    )
    folder = suite.store / "run" / key
    if not (folder / RUN_FILE).is_file():
        from analysis.metrics.small_cells import hide_small_cells

        report_progress(f"signals of {period.name}")
        catalogue = read_catalogue()
        evaluate = partial(steps.evaluate, catalogue=catalogue, grain=period.grain, period=period.name)
        hide = partial(hide_small_cells, catalogue=catalogue, fewest=people)
        with _whole(folder) as work:
            _write_tables(work, measured, hide=hide, evaluate=partial(evaluate, **context_tables(store)))
            _write_json(work / "definitions.json", {name: _definition(card) for name, card in catalogue.items()})
            _write_json(work / "scorecard.json", weights)
            _write_json(work / RUN_FILE, _facts(suite, store, period, code=code, own=own) | dict.fromkeys(whole, True))
    touch(store.path, folder, *measured)
    _point_to(suite.store / "current.json", folder)
    return folder


def take_in(suite: Suite, *, steps: Steps, report_progress: Tell) -> Store:
    """The validated records of the source; of the sample business, written on first use, where none is named."""
    source, mapping = suite.data, suite.mapping
    if source is None:
        folder = suite.store / "sample" / fingerprints.of_code("sample", "data_model")
        if not folder.is_dir():
            report_progress("the sample business")
            with _whole(folder) as work:
                steps.write_sample(work)
        source, mapping = str(folder), None
    report_progress("reading and validating the data")
    detail = partial(report_progress, detail=True)
    return steps.intake(source, mapping=mapping, params=suite.params, store_root=suite.store, report_progress=detail)


def _there(file: Path) -> Path | None:
    return file if file.is_file() else None


def _read_scorecard(file: Path | None) -> dict[str, Any] | None:
    """What the company's scorecard holds, as plain values that have been checked; None without one."""
    if file is None:
        return None
    content = read_yaml(file)
    parse_scorecard(content, file=file.name)
    return content


def _catalogue(steps: Steps, found: Prepared) -> Callable[[], Mapping[str, Any]]:
    """The cards when they are asked for, the company's own checked: what was measured before was checked then."""

    @cache
    def read() -> Mapping[str, Any]:
        catalogue = steps.read_catalogue(found.own_catalogue, currency=found.store.manifest.get("currency"))
        if found.own_catalogue is not None:
            from analysis.reporting.own_metrics import check_own

            check_own(catalogue)
        return catalogue

    return read


def _period(suite: Suite, store: Store) -> Period:
    cutoff, first = store.manifest["data_cutoff_at"], store.manifest.get("first_event_at")
    first_event = datetime.fromisoformat(first) if first else None
    return resolve(suite.period, cutoff=datetime.fromisoformat(cutoff), first_event=first_event)


def _write_tables(
    work: Path,
    measured: Sequence[Path],
    *,
    hide: "Callable[[pd.DataFrame], pd.DataFrame]",
    evaluate: Callable[..., Any],
) -> None:
    """The run's tables: measurements of every grain without those about too few people, curves and gaps of the period's
    own grain, the signals."""
    import pandas as pd

    everything = pd.concat([pd.read_parquet(folder / MEASUREMENTS) for folder in measured], ignore_index=True)
    measurements = hide(everything)
    measurements.to_parquet(work / MEASUREMENTS, index=False, row_group_size=ROWS_TOGETHER)
    for name in ("curves.parquet", "missing.json"):
        _link(measured[-1] / name, work / name)
    signals = evaluate(measurements)
    signals.kpis.to_parquet(work / "kpis.parquet", index=False)
    signals.adjusted.to_parquet(work / "adjusted.parquet", index=False)
    _write_json(work / "findings.json", plain(signals.findings))
    _write_json(work / "measures.json", plain(signals.measures))


def _facts(suite: Suite, store: Store, period: Period, *, code: str, own: Path | None) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "store": str(store.path.resolve()),
        "grain": period.grain,
        "period": period.name,
        "code": code,
        "data": store.manifest["fingerprint"],
        "parameters": {"data": suite.data, "mapping": suite.mapping.stem if suite.mapping else None},
        "catalogue_own": str(own.resolve()) if own else None,
        "languages": list(suite.languages),
        "fewest_people": suite.fewest_people,
        "prepared_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def plain(value: Any) -> Any:
    """A value as strict JSON has it: no NaN, numpy's scalars as Python's, moments as text."""
    import pandas as pd

    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if (
        value is None
        or value is pd.NaT
        or value is pd.NA
        or (isinstance(value, float) and not abs(value) < float("inf"))
    ):
        return None
    return value if isinstance(value, str | int | float | bool) else str(value)


def _definition(card: Any) -> dict[str, Any]:
    names = ("number", "name", "unit", "better", "definition", "why", "caveats", "source", "reviewed_on")
    return {name: plain(getattr(card, name)) for name in names if hasattr(card, name)}


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A folder that appears under its name only when the body has filled it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield work
        shutil.rmtree(folder, ignore_errors=True)
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _point_to(file: Path, folder: Path) -> None:
    """Say which run is the newest, for notebooks that are run by hand."""
    content = json.dumps({"run": str(folder.resolve())})
    if not file.is_file() or file.read_text(encoding="utf-8") != content:
        work = file.with_suffix(".new")
        work.write_text(content, encoding="utf-8")
        os.replace(work, file)


def _write_json(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")
