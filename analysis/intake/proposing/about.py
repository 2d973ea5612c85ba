"""What the words of a source say of it as a whole: its country's clock, currency and calendar; months side by side."""

import re
from collections.abc import Iterable, Mapping, Sequence

from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.proposing.samples import SampledContent

HAN, KANA = re.compile(r"[\u3400-\u9fff]"), re.compile(r"[\u3040-\u30fa\u30fd-\u30ff]")
MONTH = re.compile(
    r"((jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]*\W*(\d{2,4})?|\d{1,2}月|20\d\d[-/.年]\d{1,2}月?)",
    re.I,
)
MANY_MONTHS = 6
SIDE_BY_SIDE = (
    "a column per month: give each month rows of its own before it is read, such as `select: SELECT *, unnest([…]) AS "
    "amount, unnest([…]) AS month FROM …`"
)
Profiles = Mapping[str, ColumnProfile]


def meta_of(contents: Sequence[SampledContent], profiles: Mapping[str, Profiles]) -> dict[str, str]:
    """Time zone, currency and calendar as far as headings, or offsets of times, tell them; empty where nothing does."""
    columns = [told for found in profiles.values() for told in found.values()]
    if any(KANA.search(text) for told in columns for text in (told.name, *told.common)):
        return {"timezone": "Asia/Tokyo", "currency": "JPY"}
    chinese = any(HAN.search(name) for content in contents for name in content.columns)
    offset = any(told.times is not None and told.times.offset for told in columns)
    meta = {}
    if offset or chinese:
        meta["timezone"] = "Asia/Shanghai" if chinese or _at_plus_eight(columns) else "UTC"
    if chinese:
        meta |= {"currency": "CNY", "calendar": "china"}
    return meta


def side_by_side(headings: Iterable[str]) -> str:
    """What is said of a sheet that has a column per month; empty where it has not."""
    return SIDE_BY_SIDE if sum(bool(MONTH.fullmatch(text.strip())) for text in headings) >= MANY_MONTHS else ""


def _at_plus_eight(columns: Sequence[ColumnProfile]) -> bool:
    """Whether every time with an offset is eight hours ahead of UTC, as in China."""
    texts = [text for told in columns if told.times and told.times.offset for text in told.common]
    return bool(texts) and all(text.replace(":", "").endswith("+0800") for text in texts)
