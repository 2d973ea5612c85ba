"""Who is to be told what, of a set of items: it decides and writes letters, and sends nothing.

Readers hear of published reports they are allowed to see, owners of failures; a version that somebody was told of is
not told again, a corrected one is told once more and marked.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from analysis.data_model import ALL_UNITS
from analysis.delivery.chat import make_chat
from analysis.delivery.facts import Facts, read_facts
from analysis.delivery.items import Item, Outcome
from analysis.delivery.letter import Letter, ReportLine, write_letter
from analysis.delivery.mail import Post, make_mail, message_id
from analysis.delivery.outbox import Message, Outbox, State, Told
from analysis.delivery.settings import Person, Reader, Settings
from analysis.faults import UserFault
from analysis.presentation.formatting import fmt_period
from analysis.presentation.language import words

RULES: dict[str, Callable[[Facts], bool]] = {
    "always": lambda facts: True,
    "findings": lambda facts: facts.has_findings,
    "worsening": lambda facts: facts.is_worsening,
    "failure": lambda facts: False,
}
NOT_RENDERED = ("failed", "skipped")


def read_all(out: Path, items: Sequence[Item]) -> tuple[list[Facts], list[Outcome]]:
    """The facts of the published items, and a refusal for each that cannot be told."""
    facts, refused = [], []
    for item in items:
        if item.status in NOT_RENDERED:
            continue
        try:
            facts.append(read_facts(out, item))
        except UserFault as fault:
            refused.append(
                Outcome(item.business_unit, f"summary {item.business_unit} {item.period}", "refused", fault.lines[0])
            )
    return facts, refused


def tell_readers(
    out: Path, facts: Sequence[Facts], settings: Settings, outbox: Outbox, *, now: datetime
) -> Iterator[Outcome]:
    """Queue each reader's message on each unit and period; what is not to be told comes back as skipped."""
    groups: dict[tuple[str, str], list[Facts]] = {}
    for each in facts:
        groups.setdefault((each.item.business_unit, each.item.period), []).append(each)
    for (unit, period), own in groups.items():
        for reader in settings.readers_of(unit):
            target, what = reader.person.target, f"{unit} {period}"
            wanted = [each for each in own if not reader.person.reports or each.item.report in reader.person.reports]
            fresh = [each for each in wanted if not outbox.was_told(target, each.item)]
            if not fresh:
                if wanted:
                    yield Outcome(target, f"summary {what}", "skipped", "was sent before")
                continue
            yield from _tell(out, reader, fresh, settings, outbox, now=now)


def tell_failures(items: Sequence[Item], settings: Settings, outbox: Outbox, *, now: datetime) -> None:
    """One message to each owner on what failed and was not told yet; what is published again may fail anew."""
    missing = []
    for item in items:
        key = f"report|{item.period}|{item.business_unit}|{item.report}"
        known = outbox.state(key)
        if item.status not in NOT_RENDERED:
            outbox.set_state(key, None)
        elif known is None or known.state != item.status:
            outbox.set_state(key, State(item.status, item.period, now.isoformat(), now.isoformat()))
            missing.append(item)
    if not missing:
        return
    whole = [item for item in items if item.status in NOT_RENDERED]
    for person in settings.owners:
        _queue_failure(person, whole, (), settings, outbox, now=now)
    owners = {person.target for person in settings.owners}
    for person, units in _failure_readers(settings).items():
        own = [item for item in whole if item.business_unit in units]
        if person.target not in owners and any(item.business_unit in units for item in missing):
            _queue_failure(person, own, tuple(sorted({item.business_unit for item in own})), settings, outbox, now=now)


def queue(
    letter: Letter, person: Person, settings: Settings, outbox: Outbox,
    *, what: str, units: tuple[str, ...], key: Sequence[str], told: Sequence[Told], now: datetime, answers: str = "",
) -> None:  # fmt: skip
    """Put one letter to one person into the outbox, as a mail or for their room.

    Parameters
    ----------
    key : what makes the message's id besides the recipient: the same key is the same message
    """
    mail_id = message_id(settings, person.target, *key)
    if person.address:
        payload = make_mail(letter, person, settings, Post(mail_id, answers), now=now)
    else:
        payload = make_chat(letter)
    message = Message(mail_id, person.target, "mail" if person.address else "chat", what, units, payload)
    outbox.put(message, told, now)


def _tell(
    out: Path, reader: Reader, fresh: Sequence[Facts], settings: Settings, outbox: Outbox, *, now: datetime
) -> Iterator[Outcome]:
    person = reader.person
    earlier = {id(each): outbox.earlier_message(person.target, each.item) for each in fresh}
    corrected = [each for each in fresh if earlier[id(each)]]
    others = [each for each in fresh if not earlier[id(each)]]
    for what, own in (("correction", corrected), ("summary", others)):
        if not own:
            continue
        unit, period = own[0].item.business_unit, own[0].item.period
        told = f"{what} {unit} {period}"
        if what == "summary" and not any(RULES[rule](each) for rule in reader.when for each in own):
            yield Outcome(person.target, told, "skipped", f"nothing to tell by the rule {' or '.join(reader.when)}")
            continue
        letter = write_letter(
            out, own, language=person.language, base_url=settings.base_url, corrected=what == "correction"
        )
        versions = sorted(f"{each.item.report}@{each.item.version}" for each in own)
        queue(
            letter, person, settings, outbox, what=told, units=(unit,), key=(what, unit, period, *versions), now=now,
            told=[(unit, period, each.item.report, each.item.version) for each in own],
            answers=next((earlier[id(each)] for each in own if what == "correction"), ""),
        )  # fmt: skip


def _failure_readers(settings: Settings) -> dict[Person, set[str]]:
    """Readers who asked for failures, with the units they may see."""
    found: dict[Person, set[str]] = {}
    for unit, readers in settings.units.items():
        for reader in readers:
            if "failure" in reader.when:
                found.setdefault(reader.person, set()).add(unit)
    return found


def _queue_failure(
    person: Person, items: Sequence[Item], units: tuple[str, ...], settings: Settings, outbox: Outbox, *, now: datetime
) -> None:
    language = person.language
    periods = sorted({item.period for item in items})
    named = ", ".join(fmt_period(period, language) for period in periods)
    subject = words("{n} reports not rendered · {period}", language, n=len(items), period=named)
    letter = Letter(
        language=language,
        subject=subject,
        kicker=words("For the owner of the reports", language),
        heading=subject,
        status=words("Readers were told nothing; the last good pages stand.", language),
        reports_title=words("Not rendered", language),
        reports=tuple(_failed_line(item, language) for item in items),
        closing=(
            words("`python run_reports.py status` says more. This is told once, until it changes.", language),
            words("Sent automatically by the after-sales reports.", language),
        ),
    )
    digest = hashlib.sha256("\x00".join(sorted(f"{i.period}|{i.business_unit}|{i.report}" for i in items)).encode())
    queue(
        letter, person, settings, outbox, what=f"failure {' '.join(periods)}", units=units,
        key=("failure", digest.hexdigest(), now.isoformat()), told=(), now=now,
    )  # fmt: skip


def _failed_line(item: Item, language: str) -> ReportLine:
    unit = words("whole company", language) if item.business_unit == ALL_UNITS else item.business_unit
    state = words("failed", language) if item.status == "failed" else words("skipped", language)
    return ReportLine(title=f"{item.report} · {unit} · {item.period}", headline="", href="", place="",
                      note=f"{state}: {item.reason or '–'}")  # fmt: skip
