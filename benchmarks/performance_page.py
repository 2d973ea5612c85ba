"""docs/performance.md from what the benchmarks found: each goal with its figure and whether it is met. It measures
nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.growth import growth
from benchmarks.performance_notes import ABOUT, COMMANDS, NOTES, PROFILES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
LANES = {
    "commands": "`papermill` + `jupyter nbconvert` per report",
    "api": "papermill's API and one reused exporter per worker",
    "suite": "the suite: `run_reports.py render`",
    "rerun": "the suite again, nothing changed",
    "floor": "the same cells, page and workbook as plain functions in one warm process",
}
TEN_MILLION = 10_000_000
RECKONED = {
    "ratio_to_commands_cpu": "reckoned_to_commands_cpu",
    "ratio_to_api_cpu": "reckoned_to_api_cpu",
    "ratio_to_floor_cpu": "reckoned_to_floor_cpu",
    "rerun_share_cpu": "reckoned_rerun_share_cpu",
}


@dataclass(frozen=True)
class Goal:
    """One line of the table.

    Parameters
    ----------
    name : of the figure, as in the benchmarks' JSON
    at_least, at_most : the goal; one of them
    """

    about: str
    name: str
    at_least: float | None = None
    at_most: float | None = None

    def said(self) -> str:
        """The goal as written: "≥ 5", "≤ 1.25" or "none"."""
        if self.at_most == 0:
            return "none"
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"

    def is_met(self, value: float) -> bool:
        """Whether a figure reaches the goal."""
        return value >= self.at_least if self.at_least is not None else value <= (self.at_most or 0.0)


GOALS = (
    Goal("CPU of the two commands per report ÷ the suite's", "ratio_to_commands_cpu", at_least=5),
    Goal("wall time of the two commands per report ÷ the suite's", "ratio_to_commands_wall", at_least=5),
    Goal("CPU of papermill's API loop ÷ the suite's", "ratio_to_api_cpu", at_least=2.5),
    Goal("the suite's CPU ÷ the floor's", "ratio_to_floor_cpu", at_most=1.25),
    Goal("CPU of the same run again ÷ the first's", "rerun_share_cpu", at_most=0.02),
    Goal("reports rendered again beside the corrected unit's and the company's", "rendered_beside", at_most=0),
    Goal("10 million orders: CPU of intake and measuring ÷ DuckDB's bare partitioned copy", "copy_10m", at_most=3),
    Goal("10 million orders: peak memory, MiB", "peak_10m", at_most=2048),
    Goal("50 million orders: peak memory, MiB", "peak_50m", at_most=4096),
    Goal("one report's wall time at 10 million orders ÷ at 1 million", "report_10m", at_most=1.5),
    Goal("memory of a worker and its kernel beyond the shared parent, MiB", "worker_and_kernel_mib", at_most=250),
    Goal("largest page, KB", "page_kilobytes_largest", at_most=300),
    Goal("making the page, median, ms CPU", "page_conversion_ms_median", at_most=50),
)


def joined(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The benchmarks' results as one: runs of throughput as they are, sizes of scale side by side."""
    sizes = [size for part in found for size in part.get("sizes", ())]
    return {
        "throughput": [part for part in found if "ratio_to_commands_cpu" in part],
        "sizes": growth(sizes) if sizes else [],
        "correction": next((part for part in found if "rendered_again" in part), None),
        "machines": [part["machine"] for part in found if "machine" in part],
    }


def figures(found: Mapping[str, Any]) -> dict[str, float]:
    """Name of a goal's figure → the figure; of throughput the run of most reports counts."""
    told: dict[str, float] = {}
    if found["throughput"]:
        largest = max(found["throughput"], key=lambda part: part["reports"])
        told |= {name: value for name, value in largest.items() if isinstance(value, int | float)}
    if found["correction"] is not None:
        told["rendered_beside"] = 0 if found["correction"]["only_unit_and_company"] else 1
    sizes = {size["orders"]: size for size in found["sizes"]}
    if ten := sizes.get(TEN_MILLION):
        told |= {"copy_10m": ten["ratio_to_copy_cpu"], "peak_10m": ten["peak_mib"]}
        if TEN_MILLION // 10 in sizes:
            told["report_10m"] = ten["report_ratio_wall"]
    if fifty := sizes.get(5 * TEN_MILLION):
        told["peak_50m"] = fifty["peak_mib"]
    return told


def page(found: Mapping[str, Any]) -> str:
    """The page."""
    parts = [ABOUT, _goals(figures(found)), *(_lanes(part) for part in found["throughput"])]
    if found["sizes"]:
        parts.append(_sizes(found["sizes"]))
    if found["correction"] is not None:
        parts.append(_correction(found["correction"]))
    return "\n".join([*parts, PROFILES, _machines(found["machines"]), COMMANDS])


def _goals(told: Mapping[str, float]) -> str:
    lines = ["## Goals", "", "| what | goal | measured | |", "|---|---|---|---|"]
    for goal in GOALS:
        value = told.get(goal.name)
        if value is None:
            lines.append(f"| {goal.about} | {goal.said()} | not measured | {NOTES.get(goal.name, '')} |")
            continue
        lines.append(f"| {goal.about} | {goal.said()} | {value:g} | {_verdict(goal, value, told)} |")
    return "\n".join([*lines, ""])


def _verdict(goal: Goal, value: float, told: Mapping[str, float]) -> str:
    """Met as measured; else missed, with what is reckoned for a whole run beside, and the reason."""
    if goal.is_met(value):
        return "met"
    reckoned = told.get(RECKONED.get(goal.name, ""))
    whole = ""
    if reckoned is not None:
        verdict = "within the goal if that line holds" if goal.is_met(reckoned) else "beyond the goal too"
        whole = f" in a run of {told['reports']:g}; reckoned for all {told['all_reports']:g}: {reckoned:g}, {verdict}"
    return f"**missed**{whole}. {NOTES.get(goal.name, 'See the profiles below.')}"


def _lanes(found: Mapping[str, Any]) -> str:
    lines = [
        f"## {found['reports']} reports, {found['workers']} workers",
        "",
        f"{found['figures']} figures in every lane. The floor is one process and its imports are not counted."
        + ("" if found.get("goes", 1) == 1 else f" Measured in {found['goes']} goes, at different loads."),
        "",
        "| lane | CPU s | CPU s per report | wall s |",
        "|---|---|---|---|",
    ]
    for lane, about in LANES.items():
        cost = found["lanes"][lane]
        each = cost["cpu"] / found["reports"]
        lines.append(f"| {about} | {cost['cpu']:.1f} | {each:.2f} | {cost['wall']:.1f} |")
    names = [name for name in found if name.startswith(("ratio_", "rerun_", "page_", "worker_", "kernel_"))]
    told = ", ".join(f"`{name}` {found[name]:g}" for name in names)
    return "\n".join([*lines, "", f"{told}.", "", *_whole_run(found)])


def _whole_run(found: Mapping[str, Any]) -> list[str]:
    if "all_reports" not in found:
        return []
    told = (
        f"Of the suite's CPU {found['suite_start_cpu']:g} s are its start (imports, the parent of the kernels, plan, "
        f"index) and {found['suite_report_cpu']:g} s each report: the same reports rendered again unit by unit begin "
        f"once for each unit. The other lanes take for each report what they take. Reckoned so, not measured, a run of "
        f"all {found['all_reports']} reports stands at {found['reckoned_to_commands_cpu']:g} × the commands, "
        f"{found['reckoned_to_api_cpu']:g} × the API, {found['reckoned_to_floor_cpu']:g} × the floor, and its rerun at "
        f"{100 * found['reckoned_rerun_share_cpu']:.1f} % of its CPU."
    )
    return [told, ""]


def _sizes(sizes: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "## By the number of work orders",
        "",
        "| orders | CSV MB | intake + measuring ÷ copy (CPU) | of it intake | peak MiB | copy's peak MiB | "
        "one report: CPU s | wall s | wall ÷ smallest |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {size['orders']:,} | {size['csv_megabytes']:,} | {size['ratio_to_copy_cpu']:g} | "
        f"{size['intake_to_copy_cpu']:g} | {size['peak_mib']:,} | {size['copy_peak_mib']:,} | {size['report_cpu']:g} | "
        f"{size['report_wall']:g} | {size['report_ratio_wall']:g} |"
        for size in sizes
    ]
    return "\n".join([*lines, ""])


def _correction(found: Mapping[str, Any]) -> str:
    units = " and ".join(f"`{unit}`" for unit in found["of_units"])
    return "\n".join(
        [
            "## One late correction",
            "",
            f"One work order of `{found['corrected_unit']}` completed a minute later: of one report per unit "
            f"{found['rendered_again']} are rendered again, those of {units}; {found['left_as_they_are']} are left.",
            "",
        ]
    )


def _machines(machines: Sequence[Mapping[str, Any]]) -> str:
    if not machines:
        return ""
    first = machines[0]
    days = sorted({str(one["measured_on"]) for one in machines})
    loads = ", ".join(str(one["load_after"]) for one in machines)
    return "\n".join(
        [
            "## Machine",
            "",
            f"{first['cores']} cores of {first['processor']}, {first['memory_gib']} GiB, {first['system']}, Python "
            f"{first['python']}, {first['packages']}. Measured on {' and '.join(days)}; load at the end of each "
            f"benchmark: {loads}.",
            "",
        ]
    )
