"""Chinese text as it is set: no blank beside a Chinese character or mark (docs/decisions/0006-the-index-and-paper.md).

A card's text is folded over several lines of YAML, which puts a blank where each line ended; and whoever writes one
puts a blank between characters and figures or leaves it out, as they are used to. One way stands on all pages.
"""

import re

_SET = "\u4e00-\u9fff，。；：、（）“”《》？！"  # characters and full-width marks
_BEGINS = r"[0-9A-Za-z{¥]|[<>≥≤+−](?=\S)"  # a figure, a word or a {place}; a sign apart is arithmetic
_BLANK = re.compile(rf"(?<=[{_SET}]) +(?=[{_SET}]|{_BEGINS})|(?<=[0-9A-Za-z%}}]) +(?=[{_SET}])")


def closed_up(text: str) -> str:
    """The text without the blanks beside Chinese characters and marks; those between words of Latin letters, and around
    signs of arithmetic (÷, ×, =), stay.

    Example
    -------
    >>> closed_up("30 天内完工的工单 ÷ 已满 30 天的工单， 按 P90 计")
    '30天内完工的工单 ÷ 已满30天的工单，按P90计'
    """
    return _BLANK.sub("", text)
