"""What a mapping says of one column, from its match and its profile: formats, words, blanks, constants."""

import re
from collections.abc import Mapping
from typing import Any

from analysis.data_model import Column
from analysis.intake.proposing.matching import ANSWERS, Match
from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.proposing.proposal import ColumnChoice
from analysis.intake.proposing.values import kind_of_words, translate, yes_or_no
from analysis.intake.proposing.vocabulary import is_called
from analysis.intake.quoting import identifier
from analysis.intake.undecided import ASK

EXAMPLES = 3
PLAIN_YES = frozenset({"true", "t", "yes", "y", "1", "是", "false", "f", "no", "n", "0", "否"})
PHONE_LIKE = re.compile(r"^\+?[\d\- ()]{7,}$")


def choice_of(
    column: Column, match: Match, profile: ColumnProfile, *, words: Mapping[str, int] | None = None, remark: str = ""
) -> ColumnChoice:
    """The choice for a matched column. `words`: the column's values in the whole content, where they are translated."""
    spec, confidence, why = spec_of(column, match, profile, words=words)
    why = f"{why}; {remark}" if remark else why
    return ColumnChoice(column.name, match.heading, spec, confidence, why, examples_of(profile), match.instead)


def spec_of(
    column: Column, match: Match, profile: ColumnProfile, *, words: Mapping[str, int] | None = None
) -> tuple[Any, float, str]:
    """What the mapping says, how sure, and why."""
    name, why, confidence = match.heading, match.why, match.score
    if column.type in ("date", "datetime"):
        times = profile.times
        why += f"; the time of day from {profile.clock!r}" if profile.clock else ""
        why = "; ".join([why, *profile.remarks])
        if times is not None and times.doubt:
            return with_formats({"column": name}, profile), min(confidence, 0.55), f"{why}; {times.doubt}"
        if times is not None and times.share < 1:
            why += f"; {1 - times.share:.1%} of the values are read by none of the formats and will be set aside"
        return _plain(with_formats({"column": name}, profile)), confidence, why
    values = words if words is not None else profile.common
    if column.type == "bool":
        known = yes_or_no(list(values)) or {}
        told = {value: said for value, said in known.items() if value.casefold() not in PLAIN_YES}
        return ({"column": name, "values": told} if told else name), confidence, why
    kind = kind_of_words(column)
    if kind is not None:
        known_words, _ = translate(values, kind)
        rest = [value for value in values if value not in known_words]
        spec: dict[str, Any] = {"column": name, "values": dict(known_words)}
        if rest and column.allowed:
            spec["values"]["*"] = None
            why += f"; not known: {', '.join(map(repr, rest[:4]))}"
            confidence = min(confidence, 0.6)
        return spec, confidence, why
    if column.name in ANSWERS and profile.numbers is None:
        return levels_of(values, name), confidence, why
    if column.name == "customer_id" and _are_phones(profile):
        return (
            {"sql": f"substr(md5({identifier(name)}), 1, 12)"},
            confidence,
            f"{why}; a telephone number, kept as a digest",
        )
    return name, confidence, why


def levels_of(values: Mapping[str, int], heading: str) -> dict[str, Any]:
    """An answer in words as numbers: levels of satisfaction from 1 to 5, else the group on a scale of 0 to 10."""
    kind = max(("satisfaction", "nps_group"), key=lambda kind: translate(values, kind)[1])
    known, _ = translate(values, kind)
    return {"column": heading, "values": {value: float(meant) for value, meant in known.items()}}


def with_formats(spec: dict[str, Any], profile: ColumnProfile) -> dict[str, Any]:
    """The spec with the column's formats, where they must be declared; what they leave open is asked; days
    with a clock beside them are read with it."""
    if (profile.clock or profile.is_mended) and "column" in spec:
        spec = {**{key: value for key, value in spec.items() if key != "column"}, "sql": profile.text_sql}
    if profile.times is not None and profile.times.asks:
        return {**spec, "format": f"{ASK}{profile.times.asks}"}
    formats = list(profile.times.formats) if profile.times is not None else []
    if not formats:
        return spec
    return {**spec, **({"format": formats[0]} if len(formats) == 1 else {"formats": formats})}


def examples_of(profile: ColumnProfile) -> tuple[str, ...]:
    """A few values, commonest first."""
    return tuple(list(profile.common)[:EXAMPLES])


def _are_phones(profile: ColumnProfile) -> bool:
    """Whether a heading speaks of calls or telephones and the values look like numbers of them."""
    speaks = is_called(profile.name, ("phone", "caller", "from", "number", "mobile", "电话", "号码", "手机", "主叫"))
    return speaks and bool(profile.common) and all(PHONE_LIKE.match(value) for value in profile.common)


def _plain(spec: dict[str, Any]) -> Any:
    return spec["column"] if spec.keys() == {"column"} else spec
