"""How often a rule may be broken before a run stops, by params/quarantine.yml; and the list of what was refused."""

import csv
import io

import pytest

from analysis.faults import UserFault
from analysis.intake import intake
from analysis.reporting.refused_list import as_text, write_refused

MAPPING = """
meta: {data_cutoff_at: "2024-02-01T00:00:00"}
tables:
  work_orders:
    from: export
    columns:
      work_order_id: 工单编号
      business_unit: 网点
      submitted_at: 报修时间
      completed_at: 完工时间
      technician_id: 师傅
      visits: 上门次数
      status: {constant: completed}
"""
HEAD = "工单编号,网点,报修时间,完工时间,师傅,上门次数\n"
GOOD = "".join(f"G{n},U01,2024-01-05 08:00,2024-01-06 08:00,T1,1\n" for n in range(97))
BAD = (
    "B1,U01,2024-01-05 08:00,2024-01-04 08:00,T1,1\n"
    "B2,U01,2024-01-05 08:00,2024-01-04 09:00,T1,1\n"
    'B3,U01,2024-01-05 08:00,2024-01-06 08:00,T1,"=cmd|13812345678"\n'
)


@pytest.fixture
def load_with(tmp_path):
    def run(thresholds, text=HEAD + GOOD + BAD):
        (tmp_path / "source").mkdir(exist_ok=True)
        (tmp_path / "source" / "export.csv").write_text(text, encoding="utf-8")
        (tmp_path / "trial.yml").write_text(MAPPING, encoding="utf-8")
        (tmp_path / "quarantine.yml").write_text(thresholds, encoding="utf-8")
        return intake(
            str(tmp_path / "source"),
            mapping=tmp_path / "trial.yml",
            params=tmp_path,
            store_root=tmp_path / "stores",
        )

    return run


def test_a_rule_that_is_broken_too_often_stops_the_run_with_place_and_value(load_with):
    told = (
        r"work_orders: completed before submitted in 2 rows, first in export\.csv row 98.*"
        r"; that is 2\.00% of 100 rows, and params/quarantine\.yml allows 1\.00%"
    )
    with pytest.raises(UserFault, match=told):
        load_with('rules: {"completed before submitted": 0.01}')
    with pytest.raises(UserFault, match=r"allows 0\.00%"):
        load_with('rules: {work_orders: {"visits is not a whole number": 0}}')


def test_a_rule_within_its_threshold_sets_its_rows_aside(load_with):
    store = load_with('rules: {"completed before submitted": 0.02, complaints: {"category is empty": 0}}')

    assert store.manifest["tables"]["work_orders"]["reasons"]["completed before submitted"] == 2


def test_unknown_rules_are_told_with_the_nearest(load_with):
    with pytest.raises(
        UserFault, match="no table has the rule 'completed before arived'; did you mean 'completed before arrived'"
    ):
        load_with('rules: {"completed before arived": 0}')
    with pytest.raises(UserFault, match="no such table 'complains'; did you mean 'complaints'"):
        load_with('rules: {complains: {"category is empty": 0}}')


def test_refused_rows_are_listed_by_rule_with_line_and_masked_value(load_with, tmp_path):
    store = load_with("rules: {}")
    write_refused(store, tmp_path)
    content = (tmp_path / "refused.csv").read_bytes()
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))

    assert content.startswith(b"\xef\xbb\xbf")
    assert rows[0] == ["table", "rule", "规则", "file", "rows", "line", "column", "value"]
    assert rows[1] == [
        "work_orders", "completed before submitted", "完工早于提交", "export.csv", "2", "99", "报修时间 · 完工时间",
        "2024-01-05 08:00 · 2024-01-04 08:00",
    ]  # fmt: skip
    assert [row[5] for row in rows[1:3]] == ["99", "100"]
    assert rows[3][6:] == ["上门次数", "'=cmd|[phone]"]


def test_no_refused_rows_no_list(load_with, tmp_path):
    (tmp_path / "refused.csv").write_text("of an earlier run")
    write_refused(load_with("rules: {}", HEAD + GOOD), tmp_path)

    assert not (tmp_path / "refused.csv").exists()


@pytest.mark.parametrize(
    ("value", "shown"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("\tx", "'\tx"), (-5, "-5"), ("a=b", "a=b")]
)
def test_no_value_is_a_formula(value, shown):
    assert as_text(value) == shown
