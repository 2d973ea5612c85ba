"""Whether mails and messages could be sent from this machine. It connects and logs in, and sends nothing."""

import smtplib
from collections.abc import Iterable, Iterator

from analysis.delivery.chat import open_service
from analysis.delivery.settings import Settings
from analysis.delivery.smtp import MailServer, reason_of
from analysis.faults import UserFault, did_you_mean


def look_at_delivery(settings: Settings) -> Iterator[tuple[bool, str]]:
    """One line per thing looked at and whether it is well; a suite that tells nobody is well too."""
    if settings.tells_nobody:
        yield True, "mail: nobody is to be told (params/recipients.yml)"
        return
    if settings.server is not None:
        server = settings.server
        place = f"mail: {server.host}:{server.port} ({server.tls})"
        fault = _fault(settings)
        yield not fault, f"{place} takes a connection" if not fault else f"{place}: {fault}; see delivery.smtp"
    for person in settings.people.values():
        if person.chat_from:
            try:
                service = open_service(person.chat_from)
                yield True, f"chat: {person.id} ({service.service_name})"
            except UserFault as fault:
                yield False, f"chat: {person.id}: {fault.lines[0].removeprefix('delivery: ')}"


def unknown_units(settings: Settings, known: Iterable[str]) -> Iterator[str]:
    """One line per unit of the recipients or alerts that the data do not have: nobody would hear of it."""
    units = set(known)
    for unit in settings.units:
        if unit not in units:
            yield f"recipients.yml: no business unit {unit!r} in the data{did_you_mean(unit, units)}"
    for rule in settings.alerts:
        for unit in rule.units:
            if unit not in units:
                yield f"alerts: {rule.name}: no business unit {unit!r} in the data{did_you_mean(unit, units)}"


def _fault(settings: Settings) -> str:
    assert settings.server is not None
    with MailServer(settings.server, settings.sender) as server:
        try:
            server.connect()
        except UserFault as fault:
            return fault.lines[0].removeprefix("delivery: ")
        except (smtplib.SMTPException, OSError) as fault:
            return reason_of(fault)
    return ""
