"""What keeps a whole run from being made, told to the owners: a broken notebook, records that cannot be read, a full
disk. Nobody looks into a log that nothing points at.

It is told once; when it changes, or comes back after a run that went well, it is told again. Figures within a line
(so much room left) change nothing.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from analysis.delivery.deliver import send_waiting
from analysis.delivery.items import Outcome
from analysis.delivery.letter import SUBJECT_AT_MOST, Letter, shortened
from analysis.delivery.outbox import FILE, Busy, Outbox, State, open_outbox
from analysis.delivery.planning import queue
from analysis.delivery.settings import Person, Settings
from analysis.presentation.language import words
from analysis.presentation.masking import clean_text, mask_text

KEY = "run|trouble"
LINES_AT_MOST, LINE_AT_MOST = 12, 400


def tell_trouble(out: Path, lines: Sequence[str], settings: Settings, *, now: datetime) -> Sequence[Outcome]:
    """Tell every owner, once, why no report can be made.

    Parameters
    ----------
    lines : the mistakes; none says that a run went well, so that the next mistake is news again
    now : with its time zone

    Raises
    ------
    UserFault : when the outbox is damaged or cannot be opened; nothing is sent then
    """
    if not settings.owners or not (lines or (out / FILE).is_file()):
        return ()
    try:
        with open_outbox(out) as outbox:
            lost = outbox.recover(now)
            with outbox.together():
                _plan(lines, settings, outbox, now=now)
            return [*lost, *send_waiting(settings, outbox, now=now)]
    except Busy:
        return [Outcome("", "delivery", "skipped", "another delivery is under way; call again")]


def _plan(lines: Sequence[str], settings: Settings, outbox: Outbox, *, now: datetime) -> None:
    """Queue what is new."""
    known = outbox.state(KEY)
    if not lines:
        outbox.set_state(KEY, None)
        return
    digest = hashlib.sha256(re.sub(r"\d+", "#", "\n".join(sorted(lines))).encode()).hexdigest()
    if known is not None and known.state == digest:
        return
    moment = now.isoformat()
    outbox.set_state(KEY, State(digest, "", moment, moment))
    for person in settings.owners:
        queue(
            _letter(lines, person), person, settings, outbox, what="failure run", units=(),
            key=("trouble", digest, moment), told=(), now=now,
        )  # fmt: skip


def _letter(lines: Sequence[str], person: Person) -> Letter:
    language = person.language
    said = [shortened(mask_text(clean_text(line), language), LINE_AT_MOST) for line in lines]
    more = [words("{n} more", language, n=len(said) - LINES_AT_MOST)] if len(said) > LINES_AT_MOST else []
    subject = words("No report could be made: {reason}", language, reason=said[0])
    return Letter(
        language=language,
        subject=shortened(subject, SUBJECT_AT_MOST),
        kicker=words("For the owner of the reports", language),
        heading=words("No report could be made", language),
        status=words("Readers were told nothing; the last good pages stand.", language),
        points_title=words("To be put right", language),
        points=(*said[:LINES_AT_MOST], *more),
        closing=(
            words("`python run_reports.py status` says more. This is told once, until it changes.", language),
            words("Sent automatically by the after-sales reports.", language),
        ),
    )
