"""Why intake refuses a row, in both languages: the sentences the data-quality section shows.

The English text is the reason's key everywhere (manifest, quarantine). Holds no values, so that rows with the same
fault count together.
"""

from analysis.data_model import Column, Table, Text, read_stamps

SUPERSEDED: Text = {"en": "replaced by a later record of the same key", "zh": "同一主键有更晚的记录，已被取代"}
CONFLICT: Text = {"en": "same key as another row that says otherwise", "zh": "与另一行主键相同但内容矛盾"}
TOO_LONG: Text = {"en": "more than ten years from first to last time", "zh": "首末时间相差超过十年"}
_KINDS = {
    "int": ("a whole number", "整数"),
    "float": ("a number", "数字"),
    "money": ("an amount", "金额"),
    "bool": ("yes or no", "是/否"),
    "date": ("a date as declared", "符合约定格式的日期"),
    "datetime": ("a time as declared", "符合约定格式的时间"),
}
_UNREADABLE = {
    "MISSING COLUMNS": ("line with too few fields", "该行字段不足"),
    "TOO MANY COLUMNS": ("line with too many fields", "该行字段过多"),
    "UNQUOTED VALUE": ("line with a quotation mark that does not close", "该行引号未闭合"),
    "LINE SIZE OVER MAXIMUM": ("line too long to be one record", "该行过长"),
    "INVALID ENCODING": ("line with bytes that are no text", "该行含有无法识别的字节"),
}


def name_of(column: str) -> Text:
    """A column as a reason names it: `completed_at` is "completed" and 完工; one without a name stands as it is."""
    return read_stamps().get(column, {"en": column, "zh": column})


def before(later: str, earlier: str) -> Text:
    """The time that should come later lies before the earlier one."""
    return _both("{0} before {1}", "{0}早于{1}", later, earlier)


def after_cutoff(column: str) -> Text:
    """An event that lies after the moment up to which anything is known."""
    return _both("{0} after the cut-off", "{0}晚于数据截止时间", column)


def implausible(column: str) -> Text:
    """An event before 1950, or on the first second of 1970, which is how systems write no date at all."""
    return _both("{0} is a placeholder, not a real time", "{0}为占位时间，并非真实时间", column)


def empty(column: str) -> Text:
    """A required column without a value."""
    return {"en": f"{column} is empty", "zh": f"{column} 为空"}


def unparsed(column: Column) -> Text:
    """A value that is not of the column's type."""
    kind = _KINDS[column.type]
    return {"en": f"{column.name} is not {kind[0]}", "zh": f"{column.name} 不是{kind[1]}"}


def not_finite(column: str) -> Text:
    """NaN or infinite."""
    return {"en": f"{column} is not finite", "zh": f"{column} 不是有限数值"}


def outside(column: Column) -> Text:
    """Below the column's minimum or above its maximum."""
    low = "" if column.minimum is None else f"{column.minimum:g}"
    high = "" if column.maximum is None else f"{column.maximum:g}"
    if not high:
        return {"en": f"{column.name} below {low}", "zh": f"{column.name} 小于 {low}"}
    return {"en": f"{column.name} outside {low} to {high}", "zh": f"{column.name} 不在 {low} 至 {high} 之间"}


def not_allowed(column: Column) -> Text:
    """A value the column's list does not have."""
    return {"en": f"{column.name} is none of {', '.join(column.allowed)}", "zh": f"{column.name} 不在允许的取值之内"}


def unreadable(error: str) -> Text:
    """A line of a file that is no record; `error` as DuckDB names it."""
    english, chinese = _UNREADABLE.get(error, ("line that cannot be read", "该行无法读取"))
    return {"en": english, "zh": chinese}


def columns_of(reason: str, table: Table) -> list[str]:
    """The columns of the table that a reason speaks of, by their own names or by what their times are called."""
    stamps = {name: text["en"] for name, text in read_stamps().items()}
    words = reason.split(" ")

    def speaks_of(name: str) -> bool:
        if name in ("status", "score"):
            return name in words
        return words[0] == name or (name in stamps and f" {stamps[name]} " in f" {reason} ")

    return [column.name for column in table.columns if speaks_of(column.name)]


def _both(english: str, chinese: str, *columns: str) -> Text:
    names = [name_of(column) for column in columns]
    return {
        "en": english.format(*(name["en"] for name in names)),
        "zh": chinese.format(*(name["zh"] for name in names)),
    }
