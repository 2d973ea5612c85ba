"""What breakdowns and their segments are called. Codes of the data stay as they are; the data model's own values have
names.
"""

import re
from collections.abc import Mapping

from analysis.data_model import read_tables
from analysis.metrics.expected import read_expected
from analysis.presentation.language import Text, both, plain

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
        "batch": both("batch"),
        "supplier": both("supplier"),
        "reason": both("reason"),
        "field": both("field"),
        "link": both("link"),
        "record_type": both("table"),
    }.get(breakdown, plain(breakdown.replace("_", " ")))


def segment_name(breakdown: str, segment: str, *, products: Mapping[str, str] | None = None) -> Text:
    """The segment as a reader says it; a product by its name where `products` (id → name) gives one."""
    if breakdown == "product_id":
        return _by_language((products or {}).get(segment, segment))
    if breakdown in ("field", "link", "record_type"):
        return _part_of_the_data(breakdown, segment)
    known = _categories() | _product_lines() | _known_values()
    return known.get(segment.lower().replace("_", " "), plain(segment))


def _by_language(name: str) -> Text:
    """A name that holds both languages ("Rice cooker 电饭煲") in the reader's own; any other as it stands."""
    halves = BOTH_LANGUAGES.fullmatch(name)
    return {"en": halves["en"], "zh": halves["zh"]} if halves else plain(name)


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


def _categories() -> dict[str, Text]:
    """What customers complain about, as many systems name it."""
    return {
        "product quality": both("product quality"),
        "slow response": both("slow response"),
        "repeat fault": both("repeat fault"),
        "attitude": both("attitude"),
        "cost dispute": both("cost dispute"),
        "parts wait": both("wait for parts"),
        "installation quality": both("installation quality"),
        "missed appointment": both("missed appointment"),
        "damage during service": both("damage during service"),
        "wrong information": both("wrong information"),
        "delivery damage": both("delivery damage"),
        "privacy": both("privacy"),
        "other": both("other"),
    }


def _product_lines() -> dict[str, Text]:
    return {
        "air conditioner": both("air conditioner"),
        "refrigerator": both("refrigerator"),
        "washing machine": both("washing machine"),
        "water heater": both("water heater"),
        "small appliance": both("small appliance"),
        "tv": both("TV"),
    }


def _known_values() -> dict[str, Text]:
    return {
        "repair": both("repair work"),
        "install": both("installation"),
        "maintenance": both("maintenance"),
        "inspection": both("inspection"),
        "onsite": both("on site"),
        "depot": both("in the workshop"),
        "remote": both("remote"),
        "phone": both("telephone"),
        "email": both("e-mail"),
        "chat": both("online chat"),
        "app": both("app"),
        "web": both("website"),
        "social": both("social media"),
        "store": both("store"),
        "bot": both("chatbot"),
        "community": both("community"),
        "low": both("low priority"),
        "normal": both("normal priority"),
        "high": both("high priority"),
        "urgent": both("urgent"),
        "true": both("in warranty"),
        "false": both("out of warranty"),
    }
