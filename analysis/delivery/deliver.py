"""Everything that is to be told of a set of reports, each message at most once: plan, queue, send, note.

Planning and queueing are one transaction; sending comes after, message by message.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from analysis.delivery.alerts import tell_alerts
from analysis.delivery.chat import send_chat
from analysis.delivery.items import Item, Outcome
from analysis.delivery.outbox import Busy, Message, Outbox, copy_of_outbox, open_outbox
from analysis.delivery.planning import read_all, tell_failures, tell_readers
from analysis.delivery.settings import Settings
from analysis.delivery.smtp import MailServer, Result


def deliver(
    out: Path, items: Sequence[Item], settings: Settings, *, now: datetime, dry_run: Path | None = None
) -> Sequence[Outcome]:
    """Tell readers and owners of these reports, and try again what an earlier call could not send.

    Call it after publishing, with the items of one or more periods; calling it again with the same items sends nothing
    twice. It never raises for a server that is down or refuses: that is an outcome.

    Parameters
    ----------
    out : the output folder; the outbox stands in its hidden folder
    now : with its time zone
    dry_run : a folder for what would be sent (.eml, .json); nothing is sent and nothing noted

    Returns
    -------
    One outcome per recipient and message, of this call alone. Without settings for delivery, none.

    Raises
    ------
    UserFault : when the outbox is damaged or cannot be opened; nothing is sent then
    """
    if now.tzinfo is None:
        raise ValueError("now must have a time zone")
    if settings.tells_nobody:
        return ()
    if dry_run is not None:
        with copy_of_outbox(out) as outbox:
            skipped = _plan(out, items, settings, outbox, now=now)
            return [*skipped, *_write_files(dry_run, outbox, now=now)]
    try:
        with open_outbox(out) as outbox:
            lost = outbox.recover(now)
            skipped = _plan(out, items, settings, outbox, now=now)
            return [*lost, *skipped, *send_waiting(settings, outbox, now=now)]
    except Busy:
        return [Outcome("", "delivery", "skipped", "another delivery is under way; call again")]


def send_waiting(settings: Settings, outbox: Outbox, *, now: datetime) -> Iterator[Outcome]:
    """Send what is due of the outbox, message by message, and note what became of each."""
    down = ""
    with ExitStack() as stack:
        server = stack.enter_context(MailServer(settings.server, settings.sender)) if settings.server else None
        for waiting in outbox.due(now):
            message = replace(waiting, payload=outbox.payload(waiting.id))
            refused = _no_longer(message, settings, now=now)
            if refused:
                result = Result("refused", refused)
            elif message.channel == "mail" and down:
                result = Result("queued", down)
            elif message.channel == "mail":
                assert server is not None
                result = server.send(message.payload, message.target, before=partial(outbox.sending, message.id, now))
            else:
                outbox.sending(message.id, now)
                result = send_chat(message.payload, settings.people[message.target].chat_from)
            down = result.reason or "" if result.down else down
            _note(message, result, outbox, now=now)
            yield Outcome(message.target, message.what, result.status, result.reason)


def _plan(out: Path, items: Sequence[Item], settings: Settings, outbox: Outbox, *, now: datetime) -> list[Outcome]:
    facts, refused = read_all(out, items)
    with outbox.together():
        skipped = list(tell_readers(out, facts, settings, outbox, now=now))
        tell_alerts(out, facts, settings, outbox, now=now)
        tell_failures(items, settings, outbox, now=now)
    return [*refused, *skipped]


def _note(message: Message, result: Result, outbox: Outbox, *, now: datetime) -> None:
    if result.status == "queued":
        outbox.again(message, result.reason or "", now)
    else:
        outbox.settle(message.id, result.status, result.reason, now)


def _no_longer(message: Message, settings: Settings, *, now: datetime) -> str:
    """Why a message that waited is not to go any more; "" where it is."""
    person = next((one for one in settings.people.values() if one.target == message.target), None)
    if person is None:
        return "is no longer among the recipients"
    if message.channel == "mail" and settings.server is None:
        return "there is no mail server in the settings any more"
    if not message.units and person not in settings.owners:
        return "is no longer an owner"
    gone = [unit for unit in message.units if not settings.may_see(message.target, unit)]
    if gone:
        return f"is no longer allowed to see {', '.join(gone)}"
    waited = now - datetime.fromisoformat(message.queued_at)
    if waited > timedelta(hours=settings.retry_hours):
        return f"was not taken for {settings.retry_hours} hours"
    return ""


def _write_files(folder: Path, outbox: Outbox, *, now: datetime) -> list[Outcome]:
    """What would be sent, one file each."""
    folder.mkdir(parents=True, exist_ok=True)
    outcomes = []
    for number, message in enumerate(outbox.due(now), start=1):
        name = re.sub(r"[^\w.-]+", "-", f"{number:03d} {message.what} {message.target}").strip("-")[:100]
        file = folder / f"{name}{'.eml' if message.channel == 'mail' else '.json'}"
        content = outbox.payload(message.id)
        if message.channel == "chat":
            content = json.dumps(json.loads(content), ensure_ascii=False, indent=1).encode()
        file.write_bytes(content)
        outcomes.append(Outcome(message.target, message.what, "dry_run", file.name))
    return outcomes
