"""Reading cards: the suite's catalogue is whole, and a company's own metrics are refused with lines that say what to
change."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.faults import UserFault
from analysis.metrics.cards import CATALOGUE, Catalogue, read_catalogue
from analysis.metrics.check import check_catalogue

PARAMS = Path(__file__).parents[2] / "params" / "metrics.yml"

CARD: dict[str, Any] = {
    "id": "reopened_share",
    "number": "own",
    "name": {"en": "Orders reopened", "zh": "重开工单占比"},
    "kind": "ratio",
    "unit": "%",
    "better": "lower",
    "minimum_n": 30,
    "worth_acting_on": {"absolute": 1},
    "view": "event",
    "table": "orders",
    "time": "completed_at",
    "numerator": "coalesce(reopens, 0) > 0",
    "definition": {"en": "Reopened ÷ completed", "zh": "重开 ÷ 完工"},
    "why": {"en": "It did not hold.", "zh": "没有一次修好。"},
    "caveats": {"en": "None.", "zh": "无。"},
    "source": "Handbook",
    "reviewed_on": "2026-11-22",
    "needs": ["work_orders.reopens", "work_orders.completed_at"],
}
EXPRESSIONS_OF_A_RATIO = ("numerator", "denominator", "where", "time")
DERIVED = {"kind": "derived", "table": None, "time": None, "numerator": None}
DURATION = {
    "kind": "duration",
    "unit": "d",
    "view": "cohort",
    "time": "submitted_at",
    "start": "submitted_at",
    "end": "completed_at",
    "statistic": "quantile",
    "at": 0.5,
    "numerator": None,
    "needs": ["work_orders.completed_at"],
}


@pytest.fixture
def own(tmp_path: Path) -> Callable[..., Catalogue]:
    """`own(unit="d")`: the catalogue with one card of the company's, CARD with these fields changed (None leaves one
    out)."""

    def read(**changes: Any) -> Catalogue:
        card = {name: value for name, value in {**CARD, **changes}.items() if value is not None}
        text = yaml.safe_dump({"metrics": [card]}, allow_unicode=True).replace("'2026-11-22'", "2026-11-22")
        (tmp_path / "metrics.yml").write_text(text, encoding="utf-8")
        return read_catalogue(tmp_path / "metrics.yml")

    return read


def alone(catalogue: Catalogue) -> Catalogue:
    """Only the company's own card: the suite's are checked once, in a test of their own."""
    return Catalogue({CARD["id"]: catalogue[CARD["id"]]})


def lines_of(call: Callable[..., Any], *arguments: Any, **options: Any) -> list[str]:
    with pytest.raises(UserFault) as caught:
        call(*arguments, **options)
    return list(caught.value.lines)


def test_the_suite_s_own_catalogue_is_sound():
    check_catalogue(read_catalogue())


def test_every_card_of_the_suite_explains_itself_in_both_languages_and_no_text_is_only_copied():
    for card in read_catalogue().values():
        for text in (card.name, card.definition, card.why, card.caveats):
            assert any("\u4e00" <= letter <= "\u9fff" for letter in text["zh"]), card.id
            assert text["en"] != text["zh"], card.id


def test_names_are_unique_in_each_language():
    for language in ("en", "zh"):
        names = [card.name[language] for card in read_catalogue().values()]
        assert len(set(names)) == len(names)


def test_the_area_of_a_card_is_its_file():
    files = {file.stem for file in CATALOGUE.glob("*.yml")}
    assert {"complaints", "repair_cycle"} <= {card.area for card in read_catalogue().values()} <= files
    assert read_catalogue().of_area("complaints")[0].id == "complaints_received"


def test_the_example_of_params_is_a_comment_and_works_when_switched_on(tmp_path: Path):
    assert len(read_catalogue(PARAMS)) == len(read_catalogue())
    lines = PARAMS.read_text(encoding="utf-8").splitlines()
    first = lines.index("# metrics:")
    (tmp_path / "metrics.yml").write_text(
        "\n".join(line.removeprefix("# ").removeprefix("#") for line in lines[first:])
    )
    switched_on = read_catalogue(tmp_path / "metrics.yml")
    check_catalogue(switched_on)
    assert "order_reopened_share" in switched_on


def test_a_company_s_own_metric_joins_the_catalogue(own: Callable[..., Catalogue]):
    catalogue = own()
    check_catalogue(catalogue)
    assert catalogue["reopened_share"].area == "own"


def test_an_unquoted_true_of_yaml_is_the_expression_true(own: Callable[..., Catalogue]):
    assert own(denominator=True)["reopened_share"].how.denominator == "true"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"id": "Reopened Share"}, "an id is lower-case letters, digits and _, got 'Reopened Share'"),
        ({"id": "backlog"}, "metric 'backlog' exists already in the area 'repair_cycle'; choose another id"),
        (
            {"kind": "mean"},
            "derived, modelled, got 'mean'",
        ),
        ({"unit": "percent"}, "'unit' of a ratio must be one of d, h, min, s, %, points, n, ratio, score, money"),
        ({"better": "up"}, "'better' of a ratio must be one of lower, higher, none, got 'up'"),
        ({"view": "month_end"}, "'view' of a ratio must be one of event, cohort, got 'month_end'"),
        ({"why": None}, "the field 'why' is missing"),
        ({"numerators": "true"}, "unknown field 'numerators'; did you mean 'numerator'"),
        ({"name": {"en": "Only English"}}, "'name' must hold a text in each language: en, zh"),
        ({"name": {"en": "Empty", "zh": " "}}, "'name' must hold a text in each language: en, zh"),
        ({"minimum_n": 0}, "'minimum_n' must be a whole number from 1, got 0"),
        ({"follow_up_days": -3}, "'follow_up_days' must be a whole number from 0, got -3"),
        ({"worth_acting_on": 3}, "'worth_acting_on' must be {relative: 0.1} or {absolute: 2}, got 3"),
        ({"reviewed_on": "yesterday"}, "'reviewed_on' must be a date (YYYY-MM-DD), got 'yesterday'"),
        ({"needs": "work_orders"}, "'needs' must be a list of names, got 'work_orders'"),
        ({**DURATION, "at": 90}, "'at' of a quantile lies between 0 and 1, got 90"),
        ({**DURATION, "statistic": "mean"}, "'statistic' must be one of quantile, probability_by, restricted_mean"),
        ({**DURATION, "unit": "%"}, "a quantile is measured in d or h, got the unit '%'"),
        ({**DURATION, "after": "handled_at"}, "'after' goes with the statistic restricted_mean_step, and only with it"),
        ({**DURATION, "view": "in_period", "closed_only": True}, "are for the view cohort, not for in_period"),
        ({**DURATION, "curve": {"to": 3}}, "'curve' must be {name: …, to: 30, step: 0.5}"),
        ({"kind": "rate", "unit": "per_100"}, "a rate has either an 'exposure' or a 'denominator'"),
        ({"function": "minus", "of": ["backlog"], **DERIVED}, "'function' must be one of quotient (of 2)"),
        (
            {"function": "share_of_total", "of": ["backlok"], **DERIVED},
            "'backlok' in 'of' is not in the catalogue; did you mean 'backlog'",
        ),
        (
            {"function": "share_of_total", "of": ["clearance_ratio"], **DERIVED},
            "'clearance_ratio' in 'of' is derived itself",
        ),
    ],
)
def test_a_card_that_breaks_a_rule_is_refused_with_the_rule_and_the_value(
    own: Callable[..., Catalogue], changes: Any, line: str
):
    found = lines_of(own, **changes)
    assert any(line in part for part in found), found


def test_all_faults_of_a_file_are_told_at_once(own: Callable[..., Catalogue]):
    assert len(lines_of(own, unit="percent", better="up", minimum_n=0)) == 3


@pytest.mark.parametrize(
    "text",
    [
        "metrics: [",
        "- a list",
        "metrics: 3",
        "metric: []",
        "metrics: [text]",
        "metrics: !!python/object:os.system {}",
        "defaults: 3\nmetrics: []",
    ],
)
def test_a_file_that_is_no_catalogue_is_refused_in_one_line(text: str, tmp_path: Path):
    (tmp_path / "metrics.yml").write_text(text)
    (line,) = lines_of(read_catalogue, tmp_path / "metrics.yml")
    assert line.startswith("metrics.yml: ")
    assert "\n" not in line


# -- expressions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [
        "reopens > 0; DROP TABLE work_orders",
        "reopens > 0 -- and no more",
        "reopens > /* hidden */ 0",
        "read_csv('/etc/passwd') IS NOT NULL",
        "(SELECT max(reopens) FROM work_orders) > 0",
        "reopens IN (SELECT 1)",
        "EXISTS (SELECT 1)",
        "reopens > 0) FROM work_orders WHERE (true",
        "reopens FROM read_parquet('x')",
        "reopens, escalated",
        "reopens AS x",
        "sum(reopens)",
        "count(*) OVER ()",
        "getenv('HOME') = 'x'",
        "current_setting('threads') = '1'",
        "list_transform([1], x -> x) IS NULL",
        "COLUMNS('reopens') > 0",
        "* > 0",
        "reopens > ?",
        "main.abs(reopens) > 0",
        "COPY work_orders TO 'x'",
        "ATTACH 'x'",
        "PRAGMA version",
        "1 UNION SELECT 2",
        "",
    ],
)
def test_an_expression_that_is_not_plain_is_refused_wherever_it_stands(own: Callable[..., Catalogue], expression: str):
    card = own()[CARD["id"]]
    broken = {
        name: replace(card, id=name, how=replace(card.how, **{name: expression})) for name in EXPRESSIONS_OF_A_RATIO
    }
    lines = lines_of(check_catalogue, Catalogue(broken))
    for name in EXPRESSIONS_OF_A_RATIO:
        assert any(f"metric {name!r}: {name!r} " in line for line in lines)


@pytest.mark.parametrize(
    "expression",
    [
        "reopens > 0 AND NOT coalesce(escalated, false)",
        "resolution_code IN ('fixed', 'replaced')",
        "CASE WHEN visits = 1 THEN 1 ELSE 0 END",
        "visits BETWEEN 1 AND 3",
        "resolution_code LIKE 'fix%' OR lower(resolution_code) = 'ok'",
        "completed_at < submitted_at + INTERVAL 3 DAY",
        "completed_at >= DATE '2025-01-01'",
        "CAST(visits AS DOUBLE) / 2",
        "resolution_code IS DISTINCT FROM 'fixed'",
    ],
)
def test_a_plain_expression_is_accepted(own: Callable[..., Catalogue], expression: str):
    needs = [f"work_orders.{name}" for name in ("reopens", "completed_at", "escalated", "resolution_code", "visits")]
    check_catalogue(alone(own(numerator=expression, needs=needs)))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"table": "order"}, "there is no measured table 'order'; did you mean 'orders'"),
        ({"table": "units_in_service"}, "there is no measured table 'units_in_service'"),
        ({"numerator": "reopen > 0"}, "'numerator' names no column of orders: 'reopen'; did you mean 'reopens'"),
        ({"time": "reopens"}, "'time' must give timestamp or date, but 'reopens' gives bigint"),
        ({"where": "reopens"}, "'where' must give boolean, but 'reopens' gives bigint"),
        ({"numerator": "status"}, "'numerator' must give"),
        (
            {"breakdowns": ["product"]},
            "there is no breakdown 'product' here; did you mean 'product_id' or 'product_line'",
        ),
        (
            {"needs": ["work_order"]},
            "'needs' names no table of the data model: 'work_order'; did you mean 'work_orders'",
        ),
        (
            {"needs": ["work_orders.reopen|visits"]},
            "'needs' names no column of work_orders: 'work_orders.reopen'; did you mean 'reopens'",
        ),
        (
            {"needs": ["work_orders.completed_at"]},
            "'numerator' uses work_orders.reopens, which 'needs' does not name; add it there",
        ),
        (
            {"kind": "rate", "unit": "per_100", "exposure": "units"},
            "there is no exposure 'units'; known: active_customers",
        ),
        (
            {"kind": "rate", "unit": "per_100", "exposure": "units_in_service", "breakdowns": ["channel"]},
            "there is no breakdown 'channel' here",
        ),
    ],
)
def test_a_card_that_names_what_is_not_there_is_refused(own: Callable[..., Catalogue], changes: Any, line: str):
    found = lines_of(check_catalogue, alone(own(**changes)))
    assert any(line in part for part in found), found


def test_an_own_metric_is_measured_like_the_others(
    own: Callable[..., Catalogue], measured: Callable[..., Any], business: Any
):
    tables = {**business, "work_orders": business["work_orders"].assign(reopens=[0, 0, 0, 1] * 225)}
    found = measured(tables, ["reopened_share"], cutoff="2025-07-05 23:59:59", catalogue=own()).read(
        breakdown="", business_unit="all"
    )
    w = tables["work_orders"]
    w = w[
        ~w["is_test"]
        & w["is_duplicate"].isna()
        & (w["completed_at"] >= "2025-03-01")
        & (w["completed_at"] < "2025-04-01")
    ]
    march = found.set_index("period").loc["2025-03"]
    assert march["value"] == pytest.approx(100 * (w["reopens"] > 0).mean())
    assert march["n"] == len(w)
