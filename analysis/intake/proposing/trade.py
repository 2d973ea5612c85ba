"""What tables other than orders and surveys need beyond their matched columns: a line's worth, goods sent back, the
kind of a cost, the channel of a call.
"""

from collections.abc import Mapping

from analysis.data_model import read_tables
from analysis.intake.proposing.matching import Match
from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.proposing.proposal import ColumnChoice, TableChoice
from analysis.intake.proposing.samples import SampledContent
from analysis.intake.proposing.specs import choice_of
from analysis.intake.proposing.values import translate
from analysis.intake.proposing.vocabulary import is_called, words_of_the_trade
from analysis.intake.quoting import identifier

UNIQUE = 0.999
DIFFERENT = "no heading says that it is the id; the first column of which all values differ"
LONGEST_KEY, FEWEST_KEYS = 40, 20
LINES = 1.3  # rows per key from which a key is a document's with several lines
OF_LINES = ("purchases", "costs", "returns", "warranty_claims")


def missing_key(
    sampled: SampledContent, table: str, match: Match | None, profiles: Mapping[str, ColumnProfile]
) -> tuple[ColumnChoice | None, bool, tuple[str, ...]]:
    """The choice for a table's key where the source has none that is unique, whether it needs the row's number, and
    what has to be said.

    A key that repeats on lines of one document is told apart by the line; one that repeats now and then are copies of
    a row, which intake counts once. Where there is no key, the row's number is it.
    """
    column = read_tables()[table].key[0]
    match = match or _all_different(sampled, profiles)
    if match is None:
        prefix = "".join(letter for letter in sampled.stem if letter.isalnum())[:8]
        spec = {"sql": f"'{prefix}-' || CAST(_row AS VARCHAR)"}
        why = "no id in the source: the row's number; it changes when rows are inserted"
        return ColumnChoice(column, None, spec, 0.5, why), True, ()
    keys = sampled.distinct([match.heading])
    if keys >= UNIQUE * max(sampled.rows, 1) and (keys == sampled.rows or table not in OF_LINES):
        if match.why == DIFFERENT:
            return ColumnChoice(column, match.heading, match.heading, match.score, match.why), False, ()
        return None, False, _copies(sampled, match.heading, keys)
    if table not in OF_LINES and sampled.rows < LINES * keys:
        return None, False, _copies(sampled, match.heading, keys)
    spec = {"sql": f"{identifier(match.heading)} || '-' || CAST(_row AS VARCHAR)"}
    confidence = match.score if table in OF_LINES else 0.5
    why = f"stands on several rows ({sampled.rows / max(keys, 1):.1f} each): told apart by the row's number"
    return ColumnChoice(column, match.heading, spec, confidence, why), True, ()


def _all_different(sampled: SampledContent, profiles: Mapping[str, ColumnProfile]) -> Match | None:
    """The first column that may be the key though no heading says so: a value in each row, and none of them twice."""
    for name, told in profiles.items():
        plain = told.times is None and not told.aside and not told.duration and told.length <= LONGEST_KEY
        bare = not any(" " in value for value in told.common)
        if plain and bare and told.filled == 1 and told.unique == 1 and (told.numbers is None or told.whole):
            keys = sampled.distinct([name])
            if keys == sampled.rows > FEWEST_KEYS:
                return Match("", name, 0.5, DIFFERENT)
    return None


def _copies(sampled: SampledContent, heading: str, keys: int) -> tuple[str, ...]:
    """What is said of rows that repeat a key."""
    copies = sampled.rows - keys
    if copies <= 0:
        return ()
    return (
        f"{copies:,} rows repeat a {heading!r}: copies are counted once, of rows that differ the newest is kept or all "
        "are set aside",
    )


def purchase_choices(
    matches: Mapping[str, Match], profiles: Mapping[str, ColumnProfile]
) -> tuple[list[ColumnChoice], str | None]:
    """Quantity, revenue and the condition that makes a row a purchase: more than nothing of it (None: all are)."""
    choices: list[ColumnChoice] = []
    price = next(
        (name for name in profiles if is_called(name, words_of_the_trade()["price"]) and profiles[name].numbers), None
    )
    quantity = matches.get("quantity")
    if "revenue" not in matches and price and quantity:
        sql = f"TRY_CAST({identifier(quantity.heading)} AS DOUBLE) * TRY_CAST({identifier(price)} AS DOUBLE)"
        choices.append(ColumnChoice("revenue", price, {"sql": sql}, 0.8, "quantity times price"))
    signs = [m.heading for m in (quantity, matches.get("revenue")) if m is not None]
    signs += [price] if price and "revenue" not in matches else []
    needed = [name for name in signs if _below_or_at_zero(profiles[name])]
    conditions = [f"TRY_CAST({identifier(name)} AS DOUBLE) > 0" for name in needed]
    customer = matches.get("customer_id")
    if customer is not None and profiles[customer.heading].filled < 1:
        conditions.append(f"{identifier(customer.heading)} IS NOT NULL")
    return choices, " AND ".join(conditions) or None


def returned_lines(
    stem: str, matches: Mapping[str, Match], profiles: Mapping[str, ColumnProfile]
) -> TableChoice | None:
    """The lines of less than nothing as returns; None where there are none."""
    quantity = matches.get("quantity")
    if quantity is None or profiles[quantity.heading].numbers is None or profiles[quantity.heading].numbers[0] >= 0:  # type: ignore[index]
        return None
    table = read_tables()["returns"]
    id_, when = matches.get("purchase_id"), matches.get("purchased_at")
    if when is None:
        return None
    why = "a line of negative quantity"
    key = f"{identifier(id_.heading)} || '-' || " if id_ else "'R-' || "
    choices = [
        ColumnChoice("return_id", id_.heading if id_ else None, {"sql": f"{key}CAST(_row AS VARCHAR)"}, 0.7, why),
        ColumnChoice("kind", None, {"constant": "return"}, 0.7, "cancelled orders and goods sent back look the same"),
        choice_of(table.column("requested_at"), when, profiles[when.heading]),
    ]
    choices += [
        choice_of(table.column(name), matches[name], profiles[matches[name].heading])
        for name in ("business_unit", "customer_id", "product_id")
        if name in matches
    ]
    customer = matches.get("customer_id")
    known = f" AND {identifier(customer.heading)} IS NOT NULL" if customer is not None else ""
    condition = f"TRY_CAST({identifier(quantity.heading)} AS DOUBLE) < 0{known}"
    return TableChoice("returns", stem, tuple(choices), select=f"SELECT * FROM {identifier(stem)} WHERE {condition}")


def cost_type_choice(heading: str) -> ColumnChoice:
    """The kind of a cost where no column says it: by its heading, else `other`."""
    known, _ = translate({heading: 1}, "cost_type")
    kind = known.get(heading, "other")
    why = "its heading says so" if heading in known else "the source does not say what it was spent on"
    return ColumnChoice("cost_type", None, {"constant": kind}, 0.6, why)


def interaction_choices(
    stem: str, matches: Mapping[str, Match], profiles: Mapping[str, ColumnProfile]
) -> list[ColumnChoice]:
    """The channel of a contact log, and waiting and talking from its stamps."""
    choices: list[ColumnChoice] = []
    channel = matches.get("channel")
    known, share = translate(profiles[channel.heading].common, "channel") if channel else ({}, 0.0)
    if channel is not None and share > 0.5:
        spec = {
            "column": channel.heading,
            "values": {**known, "*": "chat" if is_called(stem, ["chat", "会话"]) else "web"},
        }
        choices.append(ColumnChoice("channel", channel.heading, spec, channel.score, "words of channels"))
    else:
        chat = is_called(stem, ["chat", "conversation", "会话", "对话", "客服"])
        choices.append(
            ColumnChoice("channel", None, {"constant": "chat" if chat else "phone"}, 0.6, "by the content's name")
        )
    began, replied, ended = (matches.get(name) for name in ("started_at", "first_reply_at", "ended_at"))
    if began and replied and all(_plainly_timed(profiles[match.heading]) for match in (began, replied)):
        choices.append(_seconds("wait_seconds", began.heading, replied.heading))
    if replied and ended and all(_plainly_timed(profiles[match.heading]) for match in (replied, ended)):
        choices.append(_seconds("handle_seconds", replied.heading, ended.heading))
    if "abandoned" not in matches and replied is not None and channel is None and profiles[replied.heading].filled < 1:
        sql = f"{identifier(replied.heading)} IS NULL"
        choices.append(ColumnChoice("abandoned", replied.heading, {"sql": sql}, 0.6, "never answered"))
    return choices


def _seconds(column: str, start: str, end: str) -> ColumnChoice:
    first, last = (f"CAST(replace({identifier(name)}, '/', '-') AS TIMESTAMP)" for name in (start, end))
    sql = f"greatest(date_diff('second', {first}, {last}), 0)"
    return ColumnChoice(column, None, {"sql": sql}, 0.7, "computed from the stamps")


def _plainly_timed(profile: ColumnProfile) -> bool:
    """Whether a column holds times that need no declared format."""
    return profile.times is not None and not profile.times.formats and not (profile.clock or profile.is_mended)


def _below_or_at_zero(profile: ColumnProfile) -> bool:
    return profile.numbers is not None and profile.numbers[0] <= 0
