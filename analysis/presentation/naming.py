"""What breakdowns and their segments are called. Codes of the data stay as they are; the data model's own values have
names.
"""

import re
from collections.abc import Mapping

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
        "grade": both("grade"),
        "incentive_kind": both("incentive"),
        "part_id": both("part"),
        "tenure": both("time in post"),
        "topic": both("topic"),
        "training_kind": both("kind of training"),
        "weekday": both("day of the week"),
    }.get(breakdown, plain(breakdown.replace("_", " ")))


def segment_name(breakdown: str, segment: str, *, products: Mapping[str, str] | None = None) -> Text:
    """The segment as a reader says it; a product by its name where `products` (id → name) gives one."""
    if breakdown == "product_id":
        return _by_language((products or {}).get(segment, segment))
    known = _categories() | _product_lines() | _known_values() | _people()
    return known.get(segment.lower().replace("_", " "), plain(segment))


def _by_language(name: str) -> Text:
    """A name that holds both languages ("Rice cooker 电饭煲") in the reader's own; any other as it stands."""
    halves = BOTH_LANGUAGES.fullmatch(name)
    return {"en": halves["en"], "zh": halves["zh"]} if halves else plain(name)


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


def _people() -> dict[str, Text]:
    """Days of the week, incentives, grades, training: what breakdowns of the workforce hold."""
    return {
        "monday": both("Monday"),
        "tuesday": both("Tuesday"),
        "wednesday": both("Wednesday"),
        "thursday": both("Thursday"),
        "friday": both("Friday"),
        "saturday": both("Saturday"),
        "sunday": both("Sunday"),
        "material": both("money"),
        "recognition": both("recognition"),
        "promotion": both("promotion"),
        "junior": both("junior"),
        "regular": both("regular"),
        "senior": both("senior"),
        "expert": both("expert"),
        "pre job": both("before the job"),
        "on job": both("on the job"),
        "external": both("outside"),
        "under 1 year": both("under 1 year"),
        "1 to 3 years": both("1 to 3 years"),
        "3 years and more": both("3 years and more"),
    }
