"""What a run renders: every report of every unit for one period, the company first. It starts nothing."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from analysis.data_model import ALL_UNITS
from analysis.faults import UserFault, did_you_mean
from analysis.presentation.language import Text
from analysis.presentation.masking import mask_text
from analysis.reporting import fingerprints
from analysis.reporting.folders import unit_folder
from analysis.reporting.notebook import Notebook, read_notebooks, source_of, tags_of
from analysis.reporting.orders import Order
from analysis.reporting.parameters import Suite
from analysis.reporting.prepare import Prepared

_SECRET = re.compile(r"passw|secret|token|api_?key|credential", re.IGNORECASE)
COMPANY_NAME: Text = {"en": "Whole company", "zh": "全公司"}


def read_reports(suite: Suite) -> dict[str, Notebook]:
    """The notebooks of the suite's reports, and proof that they take the values that the suite has for them.

    Raises
    ------
    UserFault : one line per unknown report, unreadable notebook, and value that a notebook does not take
    """
    notebooks = read_notebooks(suite.notebooks, suite.reports)
    faults = _value_faults(suite, notebooks)
    if faults:
        raise UserFault(faults)
    return notebooks


def make_plan(suite: Suite, prepared: Prepared, notebooks: Mapping[str, Notebook]) -> list[Order]:
    """One order per report and unit, the company's first.

    Raises
    ------
    UserFault : for an unknown unit with the nearest ones, and for units whose folders would be one
    """
    names = unit_names(prepared.store.manifest)
    units = choose_units(suite.business_units, names)
    faults = _same_folder(names)
    if faults:
        raise UserFault(faults)
    return [_order(suite, prepared, notebook, unit, names[unit]) for unit in units for notebook in notebooks.values()]


def built_folder(suite: Suite) -> Path:
    """Where built reports wait to be published: one place per output folder, so that no run takes another's."""
    return suite.store / "built" / fingerprints.of_values(str(suite.out))


def unit_names(manifest: Mapping[str, Any]) -> dict[str, Text]:
    """Unit → its name in every language, the company first, then the units that have records, by id."""
    described = {}
    for entry in manifest["business_units"]:
        if any(entry["rows"].values()):
            unit, name = entry["business_unit"], entry.get("name") or {}
            described[unit] = {
                language: mask_text(name.get(language) or name.get("en") or unit, language) for language in COMPANY_NAME
            }
    return {ALL_UNITS: COMPANY_NAME, **{unit: described[unit] for unit in sorted(described)}}


def choose_units(asked: Iterable[str], names: Mapping[str, Text]) -> list[str]:
    """The units asked for by id or by name in any language, in the order of `names`; all of them when none is asked.

    Raises
    ------
    UserFault : one line per unknown unit, with the nearest names
    """
    spoken = {unit.casefold(): unit for unit in names}
    for unit, name in names.items():
        for text in name.values():
            spoken.setdefault(text.casefold(), unit)
    wanted = list(asked)
    known = [*names, *(text for name in names.values() for text in name.values())]
    faults = [
        f"business_unit: no records of {unit!r}{did_you_mean(unit, known)}"
        for unit in wanted
        if unit.casefold() not in spoken
    ]
    if faults:
        raise UserFault(faults)
    chosen = {spoken[unit.casefold()] for unit in wanted}
    return [unit for unit in names if not wanted or unit in chosen]


def _order(suite: Suite, prepared: Prepared, notebook: Notebook, unit: str, name: Text) -> Order:
    values = {
        "business_unit": unit,
        "period": prepared.period.name,
        "language": ",".join(suite.languages),
        **suite.parameters.get(notebook.name, {}),
    }
    key = report_key(prepared, notebook, unit, values)
    return Order(
        report=notebook.name,
        business_unit=unit,
        unit_name=name,
        period=prepared.period.name,
        languages=suite.languages,
        notebook=notebook.path,
        values=values,
        run=prepared.folder,
        folder=built_folder(suite) / key,
        limits=suite.limits,
        inputs={"data": prepared.inputs[unit], "code": report_code(notebook.name), "parameters": values, "key": key},
        remarks=prepared.remarks,
    )


def report_key(prepared: Prepared, notebook: Notebook, unit: str, values: Mapping[str, object]) -> str:
    """The hash of all that can change a report: the cells a run knows, code, values, the unit's records, versions."""
    return fingerprints.of_values(
        [[cell["cell_type"], source_of(cell), tags_of(cell)] for cell in notebook.run_cells],
        report_code(notebook.name),
        prepared.period.name,
        dict(values),
        prepared.inputs[unit],
        prepared.fewest_people,
        *(fingerprints.of_file(file) if file else "" for file in (prepared.own_catalogue, prepared.scorecard)),
        fingerprints.versions(),
    )


@cache
def report_code(report: str) -> str:
    """Fingerprint of the code a report is made by: its own area, never another's, and what all reports share."""
    shared = ("", "-sample", "-intake", "-areas", "-reporting")
    pages = (
        "reporting/page.py",
        "reporting/sanitizing.py",
        "reporting/gates.py",
        "reporting/workbook.py",
        "reporting/workbook_cells.py",
        "reporting/build.py",
    )
    area = (f"areas/{report}.py", f"areas/{report}", "reporting/templates")
    return fingerprints.of_values(fingerprints.of_code(*shared), fingerprints.of_code(*pages, *area))


def _same_folder(names: Mapping[str, Text]) -> list[str]:
    """Units that a file system without upper and lower case would put into one folder."""
    taken: dict[str, str] = {}
    faults = []
    for unit in names:
        folder = unit_folder(unit).casefold()
        if folder in taken:
            faults.append(f"business_unit: {taken[folder]!r} and {unit!r} differ only in case; map them to one id")
        taken[folder] = unit
    return faults


def _value_faults(suite: Suite, notebooks: Mapping[str, Notebook]) -> list[str]:
    known = {path.stem for path in suite.notebooks.glob("*.ipynb")}
    faults = [
        f"parameters: no report {name!r}{did_you_mean(name, known)}" for name in suite.parameters if name not in known
    ]
    for name, values in suite.parameters.items():
        faults += [
            f"parameters: {name}: {key!r} looks like a secret; keep it in the environment"
            for key in values
            if _SECRET.search(key)
        ]
        if name in notebooks:
            faults += [
                f"parameters: {name}: {key} is set by the run itself"
                for key in ("business_unit", "period", "language")
                if key in values
            ]
            faults += notebooks[name].faults(values)
    return faults
