"""SQL that turns what a source column holds into a canonical value: NULL exactly where the text is none of the type.

Reads ISO 8601, `2026年10月3日` and declared formats; plain and full-width numbers with thousands separators, currency
marks and `%` (95% is 95, as everywhere in the suite), credits as `(120.50)` or `120.50-`, numbers in Chinese (`二十三`,
`1.2万`); yes and no in English and Chinese. Guesses nothing: `10/11/2026` without a declared format is no date,
`1.234,50` no number.
"""

from collections.abc import Collection

from analysis.data_model import SQL_TYPE, Column
from analysis.intake.chinese_numbers import chinese_number, without_units
from analysis.intake.mapping import ColumnRule
from analysis.intake.quoting import literal

_WIDE_SPACES = "chr(32) || chr(9) || chr(13) || chr(10) || chr(160) || chr(12288) || chr(65279)"
_DATE = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}"
_CLOCK = r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
_OFFSET = r" ?([Zz]|[+-]\d{2}(:?\d{2})?)"
_ISO_LOCAL = f"^{_DATE}({_CLOCK})?$"
_ISO_OFFSET = f"^{_DATE}{_CLOCK}{_OFFSET}$"
_CHINESE_DATE = r"^\d{4}年\d{1,2}月\d{1,2}日( ?\d{1,2}:\d{2}(:\d{2})?)?$"
_FULL_WIDTH = ("０１２３４５６７８９，．％－＋（）￥", "0123456789,.%-+()¥")
_CURRENCY = "(CNY|RMB|USD|EUR|GBP|JPY|HKD|[¥$€£元円])"
_GROUPED = r"^[-+]?\d{1,3}(,\d{3})+(\.\d+)?%?$"
_DIGITS = r"^[-+]?(\d+(\.\d*)?|\.\d+)"
_PLAIN = _DIGITS + "$"
_BARE = _DIGITS + "%?$"
_TRUE = ("true", "t", "yes", "y", "1", "是", "真", "对")
_NOT_FINITE = ("nan", "inf", "-inf", "infinity", "-infinity")
_FALSE = ("false", "f", "no", "n", "0", "否", "假", "错")
_INTEGERS = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
)
_FLOATS = frozenset({"FLOAT", "DOUBLE"})


def value_before_parsing(expression: str, source_type: str, rule: ColumnRule, *, spaces: str) -> tuple[str, str]:
    """The source's value without blanks, nulls and the source's own words: SQL and its DuckDB type.

    A value of a typed source (Parquet, an SQL expression) keeps its type unless the mapping translates values.
    """
    base = source_type.split("(")[0]
    if base != "VARCHAR" and not rule.values and not rule.null and not rule.units:
        return expression, base if base != "DECIMAL" else "DOUBLE"
    text = expression if base == "VARCHAR" else _as_text(expression, base)
    text = _trimmed(text, spaces)
    if rule.units:
        text = without_units(text, rule.units, _number_of_text)
    if rule.null:
        text = f"CASE WHEN {one_of(text, rule.null)} THEN NULL ELSE {text} END"
    if rule.values:
        cases = " ".join(
            f"WHEN {literal(key)} THEN {_literal_or_null(value)}" for key, value in rule.values.items() if key != "*"
        )
        rest = _literal_or_null(rule.values["*"]) if "*" in rule.values else text
        text = f"CASE {text} {cases} ELSE {rest} END" if cases else rest
    return text, "VARCHAR"


def typed_value(value: str, source_type: str, column: Column, *, formats: tuple[str, ...], timezone: str | None) -> str:
    """SQL for the canonical value of `value` (a column of `source_type`), NULL where the text is no such value."""
    if column.type == "str":
        return value if source_type == "VARCHAR" else _as_text(value, source_type)
    if column.type in ("date", "datetime"):
        return _time(value, source_type, column, formats=formats, timezone=timezone)
    if column.type == "bool":
        return _bool(value, source_type)
    return _number(value, source_type, whole=column.type == "int")


def names_offset(value: str, source_type: str, formats: tuple[str, ...]) -> str:
    """SQL condition: the text names an offset from UTC."""
    if source_type != "VARCHAR":
        return "false"
    if any("%" in text for text in formats):
        return f"{value} IS NOT NULL" if "%z" in "".join(formats) else "false"
    return f"(NOT {_is_usual(value)} AND regexp_matches({value}, '{_ISO_OFFSET}'))"


def lacks_offset(value: str, source_type: str, formats: tuple[str, ...]) -> str:
    """SQL condition: the text is a time of day without an offset from UTC (a mere date is neither)."""
    if source_type != "VARCHAR":
        return "false"
    if any("%" in text for text in formats):
        return "false" if "%z" in "".join(formats) else f"{value} IS NOT NULL"
    return f"({_is_usual(value)} OR (length({value}) > 10 AND regexp_matches({value}, '{_ISO_LOCAL}|{_CHINESE_DATE}')))"


def one_of(value: str, texts: Collection[str]) -> str:
    """SQL condition: the value is one of these. Not IN, which DuckDB turns into a join that holds all rows at once."""
    return f"list_contains([{', '.join(map(literal, texts))}], {value})"


def _is_usual(value: str) -> str:
    """Text that looks like 2026-07-05 23:59:59; nearly all do, and this is cheaper to see than by a pattern."""
    return f"(strlen({value}) = 19 AND substr({value}, 17, 1) = ':')"


def _time(value: str, source_type: str, column: Column, *, formats: tuple[str, ...], timezone: str | None) -> str:
    if source_type == "VARCHAR":
        tries = [_time_from_text(value, text, timezone, month=column.month) for text in _grouped(formats)]
        moment = tries[0] if len(tries) == 1 else f"coalesce({', '.join(tries)})"
    elif source_type == "TIMESTAMP WITH TIME ZONE":
        moment = f"timezone({literal(timezone)}, {value})" if timezone else "CAST(NULL AS TIMESTAMP)"
    elif source_type == "DATE" or source_type.startswith("TIMESTAMP"):
        moment = f"CAST({value} AS TIMESTAMP)"
    elif source_type in _INTEGERS | _FLOATS:
        return _time(f"CAST({value} AS VARCHAR)", "VARCHAR", column, formats=formats or ("iso",), timezone=timezone)
    else:
        moment = "CAST(NULL AS TIMESTAMP)"
    if column.month:
        return f"CAST(date_trunc('month', {moment}) AS DATE)"
    return moment if column.type == "datetime" else f"CAST({moment} AS DATE)"


def _grouped(formats: tuple[str, ...]) -> list[tuple[str, ...]]:
    patterns = tuple(text for text in formats if "%" in text)
    groups = [(text,) for text in formats if "%" not in text]
    return [*([patterns] if patterns else []), *groups] or [("iso",)]


def _time_from_text(value: str, formats: tuple[str, ...], timezone: str | None, *, month: bool) -> str:
    local = literal(timezone) if timezone else None
    kind = formats[0]
    if kind == "iso":
        written = f"regexp_replace(regexp_replace({value}, '[年月]', '-', 'g'), '日 ?', ' ')"
        at_offset = f"timezone({local}, TRY_CAST({value} AS TIMESTAMPTZ))" if local else "NULL"
        of_month = (
            f"WHEN regexp_matches({value}, '^\\d{{4}}-\\d{{2}}$') THEN TRY_CAST({value} || '-01' AS TIMESTAMP) "
            if month
            else ""
        )
        return (
            f"CASE WHEN {_is_usual(value)} OR regexp_matches({value}, '{_ISO_LOCAL}') "
            f"THEN TRY_CAST({value} AS TIMESTAMP) {of_month}"
            f"WHEN regexp_matches({value}, '{_ISO_OFFSET}') THEN {at_offset} "
            f"WHEN regexp_matches({value}, '{_CHINESE_DATE}') THEN TRY_CAST(rtrim({written}) AS TIMESTAMP) END"
        )
    if kind == "excel":
        return f"TIMESTAMP '1899-12-30' + to_seconds(CAST(round(TRY_CAST({value} AS DOUBLE) * 86400) AS BIGINT))"
    if kind in ("epoch_s", "epoch_ms"):
        scale = 1_000_000 if kind == "epoch_s" else 1_000
        moment = f"make_timestamptz(CAST(TRY_CAST({value} AS DOUBLE) * {scale} AS BIGINT))"
        return f"timezone({local}, {moment})" if local else "CAST(NULL AS TIMESTAMP)"
    patterns = f"[{', '.join(map(literal, formats))}]" if len(formats) > 1 else literal(formats[0])
    parsed = f"try_strptime({value}, {patterns})"
    if "%z" in formats[0]:
        return f"timezone({local}, {parsed})" if local else "CAST(NULL AS TIMESTAMP)"
    return parsed


def _number(value: str, source_type: str, *, whole: bool) -> str:
    if source_type in _INTEGERS:
        return f"CAST({value} AS {'BIGINT' if whole else 'DOUBLE'})"
    if source_type in _FLOATS:
        number = f"CAST({value} AS DOUBLE)"
    elif source_type == "VARCHAR":
        number = _number_of_text(value)
    elif source_type == "BOOLEAN":
        number = f"CAST({value} AS DOUBLE)"
    else:
        number = "CAST(NULL AS DOUBLE)"
    if not whole:
        return number
    from_number = f"CASE WHEN ({number}) = trunc({number}) THEN TRY_CAST({number} AS BIGINT) END"
    if source_type != "VARCHAR":
        return from_number
    straight = f"TRY_CAST({value} AS BIGINT)"
    return f"CASE WHEN CAST({straight} AS VARCHAR) = {value} THEN {straight} ELSE {from_number} END"


def _number_of_text(value: str) -> str:
    plain = f"regexp_matches({value}, '{_PLAIN}') THEN TRY_CAST({value} AS DOUBLE)"
    return f"CASE WHEN {plain} ELSE {_marked_number(value)} END"


def _marked_number(value: str) -> str:
    plain = f"translate({value}, '{_FULL_WIDTH[0]}', '{_FULL_WIDTH[1]}')"
    plain = f"regexp_replace({plain}, '^\\((.*)\\)$', '-\\1')"
    plain = f"regexp_replace(upper({plain}), '^([-+]?) *{_CURRENCY} *([-+]?)', '\\1\\3')"
    plain = f"regexp_replace({plain}, ' *{_CURRENCY}$', '')"
    plain = f"regexp_replace({plain}, '^([0-9.,]+)-$', '-\\1')"  # as ledgers write credits
    digits = f"replace(rtrim({plain}, '%'), ',', '')"
    special = f"WHEN {one_of(f'lower({value})', _NOT_FINITE)} THEN TRY_CAST({value} AS DOUBLE)"
    exponent = f"WHEN regexp_matches({value}, '^[-+]?\\d+(\\.\\d*)?[eE][-+]?\\d+$') THEN TRY_CAST({value} AS DOUBLE)"
    marked = f"WHEN regexp_matches({plain}, '{_GROUPED}|{_BARE}') THEN TRY_CAST({digits} AS DOUBLE)"
    chinese = f"WHEN regexp_matches({plain}, '[零〇一-龥]') THEN {chinese_number(plain)}"
    return f"CASE {marked} {special} {exponent} {chinese} END"


def _bool(value: str, source_type: str) -> str:
    if source_type == "BOOLEAN":
        return value
    if source_type in _INTEGERS | _FLOATS:
        return f"CASE {value} WHEN 1 THEN true WHEN 0 THEN false END"
    if source_type != "VARCHAR":
        return "CAST(NULL AS BOOLEAN)"
    yes, no = (one_of(f"lower({value})", words) for words in (_TRUE, _FALSE))
    other = f"CASE WHEN {yes} THEN true WHEN {no} THEN false END"
    return f"CASE {value} WHEN 'true' THEN true WHEN 'false' THEN false ELSE {other} END"


def _as_text(value: str, source_type: str) -> str:
    if source_type in _FLOATS:
        whole = f"WHEN {value} = trunc({value}) AND abs({value}) < 1e15 THEN CAST(CAST({value} AS BIGINT) AS VARCHAR)"
        return f"CASE {whole} ELSE CAST({value} AS VARCHAR) END"
    return f"CAST({value} AS {SQL_TYPE['str']})"


def _trimmed(text: str, spaces: str) -> str:
    if spaces == "wide":
        return f"nullif(trim({text}, {_WIDE_SPACES}), '')"
    return f"CASE WHEN prefix({text}, ' ') OR suffix({text}, ' ') THEN nullif(trim({text}), '') ELSE {text} END"


def _literal_or_null(text: str | None) -> str:
    return "NULL" if text is None else literal(text)
