"""The values that breakdowns hold in many systems, and what they are called in both languages. A value that is not here
stays as the data write it.
"""

from collections.abc import Callable, Mapping
from functools import cache

from analysis.presentation.language import Text, both, plain
from analysis.presentation.place_names import place_names

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


@cache
def known_values(breakdown: str) -> Mapping[str, Text]:
    """What the values of a breakdown are called: value in lower case with spaces → its name."""
    if breakdown in BY_BREAKDOWN:
        return BY_BREAKDOWN[breakdown]()
    return _categories() | _product_lines() | _customer_values() | _return_reasons() | _known_values()


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
        "e-mail": both("e-mail"),
        "wechat": both("WeChat"),
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
    }


def _return_reasons() -> dict[str, Text]:
    """Why customers send things back."""
    return {
        "changed mind": both("changed mind"),
        "damaged in transport": both("damaged in transport"),
        "defective": both("defective"),
        "not as expected": both("not as expected"),
        "wrong size": both("wrong size"),
    }


def _satisfaction() -> dict[str, Text]:
    """Aspects that customers score, ways of asking them, and what comments are about."""
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
        "attitude": both("attitude"),
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


def _deviations() -> dict[str, Text]:
    """How an order leaves the norm path."""
    skipped: dict[str, Text] = {f"without {step}": both("no step “{step}”", step=step_name(step)) for step in STEPS}
    return skipped | {
        "handed on": both("handed on"),
        "went back": both("went back a step"),
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
        "wait customer": both("waiting for the customer"),
        "wait parts": both("waiting for parts"),
        "wait approval": both("waiting for approval"),
        "wait other": both("waiting for another reason"),
        "unrecorded": both("nothing recorded"),
    }


BY_BREAKDOWN: Mapping[str, Callable[[], Mapping[str, Text]]] = {
    **dict.fromkeys(("aspect", "theme", "method"), _satisfaction),
    **dict.fromkeys(("weekday", "incentive_kind", "grade", "tenure", "training_kind"), _people),
    "reason": _return_reasons,
    "deviation": _deviations,
    "handoffs": _handoffs,
    "time_part": _time_parts,
    "region": place_names,
}
