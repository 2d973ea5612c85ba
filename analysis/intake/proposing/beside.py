"""Tables that stand beside an order in the same rows: the customer's answer, what it cost, the product's line.

Made only where the columns say it plainly; each is a SELECT over the same content.
"""

from collections.abc import Mapping

from analysis.data_model import read_tables
from analysis.intake.proposing.amounts import amount_remark, amount_sql
from analysis.intake.proposing.answers import instrument_of, read_score, said_scale
from analysis.intake.proposing.cost_columns import cost_parts
from analysis.intake.proposing.currencies import several_currencies
from analysis.intake.proposing.matching import Match, score_column
from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.proposing.proposal import ColumnChoice, TableChoice
from analysis.intake.proposing.samples import SampledContent
from analysis.intake.proposing.specs import examples_of, with_formats
from analysis.intake.proposing.vocabulary import is_called
from analysis.intake.proposing.written_scores import without_codes
from analysis.intake.quoting import identifier

ASKED = ("satisfaction", "csat", "nps", "rating", "score", "满意", "评价", "评分", "星级")
SURE = 0.7


def tables_beside(
    content: SampledContent, main: TableChoice, profiles: Mapping[str, ColumnProfile]
) -> list[TableChoice]:
    """Surveys, costs and products told by the rows of orders; products also by those of complaints and purchases."""
    used = {choice.source for choice in main.columns}
    free = {name: told for name, told in profiles.items() if name not in used and told.counted}
    found = [_products(content, main, free)]
    if main.table == "work_orders":
        found += [_answers(content, main, free, profiles), _costs(content, main, free, profiles)]
    return [table for table in found if table is not None]


def _answers(
    content: SampledContent, main: TableChoice, free: Mapping[str, ColumnProfile], profiles: Mapping[str, ColumnProfile]
) -> TableChoice | None:
    table = read_tables()["surveys"]
    scored = sorted(
        (
            (score_column(told, table, table.column("score"))[0], name)
            for name, told in free.items()
            if is_called(name, ASKED)
        ),
        reverse=True,
    )
    if not scored or scored[0][0] < SURE:
        return None
    score, name = scored[0]
    told = free[name]
    when = _time_of_answer(free) or next(
        (c.source for c in main.columns if c.column in ("completed_at", "closed_at") and c.source), None
    )
    key = next((c for c in main.columns if c.column == "work_order_id"), None)
    if when is None or key is None:
        return None
    reading = read_score(Match("score", name, score, "a score beside the order"), told)
    low, high, spec, why = reading.low, reading.high, reading.spec, reading.why
    instrument, told_by = instrument_of(name, low, high)
    dated = with_formats({"column": when}, profiles[when])
    moment = when if dated == {"column": when} else dated
    answered, _ = without_codes(told, said=said_scale(name))
    condition = f"{answered.text_sql} IS NOT NULL AND {profiles[when].text_sql} IS NOT NULL"
    base = _base(main)
    choices = [
        ColumnChoice(
            "survey_id", key.source, {"sql": f"'S-' || {_value(key)}"}, key.confidence, "one answer per order"
        ),
        *[c for c in main.columns if c.column in ("business_unit", "customer_id", "technician_id")],
        ColumnChoice("instrument", None, {"constant": instrument}, 0.7, told_by),
        ColumnChoice("sent_at", when, moment, 0.6, "when it was answered, else when the work was done"),
        ColumnChoice("answered_at", when, moment, 0.6, "the same"),
        ColumnChoice("score", name, spec, reading.confidence, why, examples_of(told)),
        ColumnChoice("scale_min", None, {"constant": low}, 0.8, ""),
        ColumnChoice("scale_max", None, {"constant": high}, 0.8, ""),
        ColumnChoice(
            "method",
            None,
            {"constant": "online_review"},
            0.6,
            "nobody knows who was asked in vain: no response rate is told",
        ),
        ColumnChoice("work_order_id", key.source, key.spec, key.confidence, ""),
    ]
    select = f"SELECT * FROM ({base}) WHERE {condition}"
    return TableChoice("surveys", content.stem, tuple(choices), select=select, notes=reading.notes)


def _costs(
    content: SampledContent, main: TableChoice, free: Mapping[str, ColumnProfile], profiles: Mapping[str, ColumnProfile]
) -> TableChoice | None:
    """One row of cost per order and amount."""
    parts, left = cost_parts({name: told for name, told in free.items() if not several_currencies(told, profiles)})
    when = next((c for c in main.columns if c.column == "completed_at" and c.source), None)
    when = when or next((c for c in main.columns if c.column == "submitted_at"), None)
    key = next((c for c in main.columns if c.column == "work_order_id"), None)
    if not parts or when is None or when.source is None or key is None:
        return None
    began = next((c for c in main.columns if c.column == "submitted_at" and c.source), when)
    whens = [profiles[c.source] for c in (when, began) if c.source]
    alike = len({profile.times for profile in whens}) == 1
    moments = [profile.text_sql for profile in (whens if alike else whens[:1])]
    day = f"coalesce({', '.join(moments)})"
    names = ", ".join(amount_sql(free[name]) for name in parts)
    words = ", ".join(f"'{kind}'" for kind in parts.values())
    numbers = ", ".join(map(str, range(1, len(parts) + 1)))
    said = [f"from {', '.join(parts)}", *(amount_remark(free[name]) for name in parts)]
    listed = f"unnest([{numbers}]) AS cost_no, unnest([{words}]) AS cost_kind, unnest([{names}]) AS cost_amount"
    each = f"SELECT *, {day} AS cost_day, {listed} FROM ({_base(main)})"
    select = f"SELECT * FROM ({each})\nWHERE cost_amount IS NOT NULL AND cost_day IS NOT NULL"
    moment = with_formats({"sql": "cost_day"}, whens[0])
    choices = [
        ColumnChoice(
            "cost_id",
            key.source,
            {"sql": f"{_value(key)} || '-' || cost_kind || '-' || cost_no"},
            0.7,
            "one per order and amount",
        ),
        *[c for c in main.columns if c.column == "business_unit"],
        ColumnChoice(
            "incurred_on",
            when.source,
            moment,
            0.7,
            f"the day of {when.column}" + (f", else of {began.column}" if moments[1:] else ""),
        ),
        ColumnChoice("cost_type", None, "cost_kind", 0.7, "by the headings of the amounts"),
        ColumnChoice("amount", next(iter(parts)), "cost_amount", 0.7, "; ".join(part for part in said if part)),
        ColumnChoice("work_order_id", key.source, key.spec, key.confidence, ""),
    ]
    notes = (
        (f"{', '.join(left)}: left out, as a total of the others, a tax, a plan or no cost by its heading",)
        if left
        else ()
    )
    return TableChoice("costs", content.stem, tuple(choices), select=select, notes=notes)


def _products(content: SampledContent, main: TableChoice, free: Mapping[str, ColumnProfile]) -> TableChoice | None:
    """The line of each product, where a second column groups the products."""
    chosen = next((c for c in main.columns if c.column == "product_id" and c.source and isinstance(c.spec, str)), None)
    product = chosen.source if chosen else None
    if product is None or main.table not in ("work_orders", "purchases", "complaints"):
        return None
    table = read_tables()["products"]
    scored = [
        (score_column(told, table, table.column("product_line"))[0], name)
        for name, told in free.items()
        if told.is_words
    ]
    coarser = [(SURE, name) for name in (chosen.instead if chosen else ()) if name in free]
    score, line = max([*scored, *coarser], default=(0.0, ""))
    if (
        score < SURE
        or content.distinct([product, line]) > 1.2 * content.distinct([product])
        or content.distinct([line]) >= content.distinct([product])
    ):
        return None
    both = f"{identifier(product)}, {identifier(line)}"
    told = f"{identifier(product)} IS NOT NULL AND {identifier(line)} IS NOT NULL"
    counted = f"SELECT {both}, count(*) AS n\n  FROM {identifier(content.stem)} WHERE {told} GROUP BY ALL"
    select = f"SELECT {identifier(product)}, arg_max({identifier(line)}, n) AS line FROM ({counted}) GROUP BY ALL"
    choices = (
        ColumnChoice("product_id", product, product, 0.8, "the product of the orders"),
        ColumnChoice("name", product, product, 0.6, "its own name"),
        ColumnChoice("product_line", line, "line", score, "each product has one of them"),
    )
    return TableChoice("products", content.stem, choices, select=select)


def _time_of_answer(free: Mapping[str, ColumnProfile]) -> str | None:
    table = read_tables()["surveys"]
    scored = [
        (score_column(told, table, table.column("answered_at"))[0], name)
        for name, told in free.items()
        if told.times is not None
        and is_called(name, ("rated", "answered", "survey", "feedback", "satisfaction", "评价", "回访", "答复"))
    ]
    score, name = max(scored, default=(0.0, ""))
    return name if score >= SURE else None


def _base(main: TableChoice) -> str:
    return main.select or f"SELECT * FROM {identifier(main.stem)}" + (f" WHERE {main.where}" if main.where else "")


def _value(choice: ColumnChoice) -> str:
    """SQL for what a choice reads."""
    if isinstance(choice.spec, str):
        return identifier(choice.spec)
    return (
        f"({choice.spec['sql']})" if "sql" in choice.spec else identifier(str(choice.spec.get("column", choice.source)))
    )
