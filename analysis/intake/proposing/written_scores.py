"""Answers that are no plain numbers on their scale: ★★★★☆, 4/5, "4 stars", 4分; codes that mean no answer (99, -1, 0).

A code left in would be the best or the worst answer of all. One outside the scale is taken for no answer and said; a 0
that may be the lowest level or no answer at all is asked about.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.quoting import identifier, literal

CODES = frozenset({-99, -98, -9, -8, -2, -1, 66, 77, 88, 97, 98, 99, 777, 888, 998, 999, 9999})
TOPS = (3, 5, 7, 10)
_STARS = re.compile(r"^[★⭐☆✩✰️]+$")
_FULL = "[^★⭐]"
_OF = re.compile(r"^(\d+(?:\.\d+)?) *(?:/|of|out of|von|sur|de) *(\d+)$")
_COUNTED = re.compile(
    r"^(\d+(?:\.\d+)?) *(?:stars?|sterne?|étoiles?|estrellas?|points?|pts?\.?|punkte?|puntos?|分|星)$", re.I
)
_NUMBER = r"^[0-9]+(\.[0-9]+)?"


@dataclass(frozen=True)
class WrittenScore:
    """SQL for the number that an answer says, the ends of its scale, and how it is written."""

    sql: str
    low: int
    high: int
    why: str


def written_score(profile: ColumnProfile) -> WrittenScore | None:
    """How answers that are no plain numbers say one; None where they do not."""
    texts = list(profile.common)
    name = profile.text_sql
    if not texts or profile.numbers is not None:
        return None
    if all(_STARS.match(text) for text in texts):
        most = max(sum(mark in "★⭐☆✩✰" for mark in text) for text in texts)
        sql = f"CAST(length(regexp_replace({name}, {literal(_FULL)}, '', 'g')) AS DOUBLE)"
        return WrittenScore(sql, 1, _top(most), "stars counted")
    number = f"CAST(regexp_extract({name}, {literal(_NUMBER)}) AS DOUBLE)"
    found = [match for text in texts if (match := _OF.match(text))]
    if len(found) == len(texts) and len({match[2] for match in found}) == 1:
        high = int(found[0][2])
        lowest = min(float(match[1]) for match in found)
        low = 0 if lowest < 1 or high > max(TOPS) else 1
        return WrittenScore(number, low, high, f"so many of {high}")
    counted = [match for text in texts if (match := _COUNTED.match(text))]
    if len(counted) == len(texts):
        values = [float(match[1]) for match in counted]
        high = _top(max(values)) if max(values) <= max(TOPS) else 100
        return WrittenScore(number, 0 if min(values) < 1 or high == 100 else 1, high, "the number without its word")
    return None


def without_codes(profile: ColumnProfile, *, said: tuple[int, int] | None) -> tuple[ColumnProfile, str]:
    """The column without the numbers that mean no answer, and what is said of them; as it is where there are none.

    Parameters
    ----------
    said : the ends of the scale, where the heading says them.
    """
    if profile.numbers is None or not profile.whole:
        return profile, ""
    values = {text: int(float(text)) for text in profile.common if re.fullmatch(r"-?\d+(\.0+)?", text)}
    if said is not None:
        codes = {text for text, value in values.items() if not said[0] <= value <= said[1]}
        codes = {text for text in codes if values[text] in CODES | {0}}
    else:
        inside = [value for value in values.values() if value not in CODES]
        codes = {text for text, value in values.items() if value in CODES and inside and max(inside) <= max(TOPS)}
    if not codes:
        return profile, ""
    kept: Mapping[str, int] = {text: count for text, count in profile.common.items() if text not in codes}
    left = [float(values[text]) for text in kept if text in values]
    if not left:
        return profile, ""
    lost = sum(profile.common[text] for text in codes)
    filled = profile.filled * (1 - lost / max(profile.counted, 1))
    told = ", ".join(sorted(codes, key=lambda text: values[text]))
    without = replace(
        profile, numbers=(min(left), max(left)), common=kept, nothing=tuple(sorted(codes)), filled=filled,
        values=tuple(None if value in codes else value for value in profile.values), counted=profile.counted - lost,
    )  # fmt: skip
    return without, f"{profile.name!r}: {told} taken for no answer ({lost:,} of {profile.counted:,} in the sample)"


def nought_question(profile: ColumnProfile, low: int, high: int) -> str:
    """What has to be asked of a 0 beside levels up to 3, 5 or 7: the worst answer, or none."""
    noughts = sum(count for text, count in profile.common.items() if text in ("0", "0.0"))
    if low != 0 or high not in (3, 5, 7) or not noughts:
        return ""
    name = profile.name
    none = f"CASE WHEN TRY_CAST({identifier(name)} AS DOUBLE) > 0 THEN {identifier(name)} END"
    return (
        f"{noughts:,} answers to {name!r} are 0. If 0 is the worst answer, write {name!r}; if it means no answer, "
        f"write {{sql: '{none}'}} and scale_min 1"
    )


def _top(most: float) -> int:
    return next((top for top in TOPS[1:] if most <= top), 100)
