"""A metric of params/metrics.yml: refused where it could do harm, else on pages, summary, signals and in questions like
the suite's own.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.faults import UserFault
from analysis.metrics.cards import Catalogue, read_catalogue
from analysis.report import Report, open_report
from analysis.reporting.own_metrics import check_own
from analysis.reporting.parameters import Suite
from analysis.reporting.prepare import prepare
from analysis.reporting.steps import suite_steps

CARD = """
metrics:
- id: swapped_share
  number: own
  area: repair_cycle
  name: {en: Orders settled by a swap, zh: 换机了结占比}
  kind: ratio
  unit: "%"
  better: lower
  minimum_n: 30
  worth_acting_on: {absolute: 1}
  view: event
  table: orders
  time: completed_at
  numerator: NUMERATOR
  breakdowns: [channel]
  definition: {en: Orders settled by a swap ÷ orders completed., zh: 以换机了结的工单 ÷ 完工工单。}
  why: {en: A swap is dear., zh: 换机很贵。}
  caveats: {en: None known., zh: 暂无。}
  source: Service handbook
  reviewed_on: 2026-11-22
  needs: [work_orders.completed_at, work_orders.resolution_code]
"""
SWAPPED = "resolution_code = 'replaced'"
BEGUN = "2025-07"  # of the shift: one order in ten is settled by a swap before, four in ten from here on


def written(folder: Path, numerator: str) -> Path:
    file = folder / "metrics.yml"
    file.write_text(CARD.replace("NUMERATOR", numerator), encoding="utf-8")
    return file


HARMFUL = {
    "visits > 1; DROP TABLE work_orders": "without ';'",
    "(SELECT count(*) FROM customers) > 1": "subquery",
    "read_text('/etc/passwd') = 'x'": "read_text",
    "getenv('HOME') = 'x'": "getenv",
    "completed_at > current_date": "depends on the day",
    "sum(visits) > 1": "'sum'",
    "visit > 1": "did you mean 'visits'",
    "status": "must give",
}


def test_own_expressions_that_could_do_harm_or_cannot_be_measured_are_each_refused_by_name(tmp_path):
    first, *_ = CARD.partition("- id")
    cards = [CARD[len(first) :].replace("swapped_share", f"swapped_{number}") for number in range(len(HARMFUL))]
    texts = [card.replace("NUMERATOR", f'"{expression}"') for card, expression in zip(cards, HARMFUL, strict=True)]
    file = tmp_path / "metrics.yml"
    file.write_text(first + "".join(texts), encoding="utf-8")
    with pytest.raises(UserFault) as fault:
        check_own(read_catalogue(file))
    assert all(line.startswith("metrics.yml: metric ") for line in fault.value.lines)
    for number, told in enumerate(HARMFUL.values()):
        assert any(f"'swapped_{number}'" in line and told in line for line in fault.value.lines), told


def test_a_sound_own_metric_and_the_suites_own_pass(tmp_path):
    check_own(read_catalogue(written(tmp_path, SWAPPED)))
    check_own(read_catalogue())


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """A business whose swaps became four times as many, prepared with the own metric and one of the suite's."""
    home = tmp_path_factory.mktemp("own")
    source, params = home / "source", home / "params"
    source.mkdir()
    params.mkdir()
    own = written(params, SWAPPED)
    drawn_orders().to_csv(source / "work_orders.csv", index=False)
    pd.DataFrame({"data_cutoff_at": ["2026-07-01T00:00:00"]}).to_csv(source / "meta.csv", index=False)
    cards = read_catalogue(own)
    few = Catalogue({metric: cards[metric] for metric in ("orders_completed", "swapped_share")})
    steps = replace(suite_steps(), read_catalogue=lambda *_, **__: few)
    suite = Suite(params=params, data=str(source), store=home / "store")
    folder = prepare(suite, steps=steps, report_progress=lambda *_, **__: None).folder
    return lambda name: open_report(name, "all", language="en,zh", run=folder)


def drawn_orders() -> pd.DataFrame:
    """48 months of 150 completed orders; every tenth a swap, from BEGUN on four in ten."""
    rng = np.random.default_rng(1)
    months = np.repeat(pd.period_range(end="2026-06", periods=48, freq="M"), 150)
    done = months.start_time + pd.to_timedelta(rng.integers(1, 26 * 24, len(months)), unit="h")
    swapped = rng.random(len(months)) < np.where(months.astype(str) >= BEGUN, 0.4, 0.1)
    return pd.DataFrame(
        {
            "work_order_id": [f"W{number}" for number in range(len(months))],
            "business_unit": "A",
            "submitted_at": done - pd.Timedelta(hours=5),
            "completed_at": done,
            "status": "completed",
            "channel": rng.choice(["phone", "app"], len(months)),
            "resolution_code": np.where(swapped, "replaced", "fixed"),
        }
    )


def test_it_stands_on_its_page_and_on_the_summary_and_on_no_other_page(reports):
    def shown(name: str) -> set[str]:
        return set(reports(name).cards(("orders_completed",)).data["metric"])

    assert shown("repair_cycle") == shown("summary") == {"orders_completed", "swapped_share"}
    assert shown("complaints") == {"orders_completed"}


def test_its_figure_is_that_of_the_records_and_its_definition_is_given(reports, words_of):
    report = reports("repair_cycle")
    orders = report.records("work_orders")
    newest = orders[orders["completed_at"] >= "2026-06-01"]
    report.cards(())
    assert report.kpi("swapped_share")["value"] == pytest.approx(100 * (newest["resolution_code"] == "replaced").mean())
    assert "Orders settled by a swap ÷ orders completed." in words_of(report.definitions())


def test_the_signals_watch_it(reports):
    report: Report = reports("summary")
    kinds = {found["kind"]: found for found in report.findings(metrics=("swapped_share",))}
    assert kinds["level_shift"]["since"] == BEGUN
    assert kinds["level_shift"]["good"] is False
    assert "换机了结占比" in report.say(kinds["level_shift"])["zh"]


@pytest.mark.parametrize("question", ["换机了结占比", "orders settled by a swap in June 2026"])
def test_it_can_be_asked_for_by_its_names(reports, question):
    answer = reports("summary").ask(question)
    assert answer.reading.metric == "swapped_share"
    assert answer.data.iloc[-1]["value"] == reports("summary").kpi("swapped_share")["value"]
