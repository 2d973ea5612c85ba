"""The main job: prepare once, build what changed, publish what is sound, write the indexes.

Reports are published together once all are built, so that every link on a page leads to a page that is there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from analysis.reporting import ledger
from analysis.reporting.folders import HIDDEN
from analysis.reporting.index_state import stands
from analysis.reporting.locking import Held, lock
from analysis.reporting.navigation import Map, Place, make_map, navigation
from analysis.reporting.notebook import Notebook, title_and_question
from analysis.reporting.orders import Built, Order
from analysis.reporting.parameters import PROJECT, Suite
from analysis.reporting.plan import built_folder, make_plan, read_reports
from analysis.reporting.prepare import Prepared, prepare
from analysis.reporting.progress import Progress
from analysis.reporting.pruning import prune
from analysis.reporting.publish import built_facts, clear_unfinished, failed_file, keep_failure, publish
from analysis.reporting.readiness import check_kernel, check_writable
from analysis.reporting.room import check_room
from analysis.reporting.run_facts import note_run, run_facts
from analysis.reporting.run_record import is_current, read_entries, write_run
from analysis.reporting.steps import Steps

LOCK = "lock"
Choose = Callable[[Order], bool]
After = Callable[["Outcome"], None]


@dataclass(frozen=True)
class Outcome:
    """What a run left behind.

    Parameters
    ----------
    index : the page to open first
    period : the period that was rendered, by its name
    failed : reports that are not published, each as one line
    """

    index: Path
    period: str
    published: int
    unchanged: int
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Work:
    """The plan, split by what each report needs.

    Parameters
    ----------
    unchanged : published from the same inputs
    kept : built before, not yet published
    to_build : everything else
    """

    unchanged: tuple[Order, ...]
    kept: tuple[Order, ...]
    to_build: tuple[Order, ...]


def render(
    suite: Suite, *, steps: Steps, progress: Progress, force: bool = False, after: After = lambda _: None
) -> Outcome:
    """Render the suite's reports of one period; `after` is called with the outcome while the output folder is held.

    Raises
    ------
    UserFault : a mistake in parameters, mapping, data or notebooks; nothing is rendered then
    Locked : another run holds the output folder
    """
    notebooks = check_before(suite)
    with hold(suite, progress=progress) as held:
        outcome = render_period(suite, notebooks, held, steps=steps, progress=progress, force=force)
        after(outcome)
        return outcome


def check_before(suite: Suite) -> dict[str, Notebook]:
    """The notebooks of the suite's reports, once everything is there that a run needs.

    Raises
    ------
    UserFault : a mistake in notebooks or their values, no kernel, an output folder that takes nothing, a full disk
    """
    notebooks = read_reports(suite)
    check_kernel(notebooks)
    check_writable(suite.out)
    check_room(suite)
    return notebooks


@contextmanager
def hold(suite: Suite, *, progress: Progress) -> Iterator[Held]:
    """The output folder for one run alone, what an earlier one left unfinished being finished first.

    Raises
    ------
    Locked : another run holds it
    """
    with lock(suite.out / HIDDEN / LOCK) as held:
        if fault := ledger.check_whole(suite.out):
            progress.say(f"the ledger was damaged ({fault}); it is made anew from the published reports' records")
            ledger.rebuild(suite.out)
        for entry in clear_unfinished(suite.out, built_folder(suite)):
            progress.say(f"{entry.report} · {entry.business_unit} · {entry.period}: its publication is finished now")
        yield held


def render_period(
    suite: Suite, notebooks: Mapping[str, Notebook], held: Held, *, steps: Steps, progress: Progress,
    force: bool = False, choose: Choose = lambda _: True, command: str = "render",
) -> Outcome:  # fmt: skip
    """Render the suite's period while the output folder is held.

    Parameters
    ----------
    choose : whether an order of the plan is wanted at all
    command : whose run this is, for the ledger
    """
    started, clock = datetime.now(UTC), monotonic()
    prepared = prepare(suite, steps=steps, report_progress=progress.step)
    plan = [order for order in make_plan(suite, prepared, notebooks) if choose(order)]
    work = split(suite.out, plan, force=force)
    check_room(suite, read_entries(suite.out), reports=len(work.to_build))
    progress.begin(len(work.to_build), unchanged=len(work.unchanged), kept=len(work.kept))
    built = [*(Built(order, 0.0) for order in work.kept), *_build(suite, work.to_build, progress)]
    failed = _publish(suite, built, notebooks, progress, held)
    facts = run_facts(suite, prepared, started=started, seconds=monotonic() - clock)
    unwritten = _write_overview(suite, prepared, facts, reports=tuple(notebooks), anew=bool(built))
    index, period = suite.out / "index.html", prepared.period.name
    outcome = Outcome(index, period, len(built) - len(failed), len(work.unchanged), (*failed, *unwritten))
    note_run(suite, prepared, facts, outcome, command=command)
    prune(suite)
    return outcome


def _write_overview(
    suite: Suite, prepared: Prepared, facts: Mapping[str, Any], *, reports: tuple[str, ...], anew: bool
) -> list[str]:
    """The indexes, run.json and what was refused; a line when the output folder does not take them."""
    period = prepared.period.name
    try:
        if anew or not stands(suite.out, languages=suite.languages, reports=reports):
            from analysis.reporting.index import write_indexes

            write_indexes(suite.out, languages=suite.languages, reports=reports)
        if anew or not (suite.out / period / "run.json").is_file():
            from analysis.reporting.refused_list import write_refused

            write_run(suite.out, period, facts, read_entries(suite.out, period))
            write_refused(prepared.store, suite.out / period)
    except OSError as fault:
        return [f"index: cannot write into {suite.out}: {fault.strerror or fault}"]
    return []


def split(out: Path, plan: Sequence[Order], *, force: bool) -> Work:
    """What each report of the plan needs; everything is built anew when forced."""
    if force:
        return Work((), (), tuple(plan))
    unchanged, kept, to_build = [], [], []
    known = {(entry.period, entry.business_unit, entry.report): entry for entry in read_entries(out)} if plan else {}
    for order in plan:
        if is_current(out, known.get((order.period, order.business_unit, order.report)), order.key):
            unchanged.append(order)
        elif built_facts(order) is not None:
            kept.append(order)
        else:
            to_build.append(order)
    return Work(tuple(unchanged), tuple(kept), tuple(to_build))


def _build(suite: Suite, orders: Sequence[Order], progress: Progress) -> list[Built]:
    """Every order's outcome in the order of the plan; failures are told at once."""
    if not orders:
        return []
    done = {}
    for built in _outcomes(suite, orders, progress.started):
        done[built.order.folder] = built
        status = "failed" if built.failure else "built"
        reason = built.failure.told() if built.failure else ""
        progress.finished(
            built.order, status, seconds=built.seconds, reason=reason, notebook=_failed_path(suite, built)
        )
    return [done[order.folder] for order in orders]


def _outcomes(suite: Suite, orders: Sequence[Order], on_start: Callable[[Order], None]) -> Iterator[Built]:
    """The orders' outcomes as they come, from this machine's processes or from the cluster's."""
    if suite.cluster is not None:
        from analysis.reporting.cluster import build_on_cluster

        yield from build_on_cluster(orders, address=suite.cluster, on_start=on_start)
        return
    from analysis.reporting.kernel_parent import kernel_environment, nursery
    from analysis.reporting.workers import build_all

    workers = min(suite.workers, len(orders))
    environment = kernel_environment(orders[0].run, PROJECT)
    with nursery(environment, project=PROJECT) if len(orders) > 1 else nullcontext() as address:  # one alone gains none
        yield from build_all(orders, workers=workers, on_start=on_start, nursery=address)


def _publish(
    suite: Suite, built: Sequence[Built], notebooks: Mapping[str, Notebook], progress: Progress, held: Held
) -> list[str]:
    """Publish what is built, keep aside what failed; the failed ones as lines."""
    titles = {name: title_and_question(notebook.title_cell)[0] for name, notebook in notebooks.items()}
    known = _known(suite, [one.order for one in built if one.failure is None], titles)
    failed = []
    for one in built:
        failure = one.failure
        if failure is None:
            held.check()
            here = _place(one.order, titles)
            failure = publish(
                suite.out, one.order, links=partial(navigation, here, known), keep_versions=suite.keep.versions
            )
        if failure is None:
            progress.published(one.order)
        else:
            failed.append(f"{one.order.told()}: {failure.told()}")
            keep_failure(suite.out, replace(one, failure=failure), title=titles[one.order.report])
            if one.failure is None:
                progress.say(failed[-1])
    return failed


def _known(suite: Suite, orders: Sequence[Order], titles: Mapping[str, Any]) -> Map:
    """Every page that will be there when this run has published: those of earlier runs and its own."""
    places = [
        Place(e.period, e.business_unit, e.report, e.published.title, e.published.unit_name, e.published.languages)
        for e in read_entries(suite.out)
        if e.published
    ]
    places += [_place(order, titles) for order in orders]
    return make_map(places, reports=tuple(titles), languages=suite.languages)


def _place(order: Order, titles: Mapping[str, Any]) -> Place:
    return Place(
        order.period, order.business_unit, order.report, titles[order.report], order.unit_name, order.languages
    )


def _failed_path(suite: Suite, built: Built) -> str:
    return str(failed_file(suite.out, built.order)) if built.failure else ""
