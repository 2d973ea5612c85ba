"""Takes what names a person out of a text before a reader sees it: telephone and identity numbers, e-mail addresses,
long codes, names.

Rules, not recognition: a name without a title, a label or a salutation beside it stays. Free text that must not show
at all does not belong on a page.
"""

import re
from functools import cache, lru_cache

from analysis.presentation.language import both, pick

_GAP = r"[\s.\-–()]?"
_COMMON_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫"
    "段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕季裴霍涂苗谷盛曲翁"
)
_SURNAME = f"(?:欧阳|司马|上官|诸葛|慕容|令狐|皇甫|尉迟|公孙|长孙|[{_COMMON_SURNAMES}])"
_TITLE = "(?:先生|女士|小姐|太太|师傅|阿姨|大爷|大叔|老师|经理|主任)"
_CALLED = "(?:姓名|联系人|收件人|收货人|报修人|我叫|我是)"
_LATIN_NAME = r"[A-Z][\w'’\-]*\.?(?:\s+[A-Z][\w'’\-]+){0,2}"
_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

_RULES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, flags))
    for kind, pattern, flags in (
        ("e-mail", r"[\w.+\-]+\s?@\s?[\w\-]+(?:\.[\w\-]+)+", 0),
        ("ID number", rf"(?<!\d)[1-9](?:{_GAP}\d){{16}}{_GAP}[\dXx](?![\dA-Za-z])", 0),
        ("phone", rf"(?<![\d.])(?:\+?86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)", 0),
        ("phone", r"(?<![\d\-])\(?0\d{2,3}\)?[\s\-]?[2-9]\d{2,3}[\s\-]?\d{4}(?!\d)", 0),
        ("phone", r"(?<![\w])(?:\+|00)[1-9]\d{0,2}(?:[\s.\-()]{0,2}\d){7,12}(?!\d)", 0),
        ("phone", r"(?<![\w\-.])(?:\(\d{3}\)\s?|\d{3}[\-.\s])\d{3}[\-.\s]\d{4}(?![\d\-])", 0),
        ("code", r"(?<!\d)\d{4}(?:[\s\-]\d{4}){2,4}(?:[\s\-]?\d{1,3})?(?!\d)", 0),
        ("code", r"(?<![\d.,])\d{11,}(?![\d.,]?\d)", 0),
        ("plate", rf"[{_PROVINCE}][A-Z][·•\s]?[A-Z0-9]{{5,6}}(?![A-Z0-9])", 0),
        ("account", r"((?:QQ|微信|wechat)号?\s?[:：是]?\s?)[A-Za-z0-9_\-]{5,20}", re.IGNORECASE),
        ("name", rf"{_SURNAME}[\u4e00-\u9fff]{{0,2}}?(?={_TITLE})", 0),
        ("name", rf"({_CALLED}\s?[:：]?\s?){_SURNAME}[\u4e00-\u9fff]{{1,2}}(?![\u4e00-\u9fff])", 0),
        ("name", rf"(\b(?:Mr|Mrs|Ms|Miss|Dr|Dear)\b\.?\s+){_LATIN_NAME}", 0),
        ("name", rf"(\b(?:[Nn]ame|[Cc]ontact|[Cc]aller)\s?[:：]\s?){_LATIN_NAME}", 0),
    )
)
_LABELS = ("e-mail", "ID number", "phone", "code", "plate", "account", "name")
_PRIVATE = 0xE000
_DAY = re.compile(r"(?<!\d)(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])(?:[-/.](?:0?[1-9]|[12]\d|3[01]))?(?!\d)")
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_WIDE = {0xFF10 + digit: str(digit) for digit in range(10)} | {
    ord("（"): "(",
    ord("）"): ")",
    ord("－"): "-",
    ord("＠"): "@",
    ord("＋"): "+",
    ord("．"): ".",
}
_SUSPICIOUS = re.compile(
    rf"@|＠|[0-9０-９](?:\D?[0-9０-９]){{5}}|{_TITLE}|{_CALLED}|QQ|微信|wechat|[{_PROVINCE}][A-Z]|\b(?:M[rs]|Mrs|Miss|Dr|Dear|[Nn]ame|[Cc]ontact|[Cc]aller)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)  # a page says many of its words again and again
def mask_text(text: str, language: str = "en") -> str:
    """The text with every identifier replaced by what it was: "call [phone]" / "请致电[电话]".

    Days and months (2026-07-05), figures with thousands separators and codes of up to ten digits stay.
    """
    shown = clean_text(text)
    if not _SUSPICIOUS.search(shown):
        return shown
    kept: list[str] = []

    def keep(day: re.Match[str]) -> str:
        kept.append(day[0])
        return f"\x00{chr(_PRIVATE + len(kept) - 1)}\x00"

    written, shown = shown, _DAY.sub(keep, shown.translate(_WIDE))
    unmasked = shown
    for kind, pattern in _RULES:
        mark = f"[{_kind_name(kind, language)}]"
        shown = pattern.sub(rf"\g<1>{mark}" if pattern.groups else mark, shown)
    if shown == unmasked:  # nothing to hide: the text keeps its own brackets and figures
        return written
    return re.sub("\x00(.)\x00", lambda place: kept[ord(place[1]) - _PRIVATE], shown)


def clean_text(text: object) -> str:
    """The text without control characters, invisible direction marks and broken surrogates; rare characters and emoji
    stay.
    """
    return _CONTROLS.sub("", str(text))


def _kind_name(kind: str, language: str) -> str:
    return pick(_kind_names()[kind], language)


@cache
def _kind_names() -> dict[str, dict[str, str]]:
    return {
        "e-mail": both("e-mail"),
        "ID number": both("ID number"),
        "phone": both("phone"),
        "code": both("code"),
        "plate": both("plate"),
        "account": both("account"),
        "name": both("name"),
    }
