"""`alerts:` of suite.yml, read strictly: what is watched, and who is told."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from analysis.delivery.checking import Checker, Wrong, flat, one_of, whole
from analysis.delivery.settings import EVERY, AlertRule, Limit, Person

PLACE = "suite.yml: alerts"
SIGNALS = ("worsening", "improving", "unusual")
# what holds every month, a bottleneck or the season, is no alert
FINDINGS = (
    "level_shift", "trend", "outlier", "unit_outlier", "intervention_effect", "target_missed", "mix_effect",
    "rate_effect", "concentration", "censoring",
)  # fmt: skip
_LIMIT = re.compile(r"(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)")


def read_alerts(given: object, people: Mapping[str, Person], faults: list[str]) -> tuple[AlertRule, ...]:
    """The rules; what is wrong with them is added to `faults`."""
    if given is None:
        return ()
    if not isinstance(given, list):
        faults.append(f"{PLACE}: expected a list of rules, found {type(given).__name__}")
        return ()
    rules = [_rule(entry, position, people, faults) for position, entry in enumerate(given, start=1)]
    names = [rule.name for rule in rules if rule]
    faults += [f"{PLACE}: two rules are called {name!r}" for name in sorted(set(names)) if names.count(name) > 1]
    return tuple(rule for rule in rules if rule)


def _rule(entry: object, position: int, people: Mapping[str, Person], faults: list[str]) -> AlertRule | None:
    before = len(faults)
    name = entry.get("name") if isinstance(entry, Mapping) else None
    checker = Checker(f"{PLACE}: {name or f'rule {position}'}", faults)
    content = checker.mapping(entry, [*_RULE, "to"])
    values = checker.checked({key: value for key, value in content.items() if key != "to"}, _RULE)
    to = checker.known(content.get("to", []), people, what="to")
    faults += [f"{checker.place}: {key} is missing" for key in ("name", "to") if key not in content]
    if len(faults) > before:
        return None
    watched = [key for key in ("limit", "signals", "findings") if key in values]
    if len(watched) != 1:
        faults.append(f"{checker.place}: needs exactly one of limit, signals and findings, has {len(watched)}")
    if "limit" in values and "metric" not in values:
        faults.append(f"{checker.place}: a limit needs its metric")
    if "good" in values and "findings" not in values:
        faults.append(f"{checker.place}: good is for findings alone")
    return None if len(faults) > before else AlertRule(**values, to=tuple(to))


def _limit(value: object) -> Limit:
    found = _LIMIT.fullmatch(flat(value))
    if not found or not math.isfinite(float(found[2])):
        raise Wrong('must be a comparison with a number, such as "> 3"')
    return Limit(found[1].startswith(">"), found[1].endswith("="), float(found[2]))


def _some(*known: str) -> Callable[[object], tuple[str, ...]]:
    def check(value: object) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one_of(*known)(each) for each in (value if isinstance(value, list) else [value])))

    return check


def _units(value: object) -> tuple[str, ...]:
    if value == EVERY:
        return ()
    if not isinstance(value, list) or not value:
        raise Wrong("must be a list of units, or 'every'")
    return tuple(flat(each) for each in value)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise Wrong("must be true or false")
    return value


_RULE: Mapping[str, Callable[[Any], Any]] = {
    "name": flat,
    "metric": flat,
    "limit": _limit,
    "signals": _some(*SIGNALS),
    "findings": _some(*FINDINGS),
    "good": _truth,
    "units": _units,
    "repeat_days": whole,
}
