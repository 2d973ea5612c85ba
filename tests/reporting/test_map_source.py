"""The command `map`: what it prints and writes, and what it never does."""

import shutil
from pathlib import Path

import pytest

from analysis.intake.mapping import read_mapping
from analysis.metrics.cards import read_catalogue
from analysis.reporting.command_line import MISTAKE, OK, main
from analysis.reporting.map_source import feed_line, feeds_of
from tests.intake.drawn_sources import draw

PARAMS = Path(__file__).resolve().parents[2] / "params"


@pytest.fixture
def params(tmp_path: Path) -> Path:
    folder = tmp_path / "params"
    (folder / "mappings").mkdir(parents=True)
    for name in ("freshdesk", "zendesk"):
        shutil.copy(PARAMS / "mappings" / f"{name}.yml", folder / "mappings")
    return folder


def run_map(source: Path, params: Path, *more: str) -> int:
    return main(["map", "--data", str(source), "--params", str(params), *more])


def test_an_unknown_source_gets_a_commented_mapping_and_is_told_which_reports_it_feeds(params, tmp_path, capsys):
    source = tmp_path / "来源"
    source.mkdir()
    draw["chinese_sheet"](source)
    assert run_map(source, params, "--mapping", "aircon") == OK
    told, text = capsys.readouterr().out, (params / "mappings" / "aircon.yml").read_text(encoding="utf-8")

    assert read_mapping(params / "mappings" / "aircon.yml").name == "aircon"
    assert "submitted_at           报修时间" in told
    assert "loyalty: " in told
    assert "complaints: not fed; it needs complaints" in told
    assert "run_reports.py render --data " in told.splitlines()[-1]
    assert "# high (" in text
    assert "13800000001" not in text + told  # a telephone number is masked


def test_a_mapping_that_is_there_is_never_written_over(params, tmp_path, capsys):
    (tmp_path / "tickets.csv").write_text(
        "Ticket ID,Created,Resolved,Site\n1,2026-01-05 10:00,2026-01-06 10:00,North\n2,2026-01-07 10:00,,South\n"
    )
    for _ in range(2):
        assert run_map(tmp_path / "tickets.csv", params) == OK
    capsys.readouterr()

    assert {file.name for file in (params / "mappings").iterdir()} == {
        "freshdesk.yml",
        "zendesk.yml",
        "tickets.yml",
        "tickets_2.yml",
    }


def test_a_vendor_s_export_is_recognised_and_nothing_is_written(params, capsys):
    assert run_map(PARAMS / "mappings" / "examples" / "freshdesk", params) == OK
    told = capsys.readouterr().out

    assert "looks like freshdesk (" in told
    assert "--mapping freshdesk" in told
    assert len(list((params / "mappings").iterdir())) == 2


def test_with_the_name_of_a_mapping_it_says_how_that_fits(params, capsys):
    assert run_map(PARAMS / "mappings" / "examples" / "freshdesk", params, "--mapping", "freshdesk") == OK
    told = capsys.readouterr().out

    assert "tickets.csv is tickets: 14 of 16 columns" in told
    assert "not there: response_due, escalated" in told
    assert "First response time (in hrs)" in told.split("not read: ")[1]


def test_without_data_it_looks_at_the_source_that_suite_yml_names(params, capsys):
    """It used to say that no source was named."""
    (params / "suite.yml").write_text(f"data: {PARAMS / 'mappings' / 'examples' / 'freshdesk'}\n", encoding="utf-8")
    assert main(["map", "--params", str(params)]) == OK
    assert "looks like freshdesk (" in capsys.readouterr().out

    with (params / "suite.yml").open("a", encoding="utf-8") as stream:
        stream.write("mapping: freshdesk\n")
    assert main(["map", "--params", str(params)]) == OK
    assert "tickets.csv is tickets: 14 of 16 columns" in capsys.readouterr().out, "the mapping that reads it"
    assert main(["map", "--params", str(params), "--mapping", "own"]) == OK
    assert (params / "mappings" / "own.yml").is_file(), "another name is a new mapping"


def test_without_any_source_it_says_where_one_can_be_named(params, capsys):
    assert main(["map", "--params", str(params)]) == MISTAKE
    assert "--data PATH, or as `data:` in suite.yml" in capsys.readouterr().err


def test_what_looks_like_nothing_is_a_mistake_and_not_an_empty_mapping(params, tmp_path, capsys):
    (tmp_path / "words.csv").write_text("alpha,beta\nlorem,ipsum\ndolor,sit\n")

    assert run_map(tmp_path / "words.csv", params) == MISTAKE
    assert "nothing in the source looks like a table" in capsys.readouterr().out
    assert not (params / "mappings" / "words.yml").exists()


def test_a_report_is_fed_by_what_its_metrics_need():
    feeds = {feed.report: feed for feed in feeds_of({"complaints": ["complaint_id", "received_at"]}, read_catalogue())}

    assert feeds["complaints"].measured > 0
    assert feed_line(feeds["repair_cycle"]).startswith("repair_cycle: not fed; it needs work_orders")
