"""A letter to a chat room through apprise: WeCom, DingTalk, Feishu, Teams, Slack, or any webhook that takes JSON.

The room's URL is its password: it comes from the environment, and what apprise and urllib3 would log of it is caught
and dropped.
"""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from analysis.delivery.letter import Letter, shortened
from analysis.delivery.settings import secret
from analysis.delivery.smtp import Result
from analysis.faults import UserFault

TEXT_AT_MOST = 1_800  # characters, where a service takes more
_LOGGERS = ("apprise", "urllib3")
_HTTP_STATUS = re.compile(r"error=(\d{3})\b")
_NEVER_REACHED = re.compile(
    r"NewConnectionError|Connection refused|Name or service not known|Failed to resolve|ConnectTimeout|SSLError"
)
# what rooms read as a command, a mention or a link: shown by its full-width twin
_HARMLESS = str.maketrans({"<": "＜", ">": "＞", "@": "＠", "[": "［", "]": "］", "`": "｀"})


def make_chat(letter: Letter) -> bytes:
    """The room's message as JSON: title and body. Names from data can neither mention people nor forge links."""
    lines = [letter.heading] if letter.heading and letter.heading not in letter.subject else []
    lines += [f"• {line}" for line in (*letter.corrections, *letter.points)]
    body = shortened("\n".join(lines).translate(_HARMLESS), TEXT_AT_MOST)
    places = [
        f"{report.title.translate(_HARMLESS)}: {report.href or report.place}"
        for report in letter.reports
        if report.place
    ]
    content = {"title": letter.subject.translate(_HARMLESS), "body": body, "places": places}
    return json.dumps(content, ensure_ascii=False).encode()


def send_chat(payload: bytes, url_from: str) -> Result:
    """Hand the message to the room's service, once.

    Certain refusals are told apart from those where the service may have posted it: only what never reached it, or was
    answered with 429 or 5xx, is tried again.
    """
    try:
        service = open_service(url_from)
    except UserFault as fault:
        return Result("queued", fault.lines[0])
    content = json.loads(payload)
    title = content["title"] if service.title_maxlen else ""
    room = service.body_maxlen - len(title) - 2
    with _caught_logs() as said:
        taken = service.notify(body=_fitted(content, room, with_title=not title), title=title)
    if taken:
        return Result("sent")
    heard = "\n".join(said)
    status = _HTTP_STATUS.search(heard)
    if status:
        again = status[1] == "429" or status[1].startswith("5")
        return Result("queued" if again else "refused", f"the room's service answered {status[1]}")
    if _NEVER_REACHED.search(heard):
        return Result("queued", "the room's service could not be reached")
    return Result("unknown", "the connection broke before the room's service answered")


def open_service(url_from: str) -> Any:
    """apprise's service of a room.

    Raises
    ------
    UserFault : when the variable is not set or holds no URL that apprise knows; its value is not repeated
    """
    import apprise

    url = secret(url_from)
    with _caught_logs():
        service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    if service is None:
        raise UserFault(
            f"delivery: {url_from} holds no URL that apprise knows (wecombot://, dingtalk://, feishu://, workflows://, "
            "slack://, jsons://)"
        )
    return service


def _fitted(content: dict[str, Any], room: int, *, with_title: bool) -> str:
    """Title where it has no place of its own, body and as many links as the service takes; the body gives way first."""
    head = [content["title"]] if with_title else []
    places, used = [], sum(len(part) + 1 for part in head)
    for place in content["places"]:
        if used + len(place) + 1 <= room // 2:
            places.append(place)
            used += len(place) + 1
    left = max(0, room - used - 1)
    body = [shortened(content["body"], left)] if content["body"] and left > 20 else []
    return shortened("\n".join([*head, *body, *places]), max(1, room))


@contextmanager
def _caught_logs() -> Iterator[list[str]]:
    """What the libraries would log, kept from every log of ours: debug lines hold the URL."""
    said: list[str] = []
    handler = _Keeping(said)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(logger.level, logger.propagate, list(logger.handlers), logger.disabled) for logger in loggers]
    try:
        for logger in loggers:
            logger.handlers, logger.propagate, logger.disabled = [handler], False, False
            logger.setLevel(logging.DEBUG)
        yield said
    finally:
        for logger, (level, propagate, handlers, disabled) in zip(loggers, before, strict=True):
            logger.setLevel(level)
            logger.handlers, logger.propagate, logger.disabled = handlers, propagate, disabled


class _Keeping(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())
