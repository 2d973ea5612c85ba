"""Which column of a content is which column of a table, by heading and values; and which table a content is.

A column of the source serves one column of ours. Required columns come first; a heading that says it outweighs values
that would allow it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from analysis.data_model import Column, Table, read_tables
from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.proposing.values import kind_of_words, translate, yes_or_no
from analysis.intake.proposing.vocabulary import declared_tables, name_score, table_hint
from analysis.intake.proposing.written_scores import without_codes, written_score

LEAST = 0.5
MUCH = 0.15
HARDLY = 0.02  # of the rows hold anything: such a column is left out unless it is required
WEIGHT = {"R": 3.0, "r": 2.0, "o": 1.0}
UNIQUE = 0.98
UNLIKE = 0.8  # of the values differ: no product is named so
TIMES_OF_A_KIND = 8  # a "machine" by a name in words that comes so often is a product
HINT = 5.0
LACKS_KEY, LACKS_TIME, LACKS_OTHER = 3.0, 12.0, 1.0
OWN_MEASURES = ("wait_seconds", "handle_seconds", "travel_minutes", "hours", "warranty_months")
GROUPS = (2, 80)  # how many business units a company is likely to have
ANSWERS = (
    "score",
    "response_speed",
    "problem_solving",
    "attitude",
    "service_quality",
    "feedback_handling",
    "accessibility",
    "transparency",
    "reliability",
    "expectation",
)
FREE_TEXT = ("text", "comment", "root_cause", "action", "note", "topic")


@dataclass(frozen=True)
class Match:
    """A heading taken for a column of a table, how sure (0 to 1), and other headings that would do nearly as well."""

    column: str
    heading: str
    score: float
    why: str
    instead: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableMatch:
    """A content taken for a table: its matches by column, and how well it fits as a whole."""

    table: Table
    matches: Mapping[str, Match]
    total: float


def match_table(profiles: Mapping[str, ColumnProfile], table: Table, *, called: str) -> TableMatch:
    """The best assignment of a content's columns to one table's; `called` is the content's name."""
    columns = [column for column in table.columns if column.name not in ("source_system", "recorded_at")]
    names = list(profiles)
    scores = np.zeros((len(columns), len(names)))
    whys: dict[tuple[int, int], str] = {}
    for i, column in enumerate(columns):
        for j, name in enumerate(names):
            scores[i, j], whys[i, j] = score_column(profiles[name], table, column)
    wanted = np.where(scores >= LEAST, scores + [[0.04 * WEIGHT[column.need]] for column in columns], 0.0)
    matches: dict[str, Match] = {}
    for i, j in zip(*linear_sum_assignment(-wanted), strict=True):
        if scores[i, j] < LEAST:
            continue
        others = [k for k in np.argsort(-scores[i]) if k != j and scores[i, k] >= max(LEAST, scores[i, j] - 0.2)]
        matches[columns[i].name] = Match(
            columns[i].name, names[j], float(scores[i, j]), whys[i, j], tuple(names[k] for k in others[:3])
        )
    _share_unit(columns, names, scores, whys, matches)
    total = sum(WEIGHT[column.need] * matches[column.name].score for column in columns if column.name in matches)
    return TableMatch(table, matches, total + HINT * table_hint(called, table.name) - _lacking(table, matches))


def _share_unit(
    columns: Sequence[Column],
    names: Sequence[str],
    scores: NDArray[np.float64],
    whys: Mapping[tuple[int, int], str],
    matches: dict[str, Match],
) -> None:
    """Let the unit share a heading with another column where what is left for it is much worse: a machine is a unit."""
    place = next((i for i, column in enumerate(columns) if column.name == "business_unit"), None)
    if place is None:
        return
    best = int(np.argmax(scores[place]))
    now = matches.get("business_unit")
    if scores[place, best] >= LEAST and scores[place, best] > (now.score if now else 0.0) + MUCH:
        why = f"{whys[place, best]}; also read as another column"
        left = (now.heading,) if now else ()
        matches["business_unit"] = Match("business_unit", names[best], float(scores[place, best]), why, left)


def rank_tables(profiles: Mapping[str, ColumnProfile], *, called: str) -> list[TableMatch]:
    """The tables that a content may be, best first; those without any own column are left out."""
    tables = read_tables()
    found = [match_table(profiles, tables[name], called=called) for name in declared_tables()]
    return sorted((match for match in found if match.matches and match.total > 0), key=lambda match: -match.total)


def score_column(profile: ColumnProfile, table: Table, column: Column) -> tuple[float, str]:
    """How likely a source column is this column of the table, 0 to 1, and why."""
    if not profile.counted or (profile.filled < HARDLY and column.need != "R"):
        return 0.0, "empty"
    named = name_score(profile.heading, table.name, column.name)
    if profile.aside and named < 1:
        return 0.0, "personal"
    if column.type in ("date", "datetime"):
        return (named, "heading and times") if profile.times is not None and named else (0.0, "no times")
    if profile.times is not None:
        return 0.0, "a time"
    if column.type == "bool":
        fits = profile.yes_no or _known(profile)
        return (named, "heading and yes/no") if fits and named else (0.0, "not yes/no")
    if column.type in ("int", "float", "money"):
        return _score_number(profile, column, named)
    return _score_text(profile, table, column, named)


def _score_number(profile: ColumnProfile, column: Column, named: float) -> tuple[float, str]:
    if profile.duration and column.name not in OWN_MEASURES:
        return 0.0, "a duration"
    if profile.numbers is None:
        return _score_words(profile, named) if column.name in ANSWERS and named else (0.0, "no numbers")
    if column.type == "int" and not profile.whole:
        return 0.0, "no whole numbers"
    numbers = without_codes(profile, said=None)[0].numbers or profile.numbers
    if column.name == "score" and not (numbers[0] >= 0 and numbers[1] <= 100):
        return 0.0, "no scale"
    return (named, "heading and numbers") if named else (0.0, "")


def _score_words(profile: ColumnProfile, named: float) -> tuple[float, str]:
    """An answer in words: levels of satisfaction, numbers with labels, or only the group that a number would be in."""
    for kind, weight in (("satisfaction", 1.0), ("nps_group", 0.8)):
        words, share = translate(profile.common, kind)
        if words and share >= 0.8:
            return weight * named, f"heading and words of {kind.replace('_', ' ')}"
    if written_score(profile) is not None:
        return named, "heading and numbers in words or stars"
    return (named, "heading and numbers with labels") if profile.labelled else (0.0, "no numbers")


def _score_text(profile: ColumnProfile, table: Table, column: Column, named: float) -> tuple[float, str]:
    own_key = column.name == table.key[0] and len(table.key) == 1
    if own_key:
        return (named, "heading, unique") if profile.unique >= UNIQUE else (0.75 * named, "heading, but not unique")
    if column.name in FREE_TEXT:
        return (named, "heading and text")
    kind = kind_of_words(column)
    if kind is not None:
        known, share = translate(profile.common, kind)
        if share >= 0.8 and len(set(known.values())) > (1 if not named else 0):
            return (min(1.0, max(named, 0.45) + 0.15), f"{share:.0%} of the values are words of {column.name}")
        if column.allowed and column.need != "R":
            return (named * share, "heading, few known words") if share >= 0.3 else (0.0, "unknown words")
        if column.name == "status" and named:
            return (
                (named * (0.6 + 0.4 * share), "heading, some unknown words") if profile.is_words else (0.0, "no words")
            )
    if not named or profile.duration:
        return 0.0, ""
    if column.name == "parent_work_order_id" and named < 0.9:
        return 0.0, ""
    if column.name == "business_unit":
        return _score_unit(profile, named)
    if profile.numbers is not None and not profile.whole:
        return 0.5 * named, "heading, but decimal numbers"
    if column.name == "serial_no" and _names_kinds(profile):
        return 0.5 * named, "heading, but names of kinds"
    if column.name == "product_id" and profile.unique > UNLIKE:
        return 0.5 * named, "heading, but hardly a value twice"
    if not column.name.endswith("_id") and column.name != "serial_no" and not profile.is_words and profile.unique > 0.5:
        return 0.5 * named, "heading, but hardly a value twice"
    return (0.5 * named, "heading, but long text") if profile.length > 80 else (named, "heading")


def _score_unit(profile: ColumnProfile, named: float) -> tuple[float, str]:
    low, high = GROUPS
    if profile.unique > 0.5 and profile.distinct > low:
        return 0.0, "hardly a value twice"
    named *= 0.4 + 0.6 * profile.filled
    if low <= profile.distinct <= high:
        return named, f"heading, {profile.distinct} values"
    share = 0.7 if profile.distinct > high else 0.55
    return (share * named, f"heading, but {profile.distinct} value{'s' if profile.distinct > 1 else ''}")


def _names_kinds(profile: ColumnProfile) -> bool:
    """Whether the values name kinds of machines, not machines: a few names in words, each of them many times."""
    said = [str(value) for value in profile.common]
    few = profile.unique <= 1 / TIMES_OF_A_KIND
    return few and bool(said) and all(" " in value.strip() or not value.isascii() for value in said)


def _known(profile: ColumnProfile) -> bool:
    return profile.distinct <= 2 and yes_or_no(list(profile.common)) is not None


def _lacking(table: Table, matches: Mapping[str, Match]) -> float:
    """What it costs that required columns are nowhere: a table of events without a time is none."""
    lost = 0.0
    for column in table.columns:
        if column.need != "R" or column.name in matches:
            continue
        times = column.type in ("date", "datetime") and not (table.name == "surveys" and _has_time(table, matches))
        lost += LACKS_TIME if times else LACKS_KEY if column.name in table.key else LACKS_OTHER
    if table.name == "surveys" and "score" not in matches:
        lost += LACKS_TIME
    weak = table.key and table.key[0] in matches and matches[table.key[0]].why.endswith("not unique")
    return lost + (2.0 if weak else 0.0)


def _has_time(table: Table, matches: Mapping[str, Match]) -> bool:
    return any(name in matches for name in ("sent_at", "answered_at"))
