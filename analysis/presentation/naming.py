"""What breakdowns and their segments are called. Codes of the data stay as they are; the data model's own values have
names.
"""

import re
from collections.abc import Callable, Mapping

from analysis.presentation.language import Text, both, join, plain
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
        "time_part": both("use of time"),
        "field": both("field"),
        "link": both("link"),
        "record_type": both("table"),
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
    known = _categories() | _product_lines() | _customer_values() | _known_values()
    known = _categories() | _product_lines() | _known_values() | _satisfaction()
    known = _categories() | _product_lines() | _known_values() | _return_reasons()
    if breakdown in ("step", "path") and segment != "other":
        return join([step_name(step) for step in segment.split(">")], " → ")
    if breakdown == "hour_slot":
        return _slot_name(segment)
    if breakdown in _BY_BREAKDOWN:
        return _BY_BREAKDOWN[breakdown]().get(segment, plain(segment.replace("_", " ")))
    if breakdown in ("field", "link", "record_type"):
        return _part_of_the_data(breakdown, segment)
    known = _categories() | _product_lines() | _known_values()
    known = _categories() | _product_lines() | _known_values() | _people()
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
STEPS = (
    "created", "handled", "assigned", "reassigned", "departed", "arrived", "started", "paused", "resumed", "escalated",
    "completed", "reopened", "closed", "cancelled",
)  # fmt: skip
"""The steps that an order's record may hold, in the order of the process."""


def step_name(step: str) -> Text:
    """A step of an order: "assigned" / "派工"."""
    return {
        "created": both("request made"),
        "handled": both("accepted"),
        "assigned": both("assigned"),
        "reassigned": both("handed on"),
        "departed": both("set off"),
        "arrived": both("arrived"),
        "started": both("work begun"),
        "paused": both("paused"),
        "resumed": both("resumed"),
        "escalated": both("escalated"),
        "completed": both("completed"),
        "reopened": both("reopened"),
        "closed": both("closed"),
        "cancelled": both("cancelled"),
    }.get(step, plain(step.replace("_", " ")))


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


def _deviations() -> dict[str, Text]:
    """How an order leaves the norm path."""
    skipped: dict[str, Text] = {f"without_{step}": both("no step “{step}”", step=step_name(step)) for step in STEPS}
    return skipped | {
        "handed_on": both("handed on"),
        "went_back": both("went back a step"),
        "escalated": both("escalated"),
    }


def _handoffs() -> dict[str, Text]:
    return {
        "0": both("not handed on"),
        "1": both("handed on once"),
        "2": both("handed on twice"),
        "3+": both("three times or more"),
    }


def _time_parts() -> dict[str, Text]:
    return {
        "working": both("at work"),
        "wait_customer": both("waiting for the customer"),
        "wait_parts": both("waiting for parts"),
        "wait_approval": both("waiting for approval"),
        "wait_other": both("waiting for another reason"),
        "unrecorded": both("nothing recorded"),
    }


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


def _customer_values() -> dict[str, Text]:
    """Segments of customers, how they were won, where they buy, what they are rewarded with, as many systems name
    it."""
    return {
        "household": both("household"),
        "vip": both("VIP"),
        "young renter": both("young renter"),
        "small business": both("small business"),
        "property manager": both("property manager"),
        "online shop": both("online shop"),
        "marketplace": both("marketplace"),
        "live stream": both("live stream"),
        "project": both("project"),
        "campaign": both("campaign"),
        "referral": both("referral"),
        "personal offer": both("personal offer"),
        "other offer": both("other offer"),
        "voucher": both("voucher"),
        "free maintenance": both("free maintenance"),
        "gift": both("gift"),
        "extended warranty": both("extended warranty"),
        "good service": both("good service"),
        "bad service": both("bad service"),
        "first purchase": both("first purchase"),
        "later purchases": both("later purchases"),
        "service cost": both("service cost"),
        "standard": both("standard tier"),
        "silver": both("silver"),
        "gold": both("gold"),
        "platinum": both("platinum"),
def _return_reasons() -> dict[str, Text]:
    """Why customers send things back."""
    return {
        "changed mind": both("changed mind"),
        "damaged in transport": both("damaged in transport"),
        "defective": both("defective"),
        "not as expected": both("not as expected"),
        "wrong size": both("wrong size"),
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
        "labour": both("labour"),
        "parts": both("parts"),
        "consumables": both("consumables"),
        "transport": both("transport"),
        "warehouse": both("warehouse"),
        "technical support": both("technical support"),
        "return handling": both("handling of returns"),
        "training": both("training"),
        "goodwill": both("goodwill"),
        "repeat order": both("repeat orders"),
        "further visits": both("further visits"),
        "unknown": both("unknown"),
        "true": both("in warranty"),
        "false": both("out of warranty"),
        "waited": both("waited for a part"),
        "no wait": both("no wait for parts"),
    }


def _satisfaction() -> dict[str, Text]:
    """Aspects that customers score, ways of asking them, what comments are about, and who customers are."""
    return {
        "response speed": both("response speed"),
        "problem solving": both("problem solving"),
        "service quality": both("service quality"),
        "feedback handling": both("handling of feedback"),
        "accessibility": both("ease of contact"),
        "transparency": both("transparency"),
        "reliability": both("reliability"),
        "questionnaire": both("questionnaire"),
        "phone callback": both("telephone call"),
        "online review": both("online review"),
        "speed": both("speed and waiting"),
        "repair quality": both("quality of the repair"),
        "price": both("price and charges"),
        "parts": both("spare parts"),
        "communication": both("communication"),
        "appointment": both("appointments"),
        "tidiness": both("tidiness"),
        "household": both("household"),
        "young renter": both("young renter"),
        "small business": both("small business"),
        "property manager": both("property manager"),
        "vip": both("VIP"),
        "wechat": both("WeChat"),
    }


_BY_BREAKDOWN: Mapping[str, Callable[[], dict[str, Text]]] = {
    "deviation": _deviations,
    "handoffs": _handoffs,
    "time_part": _time_parts,
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
