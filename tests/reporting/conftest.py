"""A tiny project: a store of three units made by hand, steps that measure nothing, notebooks that show fixed blocks."""

import hashlib
import json
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.data_model import read_tables
from analysis.reporting.due import Due, due
from analysis.reporting.failures import Failure
from analysis.reporting.look import NAVIGATION, NOTICES
from analysis.reporting.orders import Built, Order
from analysis.reporting.parameters import Limits, Suite
from analysis.reporting.plan import built_folder
from analysis.reporting.progress import Progress
from analysis.reporting.schedule_settings import parse_schedule
from analysis.reporting.steps import Steps
from analysis.store import Store

UNITS = {"U01": ("East", "华东"), "U02": ("South <b>&", "华南"), "../../x": ("Far", "远方")}
PARAMETERS = 'business_unit: str = "all"\nperiod: str = "last"\nlanguage: str = "en"\n'
RECORD = """
record = {
    "schema": "after-sales-report/1", "report": REPORT, "business_unit": business_unit, "period": period,
    "data_cutoff_at": "2026-07-05T23:59:59",
    "headline": {"en": "Repairs take 2.3 days", "zh": "维修需2.3天"},
    "kpis": [
        {"metric": "repair_cycle_median", "value": 2.31, "n": 412, "unit": "d", "signal": "worsening", "card": True},
        {"metric": "nps", "value": None, "n": 0, "unit": "score", "signal": "insufficient", "reason": "no records"},
    ],
    "findings": [], "data_quality": [], "missing": [],
}
rows = [["repair", 1.25, "2026-06-01", "=cmd|' /C calc'!A0"], ["dispatch", None, "2026-06-02", "+1"]]
tables = {"stages": {"columns": ["stage", "days", "since", "note"], "rows": rows}}
display({"application/vnd.after-sales.record+json": {"record": record, "tables": tables}}, raw=True)
"""
HEADER = """
html = {"en": "<header><h1>Repairs take 2.3 days</h1></header>", "zh": "<header><h1>维修需2.3天</h1></header>"}
display({"application/vnd.after-sales.block+json": {"kind": "header", "html": html}}, raw=True)
"""


def write_notebook(folder: Path, name: str, *cells: str, parameters: str = PARAMETERS, closing: bool = True) -> Path:
    """A notebook of the given code cells between its parameters and its record."""
    code = [HEADER, *cells, *([f'REPORT = "{name}"\n{RECORD}'] if closing else [])]
    content = {
        "cells": [
            _cell("markdown", f"# {name.title()}\n\nWhat is {name}?"),
            _cell("code", parameters, tags=["parameters"]),
            *(_cell("code", source.strip()) for source in code),
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for number, cell in enumerate(content["cells"]):
        cell["id"] = f"cell-{number}"
    (folder / f"{name}.ipynb").write_text(json.dumps(content), encoding="utf-8")
    return folder / f"{name}.ipynb"


def _cell(kind: str, source: str, tags: list[str] | None = None) -> dict:
    cell = {"cell_type": kind, "metadata": {"tags": tags} if tags else {}, "source": source}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def write_store(folder: Path, *, fingerprint: str = "f1", late: int = 0) -> Store:
    """A store of work orders, two per unit; `late` corrects one order of U01."""
    table = read_tables()["work_orders"]
    for number, unit in enumerate(UNITS):
        columns = {column.name: pa.nulls(2) for column in table.stored if column.name != "business_unit"}
        columns["work_order_id"] = pa.array([f"W{number}1", f"W{number}2" + ("x" * late if unit == "U01" else "")])
        part = folder / "tables" / "work_orders" / f"business_unit={unit.replace('/', '%2F')}"
        part.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), part / "data.parquet")
    units = [
        {
            "business_unit": unit,
            "name": {"en": en, "zh": zh},
            "region": None,
            "described": True,
            "rows": {"work_orders": 2},
        }
        for unit, (en, zh) in UNITS.items()
    ]
    counts = {
        "columns": ["work_order_id", "business_unit"],
        "read": 6,
        "rows": 6,
        "quarantined": 0,
        "reasons": {},
        "by_unit": {},
    }
    manifest = {
        "schema": "after-sales-store/1", "fingerprint": fingerprint, "data_cutoff_at": "2026-07-05T23:59:59",
        "cutoff_from": "meta", "timezone": "Asia/Shanghai", "currency": "CNY",
        "first_event_at": "2024-01-02T08:00:00", "business_units": units,
        "tables": {"work_orders": counts}, "sources": [], "notes": [],
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return Store(folder)


def make_steps(store: Store, calls: list[str] | None = None) -> Steps:
    """Steps that hand out the store and empty tables, and note that they were called."""
    noted = [] if calls is None else calls

    def measure(store: Store, catalogue: object, *, grain: str, out: Path) -> None:
        noted.append(f"measure {grain}")
        pd.DataFrame({"metric": ["m"], "grain": [grain], "breakdown": [""]}).to_parquet(out / "measurements.parquet")
        pd.DataFrame({"metric": ["m"]}).to_parquet(out / "curves.parquet")
        (out / "missing.json").write_text("{}")

    def evaluate(measurements: pd.DataFrame, catalogue: object, **context: object) -> SimpleNamespace:
        noted.append(f"evaluate {context['period']}")
        frame = pd.DataFrame({"metric": ["m"]})
        findings = [{"kind": "trend", "values": {"x": float("nan")}}]
        return SimpleNamespace(kpis=frame, adjusted=frame, findings=findings, measures=[])

    texts = {"name": {"en": "Median", "zh": "中位数"}, "definition": {"en": "half are faster", "zh": "一半更快"}}
    card = SimpleNamespace(unit="d", better="lower", **texts)
    return Steps(
        intake=lambda source, **_: noted.append("intake") or store,
        write_sample=lambda out, **_: noted.append("sample") or (out / "x.csv").write_text("a\n1\n"),
        read_catalogue=lambda own, **_: {"repair_cycle_median": card},
        check_catalogue=lambda catalogue: None,
        measure=measure,
        evaluate=evaluate,
    )


class Silent(Progress):
    """Progress that keeps what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def step(self, what: str, *, detail: bool = False) -> None:
        self.lines.append(what)

    def say(self, line: str) -> None:
        self.lines.append(line)

    def begin(self, total: int, *, unchanged: int, kept: int = 0) -> None:
        self.total = total


def make_suite(folder: Path, **changed: object) -> Suite:
    """Settings of a project in `folder`."""
    (folder / "params").mkdir(parents=True, exist_ok=True)
    given = {
        "params": folder / "params", "data": str(folder), "notebooks": folder / "notebooks", "out": folder / "out",
        "store": folder / "store", "workers": 2, "limits": Limits(cell_seconds=60, report_seconds=120),
    }  # fmt: skip
    return Suite(**{**given, **changed})


PAGE = "<html><body><header>{navigation}</header><main>{notices}<h1>{value} days</h1></main>{link}</body></html>"


def write_built(
    suite: Suite, report: str = "cycle", unit: str = "U01", *, value: float = 2.31, period: str = "2026-06",
    key: str | None = None, remarks: tuple = (),
) -> Order:  # fmt: skip
    """A built report without a kernel: its folder as `build` leaves it, its one figure as given."""
    languages = ("en", "zh")
    folder = built_folder(suite) / (key or f"{report}-{unit}-{period}-{value}".replace("/", "-"))
    run = suite.store / "run" / "made"
    for made in (folder, run):
        made.mkdir(parents=True, exist_ok=True)
    cards = {"repair_cycle_median": {"name": {"en": "Median", "zh": "中位数"}, "unit": "d"}}
    (run / "definitions.json").write_text(json.dumps(cards))
    kpis = [{"metric": "repair_cycle_median", "value": value, "n": 412, "unit": "d", "card": True}]
    facts = {
        "schema": "after-sales-report/1", "report": report, "business_unit": unit, "period": period, "kpis": kpis,
        "findings": [], "missing": [], "headline": {"en": "Repairs", "zh": "维修"}, "data_cutoff_at": "2026-07-05",
    }  # fmt: skip
    for language in languages:
        link = f'<a href="{report}.{language}.ipynb">code</a>'
        page = PAGE.format(navigation=NAVIGATION, notices=NOTICES, value=value, link=link)
        (folder / f"{report}.{language}.html").write_text(page, encoding="utf-8")
        (folder / f"{report}.{language}.json").write_text(json.dumps({**facts, "language": language}))
        (folder / f"{report}.{language}.ipynb").write_text("{}")
    (folder / f"{report}.xlsx").write_bytes(b"PK")
    told = {
        "generated_at": "2026-07-05T00:00:00Z", "seconds": 1.0, "title": {"en": "Cycle", "zh": "周期"},
        "unit_name": {"en": unit, "zh": unit}, "headline": facts["headline"], "signals": {},
        "data_cutoff_at": facts["data_cutoff_at"],
    }  # fmt: skip
    (folder / "built.json").write_text(json.dumps(told))
    return Order(
        report=report, business_unit=unit, unit_name={"en": unit, "zh": unit}, period=period, languages=languages,
        notebook=suite.notebooks / f"{report}.ipynb", values={}, run=run, folder=folder, limits=suite.limits,
        inputs={}, remarks=remarks,
    )  # fmt: skip


class World:
    """A project that is called by the hour: records that come when a test says so, reports made without a kernel, and
    a mailbox that keeps what it was given.
    """

    def __init__(self, folder: Path, *, reports: tuple[str, ...] = ("cycle",), **schedule: object) -> None:
        self.data, self.folder = folder / "data", folder
        self.data.mkdir(parents=True)
        for name in reports:
            write_notebook(folder / "notebooks", name)
        given = {"timezone": "Asia/Shanghai", "calendar": "china", **schedule}
        self.suite = make_suite(
            folder, data=str(self.data), reports=reports, business_units=("U01", "U02"),
            schedule=parse_schedule(given),
        )  # fmt: skip
        self.items: list = []
        self.intakes = 0
        self.built: list[str] = []

    def bring(self, cutoff: str, *, at: datetime, newest: str | None = None, **figures: float) -> None:
        """The records as they are from `at` on: up to a moment, with figures other than 2.31 as `U01_2026_06=2.36`."""
        state = {"cutoff": cutoff, "newest": newest or cutoff, "figures": figures}
        file = self.data / "records.json"
        file.write_text(json.dumps(state))
        os.utime(file, (at.timestamp(), at.timestamp()))

    def call(self, now: datetime) -> Due:
        """One call of `due`."""
        return due(self.suite, now=now, steps=self.steps, progress=Silent(), deliver=self.deliver)

    def steps(self) -> Steps:
        """The steps, with the records as they are now."""
        return replace(make_steps(None), intake=self._intake)

    def deliver(self, out: Path, items: list, *, now: datetime) -> list:
        """Keep what is to be told."""
        self.items += items
        return [SimpleNamespace(what="summary", status="sent") for _ in items]

    def told(self) -> list[str]:
        """What was told, one line each."""
        return [f"{one.status} {one.report} {one.business_unit} {one.period} v{one.version}" for one in self.items]

    def build(self, suite: Suite, orders: list[Order], progress: Progress) -> list[Built]:
        """In place of kernels: every order's files at once."""
        figures = json.loads((self.data / "records.json").read_text())["figures"]
        for order in orders:
            name = f"{order.business_unit}_{order.period.replace('-', '_')}"
            if figures.get(name) == "fails":
                continue
            write_built(
                suite, order.report, order.business_unit, value=figures.get(name, 2.31), period=order.period,
                key=order.key,
            )  # fmt: skip
            self.built.append(order.told())
        return [Built(order, 0.0, self._failure(figures, order)) for order in orders]

    @staticmethod
    def _failure(figures: dict, order: Order) -> Failure | None:
        name = f"{order.business_unit}_{order.period.replace('-', '_')}"
        return Failure("cell raised", "ZeroDivisionError", cell=4) if figures.get(name) == "fails" else None

    def _intake(self, source: str, **_: object) -> Store:
        self.intakes += 1
        text = (self.data / "records.json").read_text()
        state = json.loads(text)
        key = hashlib.sha256(text.encode()).hexdigest()[:12]
        folder = self.folder / "store" / key
        if not (folder / "manifest.json").is_file():
            write_store(folder, fingerprint=key)
            manifest = json.loads((folder / "manifest.json").read_text())
            own: dict[str, dict] = {}
            for name, figure in state["figures"].items():
                own.setdefault(name[:3], {})[name] = figure
            manifest["tables"]["work_orders"]["by_unit"] = own  # so that a unit's inputs change with its figures
            manifest |= {"data_cutoff_at": state["cutoff"], "last_event_at": state["newest"]}
            (folder / "manifest.json").write_text(json.dumps(manifest))
        return Store(folder)


@pytest.fixture(scope="session")
def tiny() -> SimpleNamespace:
    """What makes a tiny project."""
    return SimpleNamespace(
        write_notebook=write_notebook,
        write_store=write_store,
        write_built=write_built,
        World=World,
        make_steps=make_steps,
        make_suite=make_suite,
        Silent=Silent,
        UNITS=UNITS,
        PARAMETERS=PARAMETERS,
    )
