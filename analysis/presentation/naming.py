"""What breakdowns and their segments are called. Codes of the data stay as they are; the data model's own values have
names.
"""

import re
from collections.abc import Mapping

from analysis.data_model import read_tables
from analysis.metrics.expected import read_expected
from analysis.presentation.known_values import known_values, step_name
from analysis.presentation.language import Text, both, join, plain

BOTH_LANGUAGES = re.compile(r"(?P<en>[ -~]*[A-Za-z][ -~]*) (?P<zh>[^A-Za-z]*[\u4e00-\u9fff].*)")


def breakdown_name(breakdown: str) -> Text:
    """The breakdown as a reader says it: "product line" / "产品线"."""
    return {
        "product_line": both("product line"),
        "product_id": both("product"),
        "fault_code": both("fault"),
        "work_order_type": both("type of work"),
        "service_mode": both("service mode"),
        "channel": both("channel"),
        "cost_type": both("type of cost"),
        "poor_service_part": both("kind of loss"),
        "priority": both("priority"),
        "technician_id": both("technician"),
        "customer_segment": both("customer segment"),
        "segment": both("customer segment"),
        "region": both("region"),
        "in_warranty": both("warranty"),
        "category": both("category"),
        "severity": both("severity"),
        "age_bucket": both("age"),
        "stage": both("stage"),
        "backtest": both("backtest"),
        "batch": both("batch"),
        "supplier": both("supplier"),
        "reason": both("reason"),
        "parts_wait": both("parts"),
        "acquired_via": both("way of winning customers"),
        "personalised": both("kind of offer"),
        "reward_type": both("reward"),
        "service_experience": both("service experience"),
        "tier": both("tier"),
        "value_part": both("part of the value"),
        "aspect": both("aspect"),
        "theme": both("theme"),
        "method": both("way of asking"),
        "instrument": both("question"),
        "scale": both("scale"),
        "days": both("days since the repair"),
        "fault_cluster": both("fault cluster"),
        "months_in_service": both("months in service"),
        "part_id": both("part"),
        "policy_version": both("return policy"),
        "deviation": both("deviation"),
        "handoffs": both("number of hand-offs"),
        "hour_slot": both("day and hour"),
        "path": both("way"),
        "step": both("step"),
        "activity": both("step taken"),
        "time_part": both("use of time"),
        "field": both("field"),
        "link": both("link"),
        "record_type": both("table"),
        "grade": both("grade"),
        "incentive_kind": both("incentive"),
        "tenure": both("time in post"),
        "topic": both("topic"),
        "training_kind": both("kind of training"),
        "weekday": both("day of the week"),
    }.get(breakdown, plain(breakdown.replace("_", " ")))


def segment_name(breakdown: str, segment: str, *, products: Mapping[str, str] | None = None) -> Text:
    """The segment as a reader says it; a product by its name where `products` (id → name) gives one."""
    if breakdown == "product_id":
        return name_by_language((products or {}).get(segment, segment))
    if breakdown in ("step", "path", "activity") and segment != "other":
        return join([step_name(step) for step in segment.split(">")], " → ")
    if breakdown == "hour_slot":
        return _slot_name(segment)
    if breakdown in ("field", "link", "record_type"):
        return _part_of_the_data(breakdown, segment)
    return known_values(breakdown).get(segment.lower().replace("_", " "), name_by_language(segment))


def name_by_language(name: str) -> Text:
    """A name that holds both languages ("Rice cooker 电饭煲") in the reader's own; any other as it stands.

    Whole stands also a name whose Chinese half has Latin words that the other lacks: "Robot 扫地机器人 X200" and
    "Robot 扫地机器人 X300" must not both be "Robot".

    So may users write names of products and segments, notes of measures and sources of benchmarks.
    """
    halves = BOTH_LANGUAGES.fullmatch(name)
    if halves is None or _latin_words(halves["zh"]) - _latin_words(halves["en"]):
        return plain(name)
    return {"en": halves["en"], "zh": halves["zh"]}


def _latin_words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


def need_name(need: str) -> Text:
    """A table or column that a figure needs, as a reader knows it: "Work orders: fault code"; a column without a name
    by its table's, what the data model does not know as it stands."""
    tables, (table, _, _) = read_tables(), need.partition(".")
    field = read_expected().field(need)
    if field is not None:
        return field.full_name
    return tables[table].title if table in tables else plain(need)


def report_name(report: str) -> Text:
    """A report as a reader says it: "repair cycle" / "维修周期"; a company's own by its id."""
    return {
        "satisfaction": both("customer satisfaction"),
        "product_quality": both("product quality feedback"),
        "service_cost": both("service cost"),
        "repair_cycle": both("repair cycle"),
        "service_quality": both("service quality"),
        "loyalty": both("loyalty and customer value"),
        "process": both("service process"),
        "complaints": both("complaints and their handling"),
        "channels": both("channels and self-service"),
        "workforce": both("staff, training and parts"),
        "data_quality": both("data quality"),
    }.get(report, plain(report.replace("_", " ")))


def _part_of_the_data(breakdown: str, segment: str) -> Text:
    """A field, a link or a table of the data model; what it does not know stands as it is."""
    if breakdown == "record_type":
        tables = read_tables()
        return tables[segment].title if segment in tables else plain(segment)
    if breakdown == "link":
        return next((link.name for link in read_expected().links if link.id == segment), plain(segment))
    field = read_expected().field(segment)
    return plain(segment) if field is None else field.full_name


def stage_name(stage: str) -> Text:
    """A stage of the repair cycle: "technician response" / "工程师响应"."""
    return {
        "request_handling": both("request handling"),
        "dispatch": both("dispatch"),
        "technician_response": both("technician response"),
        "repair": both("repair"),
        "closing": both("closing"),
    }[stage]


def measure_kind_name(kind: str) -> Text:
    """The kind of an improvement measure: "training" / "培训"."""
    return {
        "process": both("process change"),
        "training": both("training"),
        "policy": both("policy"),
        "staffing": both("staffing"),
        "tool": both("tool"),
        "product_change": both("product change"),
    }.get(kind, plain(kind.replace("_", " ")))


def weekday_name(day: int, *, short: bool = False) -> Text:
    """A day of the week, 1 for Monday: "Monday" / "星期一", short "Mon" / "周一"."""
    if short:
        return (both("Mon"), both("Tue"), both("Wed"), both("Thu"), both("Fri"), both("Sat"), both("Sun"))[day - 1]
    return (
        both("Monday"),
        both("Tuesday"),
        both("Wednesday"),
        both("Thursday"),
        both("Friday"),
        both("Saturday"),
        both("Sunday"),
    )[day - 1]


def _slot_name(slot: str) -> Text:
    """Two hours of a day of the week: "Monday 8:00–10:00"."""
    day, hour = (int(part) for part in slot.split("-"))
    return both("{day} {hours}", day=weekday_name(day), hours=f"{hour}:00–{hour + 2}:00")
