"""What the maker measures itself against: targets, outside benchmarks, service levels and the measures it has
taken. Facts only.
"""

from analysis.sample.days import day_number
from analysis.sample.stages import PRIORITIES, RESOLUTION_TARGET_HOURS, RESPONSE_TARGET_HOURS
from analysis.sample.writing import Columns

# fmt: off
TARGETS = (
    # business unit, metric, from month, target, warn; per cent as 90, not 0.9
    ("*", "repair_cycle_median", "2023-01", 2.5, 3.0),
    ("*", "repair_cycle_median", "2025-01", 2.0, 2.4),
    ("U11", "repair_cycle_median", "2023-01", 3.5, 4.0),
    ("U12", "repair_cycle_median", "2025-10", 3.0, 3.5),
    ("*", "repair_cycle_p90", "2023-01", 7.0, 8.0),
    ("*", "repair_cycle_within_3d", "2023-01", 65.0, 60.0),
    ("*", "repair_cycle_within_7d", "2023-01", 90.0, 87.0),
    ("*", "technician_response_time_median", "2023-01", 30.0, 36.0),
    ("*", "dispatch_time_median", "2024-01", 5.0, 6.5),
    ("*", "response_sla_attainment", "2023-01", 85.0, 80.0),
    ("*", "resolution_sla_attainment", "2023-01", 82.0, 78.0),
    ("*", "backlog_over_30d_share", "2023-01", 10.0, 15.0),
    ("*", "appointment_kept_rate", "2024-01", 90.0, 85.0),
    ("*", "first_time_fix_rate", "2023-01", 80.0, 76.0),
    ("*", "first_time_fix_rate", "2026-01", 82.0, 78.0),
    ("*", "repeat_repair_rate_30d", "2023-01", 6.0, 7.5),
    ("*", "complaints_per_1000_units", "2023-01", 1.0, 1.3),
    ("*", "complaints_per_1000_units", "2025-01", 0.9, 1.2),
    ("*", "complaints_per_100_orders", "2023-01", 6.0, 7.0),
    ("*", "complaint_resolution_15d", "2023-01", 90.0, 85.0),
    ("*", "external_complaint_share", "2023-01", 5.0, 7.0),
    ("*", "nps", "2023-01", 35.0, 28.0),
    ("*", "csat_top2_share", "2023-01", 85.0, 80.0),
    ("*", "survey_response_rate", "2024-01", 25.0, 20.0),
    ("*", "cost_per_order", "2023-01", 210.0, 230.0),
    ("U10", "cost_per_order", "2023-01", 320.0, 350.0),
    ("U11", "cost_per_order", "2023-01", 340.0, 370.0),
    ("*", "return_rate_60d", "2023-01", 4.0, 5.0),
    ("*", "remote_resolution_rate", "2024-01", 30.0, 25.0),
    ("*", "technician_utilisation", "2024-01", 75.0, 70.0),
    ("*", "repurchase_rate_365d", "2023-01", 22.0, 18.0),
)
# fmt: on
# fmt: off
BENCHMARKS = (
    # metric, label, period, value, low, high, n, match of the definition, source (all invented)
    ("first_time_fix_rate", "industry", "2025", 80.0, 74.0, 86.0, 120, "similar",
     "Sample field service survey 2025 (invented) 示例现场服务调查 2025（虚构）"),
    ("first_time_fix_rate", "best in class", "2025", 88.0, 85.0, 91.0, 24, "similar",
     "Sample field service survey 2025 (invented) 示例现场服务调查 2025（虚构）"),
    ("repair_cycle_median", "industry", "2025", 2.6, 1.9, 3.8, 60, "different",
     "Sample appliance service panel 2025 (invented) 示例家电服务样本组 2025（虚构）"),
    ("nps", "industry", "2025", 32.0, 18.0, 45.0, 80, "exact",
     "Sample customer panel 2025 (invented) 示例客户样本组 2025（虚构）"),
    ("nps", "competitor A", "2025", 38.0, 34.0, 42.0, 1500, "exact",
     "Sample customer panel 2025 (invented) 示例客户样本组 2025（虚构）"),
    ("csat_top2_share", "industry", "2025", 82.0, 76.0, 88.0, 80, "similar",
     "Sample customer panel 2025 (invented) 示例客户样本组 2025（虚构）"),
    ("complaints_per_1000_units", "competitor A", "2025", 1.1, None, None, None, "different",
     "Annual report of competitor A (invented) 竞争对手 A 年报（虚构）"),
    ("cost_per_order", "industry", "2025", 185.0, 140.0, 240.0, 40, "different",
     "Sample cost study 2025 (invented) 示例成本研究 2025（虚构）"),
    ("technician_utilisation", "industry", "2024", 72.0, 65.0, 80.0, 55, "similar",
     "Sample workforce study 2024 (invented) 示例人员研究 2024（虚构）"),
    ("return_rate_60d", "industry", "2024", 3.8, 2.5, 6.0, 35, "similar",
     "Sample commerce study 2024 (invented) 示例零售研究 2024（虚构）"),
)
# fmt: on
# fmt: off
INTERVENTIONS = (
    # id, business unit, started on, metrics, kind, note. Only I01 changes anything: a report must not find the others
    ("I01", "U07", "2025-09-01", "dispatch_time_median;repair_cycle_median", "tool",
     "Automatic dispatch replaces dispatch by hand 自动派单取代人工派单"),
    ("I02", "U06", "2024-10-08", "first_time_fix_rate", "training",
     "Compressor and control-board course for all technicians 全体工程师压缩机与控制板培训"),
    ("I03", "U01", "2025-03-03", "resolution_sla_attainment;repair_cycle_within_3d", "staffing",
     "Weekend shift in the large cities 大城市增设周末班"),
    ("I04", "U08", "2025-11-17", "self_service_deflection_rate;cost_per_contact", "tool",
     "New chat assistant 新版聊天助手"),
    ("I05", "*", "2025-01-01", "return_rate_60d", "policy",
     "Thirty days of return without giving a reason 三十天无理由退货"),
)
# fmt: on


def target_rows() -> Columns:
    """The targets table."""
    unit, metric, month, target, warn = zip(*TARGETS, strict=True)
    return {
        "business_unit": list(unit),
        "metric": list(metric),
        "from_month": [day_number(f"{text}-01") for text in month],
        "target": list(target),
        "warn": list(warn),
    }


def benchmark_rows() -> Columns:
    """The benchmarks table."""
    names = ("metric", "label", "period", "value", "low", "high", "n", "definition_match", "source")
    return {name: list(values) for name, values in zip(names, zip(*BENCHMARKS, strict=True), strict=True)}


def intervention_rows() -> Columns:
    """The interventions table."""
    names = ("intervention_id", "business_unit", "started_on", "metrics", "kind", "note")
    columns = {name: list(values) for name, values in zip(names, zip(*INTERVENTIONS, strict=True), strict=True)}
    return {**columns, "started_on": [day_number(text) for text in columns["started_on"]]}


def sla_policy_rows() -> Columns:
    """The sla_policies table: the due times of work_orders follow it."""
    return {
        "policy_id": [f"SLA-{number + 1}" for number in range(len(PRIORITIES))],
        "priority": list(PRIORITIES),
        "response_target_hours": RESPONSE_TARGET_HOURS,
        "resolution_target_hours": RESOLUTION_TARGET_HOURS,
        "clock": ["calendar"] * len(PRIORITIES),
    }
