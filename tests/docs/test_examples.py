"""The examples of settings and of code that no page of its own tests are read, or run, as they stand."""

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.intake.business_calendar import read_calendar
from analysis.intake.mapping import read_mapping
from analysis.presentation.blocks import KpiCards, Section
from analysis.reporting.parameters import read_suite
from analysis.reporting.schedule_settings import parse_schedule
from tests.docs.commands import ROOT, blocks_of

DOCS = ROOT / "docs"


def indented(page: str, first: str) -> str:
    """The indented block of a page that begins with that line."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.search(rf"^    {re.escape(first)}.*\n(?:(?:    .*)?\n)*", text, re.M)
    assert found is not None
    return "\n".join(line.removeprefix("    ") for line in found[0].splitlines())


def test_the_limits_of_the_page_are_settings_that_the_suite_takes(tmp_path: Path):
    example = indented("how-to/keep-it-safe.md", "limits:")
    (tmp_path / "suite.yml").write_text(example, encoding="utf-8")
    told = yaml.safe_load(example)["limits"]
    read = read_suite(tmp_path).limits
    assert len(told) == 6
    assert {name: getattr(read, name) for name in told} == told


def test_the_schedule_of_the_page_is_one_that_the_suite_takes():
    (example,) = blocks_of(DOCS / "how-to/run-by-itself.md", "yaml")
    schedule = parse_schedule(yaml.safe_load(example)["schedule"])
    assert [group.name for group in schedule.groups] == ["monthly", "board"]


def test_the_days_of_the_page_change_the_calendar(tmp_path: Path):
    text = (ROOT / "params/calendars/china.yml").read_text(encoding="utf-8")
    days = indented("how-to/count-working-hours.md", "days:")
    (tmp_path / "china.yml").write_text(text[: text.index("\ndays:")] + f"\n{days}\n", encoding="utf-8")
    assert set(read_calendar(tmp_path / "china.yml").days) >= {date(2027, 2, 8), date(2027, 2, 14), date(2027, 6, 18)}


def test_the_mapping_that_extends_a_preset_differs_where_it_says(tmp_path: Path):
    shutil.copy(ROOT / "params/mappings/freshdesk.yml", tmp_path)
    (tmp_path / "our_desk.yml").write_text(indented("tutorial-own-data.md", "name: our_desk"), encoding="utf-8")
    ours, preset = read_mapping(tmp_path / "our_desk.yml"), read_mapping(tmp_path / "freshdesk.yml")
    assert ours.name == "our_desk"
    assert ours != preset
    assert [rule.table for rule in ours.tables] == [rule.table for rule in preset.tables]


def test_the_area_of_the_page_makes_cards_and_a_section(sample_report: Callable[..., Any]):
    example = indented("how-to/add-a-report.md", "from analysis.report import Report")
    names: dict[str, Any] = {}
    exec(example.replace("parts_share", "first_time_fix_rate"), names)
    report = sample_report("service_quality", "all")
    assert isinstance(names["headline"](report), KpiCards)
    assert isinstance(names["trend"](report), Section)


def test_what_a_cell_hands_out_is_what_the_page_says(sample_run: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    (example,) = blocks_of(DOCS / "how-to/work-in-notebooks.md", "python")
    monkeypatch.setenv("AFTER_SALES_RUN", str(sample_run))
    names: dict[str, Any] = {}
    exec(example, names)
    shown = names["shown"]
    assert len(shown.data) > 12
    assert "repair_cycle_median" in set(shown.definition.data["metric"])
    assert len(shown.records) > 0
    assert capsys.readouterr().out.count("SELECT") >= 1
    defined = names["area"].headline(names["report"]).definition.data
    assert "repair_cycle_median" in set(defined["metric"])


def test_a_section_without_a_metric_says_so_in_a_line(sample_report: Callable[..., Any]):
    from analysis.faults import UserFault

    made = sample_report("complaints").section(headline={"en": "a", "zh": "a"}, subtitle={"en": "", "zh": ""}, parts=())
    with pytest.raises(UserFault, match=r"its figures are in \.data"):
        _ = made.definition
