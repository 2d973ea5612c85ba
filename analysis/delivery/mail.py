"""A letter as a mail: HTML that mail programs show well, its plain text, small pictures, the pages where they fit.

Names and sentences come from data and may be hostile: the template escapes what goes into HTML, and headers take one
line without control characters.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from analysis.delivery.facts import one_line
from analysis.delivery.letter import Card, Letter
from analysis.delivery.settings import Person, Settings
from analysis.presentation.language import words
from analysis.presentation.sparkline_png import sparkline_png
from analysis.presentation.theme import DARK, LIGHT

TEMPLATES = Path(__file__).parent / "templates"
HTML_LANGUAGE = {"en": "en", "zh": "zh-Hans"}
KILOBYTE = 1000


@dataclass(frozen=True)
class Post:
    """Where a mail belongs: its id, the id it answers to, and the name that the receiving server may know it by."""

    message_id: str
    answers: str = ""


def message_id(settings: Settings, *parts: str) -> str:
    """The same id for the same recipient, reports, period and versions, so that servers can drop a second copy."""
    digest = hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:40]
    return f"<{digest}@{settings.sender.rpartition('@')[2] or 'localhost'}>"


def make_mail(letter: Letter, person: Person, settings: Settings, post: Post, *, now: datetime) -> bytes:
    """The mail as it goes over the line.

    Parameters
    ----------
    letter : what it says; its reports' files are attached where the settings ask for it and they fit
    """
    letter, attached = _with_pages(letter, settings)
    images = [
        (f"line{number}.{post.message_id.strip('<>')}", sparkline_png(card.spark) if card.spark else b"")
        for number, card in enumerate(letter.cards, start=1)
    ]
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = one_line(letter.subject)
    mail["From"] = Address(one_line(settings.sender_name), addr_spec=settings.sender)
    mail["To"] = Address(one_line(person.name), addr_spec=person.address)
    if settings.reply_to:
        mail["Reply-To"] = settings.reply_to
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = post.message_id
    if post.answers:
        mail["In-Reply-To"] = mail["References"] = post.answers
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(plain_text(letter))
    mail.add_alternative(_html(letter, [name if png else "" for name, png in images]), "html")
    html: EmailMessage = mail.get_payload()[-1]  # type: ignore[index,assignment]
    for name, png in images:
        if png:
            html.add_related(png, "image", "png", cid=f"<{name}>", disposition="inline")
    for file in attached:
        mail.add_attachment(file.read_bytes(), "text", "html", filename=file.name)
    mail["Content-Language"] = HTML_LANGUAGE[letter.language]  # last: each part added takes such headers with it
    return mail.as_bytes()


def plain_text(letter: Letter) -> str:
    """The same in plain text, for readers who prefer it and for chats."""
    lines = [letter.kicker, letter.heading, letter.status, ""]
    if letter.corrections:
        lines += [words("Corrected figures", letter.language), *(f"- {line}" for line in letter.corrections), ""]
    if letter.points:
        lines += [letter.points_title, *(f"- {point}" for point in letter.points), ""]
    if letter.cards:
        lines.append(letter.cards_title)
        for card in letter.cards:
            about = f" ({card.about})" if card.about else ""
            said = [_figure(card, letter.language), card.verdict, card.assurance, *card.changes]
            lines.append(f"- {card.label}{about}: " + "; ".join(part for part in said if part))
        lines.append("")
    if letter.reports:
        lines.append(letter.reports_title)
        for report in letter.reports:
            lines += [f"- {report.title}" + (f": {report.headline}" if report.headline else "")]
            lines += [f"  {part}" for part in (report.note, report.href) if part]
        lines.append("")
    return "\n".join([*lines, *letter.closing]).replace("\n\n\n", "\n\n") + "\n"


def _figure(card: Card, language: str) -> str:
    close = language != "en" or card.unit == "%"
    return f"{card.value}{'' if close else ' '}{card.unit}".strip()


def _html(letter: Letter, images: Sequence[str]) -> str:
    return _template().render(
        letter=letter,
        html_language=HTML_LANGUAGE[letter.language],
        preheader=letter.points[0] if letter.points else letter.status,
        open=next((report.href for report in letter.reports[:1] if len(letter.reports) > 1), ""),
        open_title=words("Open the report", letter.language),
        corrections_title=words("Corrected figures", letter.language),
        cards=list(zip(letter.cards, images, strict=True)),
        light=LIGHT,
        dark=DARK,
    )


def _with_pages(letter: Letter, settings: Settings) -> tuple[Letter, list[Path]]:
    """The letter with a note on each report that says where its page is, and the pages to attach, in order, as long as
    they fit together.
    """
    room, attached, reports = settings.attach_kilobytes * KILOBYTE, [], []
    for report in letter.reports:
        size = report.file.stat().st_size if report.file and report.file.is_file() else None
        where = "" if report.href else words("File: {place}", letter.language, place=report.place)
        if settings.page != "attach" or report.file is None or size is None:
            reports.append(replace(report, note=where if settings.page != "none" and report.file else report.note))
        elif size <= room:
            room -= size
            attached.append(report.file)
            reports.append(replace(report, note=words("Attached: {file}", letter.language, file=report.file.name)))
        else:
            note = words("Too large to attach.", letter.language)
            reports.append(replace(report, note=f"{note} {where}".strip()))
    shown = [replace(each, href="" if settings.page == "none" else each.href) for each in reports]
    return replace(letter, reports=tuple(shown)), attached


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=False
    )
    return environment.get_template("mail.html.j2")
