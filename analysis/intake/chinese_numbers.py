"""SQL for numbers as they are written in Chinese (`二十三`, `一万零五百`, `1.2万`) and with units (`3天`, `1小时30分`).

Only what has one reading is read: `一百五`, which some write for 150, is none. A unit counts only as a mapping declares
it, for `3天` may be days, or 72 hours. Refuses nothing; what is no such number is NULL.
"""

import re
from collections.abc import Callable, Mapping

from analysis.intake.quoting import literal

_DIGITS = "一二三四五六七八九"
_FORMAL = ("壹贰叁肆伍陆柒捌玖拾佰仟萬億〇两兩", "一二三四五六七八九十百千万亿零二二")
_ONE = f"[{_DIGITS}]"
_TENS = f"{_ONE}?十{_ONE}?"
_HUNDREDS = f"{_ONE}百(零{_ONE}|{_TENS})?"
_THOUSANDS = f"{_ONE}千(零({_TENS}|{_ONE})|{_HUNDREDS})?"
_BELOW_TEN_THOUSAND = f"({_THOUSANDS}|{_HUNDREDS}|{_TENS}|{_ONE})"
_WRITTEN = f"^(零|{_BELOW_TEN_THOUSAND}|{_BELOW_TEN_THOUSAND}万(零{_BELOW_TEN_THOUSAND}|{_THOUSANDS})?)$"
_MAGNITUDES = {"千万": 10_000_000, "百万": 1_000_000, "亿": 100_000_000, "万": 10_000, "千": 1_000}
_AMOUNT = rf"^[-+]?(\d{{1,3}}(,\d{{3}})+|\d+)(\.\d+)?({'|'.join(_MAGNITUDES)})$"


def chinese_number(value: str) -> str:
    """SQL for the value of a number in Chinese, NULL where the text is none."""
    plain = f"translate({value}, '{_FORMAL[0]}', '{_FORMAL[1]}')"
    before, after = f"regexp_extract({plain}, '^(.*)万', 1)", f"regexp_replace({plain}, '^.*万', '')"
    written = f"10000 * {_below_ten_thousand(before)} + {_below_ten_thousand(after)}"
    digits = f"regexp_replace(regexp_replace({plain}, '[千百]?[万亿千]$', ''), ',', '', 'g')"
    factors = " ".join(f"WHEN {plain} LIKE '%{name}' THEN {factor}" for name, factor in _MAGNITUDES.items())
    return (
        f"CASE WHEN regexp_matches({plain}, '{_WRITTEN}') THEN CAST({written} AS DOUBLE) "
        f"WHEN regexp_matches({plain}, '{_AMOUNT}') "
        f"THEN round(TRY_CAST({digits} AS DOUBLE) * CASE {factors} END, 6) END"
    )


def without_units(text: str, units: Mapping[str, float], number: Callable[[str], str]) -> str:
    """SQL for `text` with its units counted as declared and left away: `1小时30分` in hours is `1.5`. A text that is
    no row of numbers with declared units stays as it is.

    Parameters
    ----------
    units : unit → how many of the column's own it is.
    number : SQL for the number that a piece of text is, NULL where it is none.
    """
    known = "|".join(sorted((re.escape(unit) for unit in units), key=len, reverse=True)).replace("'", "''")
    amount = "[-+]?[0-9０-９零〇一二三四五六七八九十百千万两半.,．，]+ *"
    plain = f"replace({text}, '半', '0.5')"
    factors = " ".join(f"WHEN {literal(unit)} THEN {factor!r}" for unit, factor in units.items())
    bare, unit = f"trim(regexp_replace(piece, '({known})$', ''))", f"regexp_extract(piece, '({known})$', 1)"
    pieces = f"regexp_extract_all({plain}, '{amount}({known})')"
    total = f"list_sum([({number(bare)}) * CASE {unit} {factors} END FOR piece IN {pieces}])"
    all_read = f"list_count([{number(bare)} FOR piece IN {pieces}]) = len({pieces})"
    fits = f"regexp_full_match({plain}, '({amount}({known}) *)+') AND {all_read}"
    return f"CASE WHEN {fits} THEN CAST(round({total}, 9) AS VARCHAR) ELSE {text} END"


def _below_ten_thousand(text: str) -> str:
    digit = f"instr('{_DIGITS}', left(part, 1))"
    place = "CASE right(part, 1) WHEN '千' THEN 1000 WHEN '百' THEN 100 WHEN '十' THEN 10 ELSE 1 END"
    parts = f"regexp_extract_all({text}, '{_ONE}?[千百十]|{_ONE}')"
    return f"coalesce(list_sum([CASE {digit} WHEN 0 THEN 1 ELSE {digit} END * {place} FOR part IN {parts}]), 0)"
