"""`delivery:` and `alerts:` of suite.yml and all of recipients.yml, read strictly: every mistake is collected and told
at once.

A secret in a file is refused and never repeated in the complaint; so is a line end in a name or an address, which
could forge a header.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from analysis.delivery.alert_rules import read_alerts
from analysis.delivery.checking import Checker, Wrong, address, flat, mailbox, one_of, variable, whole
from analysis.delivery.settings import EVERY, PORTS, WHEN, Person, Reader, Server, Settings
from analysis.faults import UserFault
from analysis.presentation.language import LANGUAGES

SUITE, RECIPIENTS = "suite.yml", "recipients.yml"
_HOST = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$|^\[?[0-9A-Fa-f:]+\]?$")


def read_settings(
    delivery: object = None,
    alerts: object = None,
    recipients: object = None,
    *,
    base: Path,
    languages: tuple[str, ...] = LANGUAGES,
) -> Settings:
    """The settings of delivery from what the files hold; nothing at all gives `Settings()`.

    Parameters
    ----------
    delivery, alerts : the values of these keys of suite.yml
    recipients : the content of recipients.yml
    base : the folder that relative paths start from
    languages : of the suite's pages; the first one is a recipient's, unless told

    Raises
    ------
    UserFault : one line per mistake
    """
    faults: list[str] = []
    own = Checker(f"{SUITE}: delivery", faults)
    given = own.mapping(delivery, _DELIVERY)
    values = own.checked({name: value for name, value in given.items() if name not in ("smtp", "when")}, _DELIVERY)
    if "sender" in values:
        values["sender_name"], values["sender"] = values["sender"]
    server = _server(given.get("smtp"), faults, base)
    when = own.checked({"when": given["when"]}, {"when": _when}).get("when") if given.get("when") else None
    people, units, owners = _recipients(recipients, faults, languages=languages, when=when or ("always",))
    rules = read_alerts(alerts, people, faults)
    mailed = [person for person in people.values() if person.address]
    if mailed and not faults:
        lacking = [name for name, there in (("smtp", server), ("sender", values.get("sender"))) if not there]
        faults += [f"{SUITE}: delivery: {name} is missing; {mailed[0].id} is told by mail" for name in lacking]
    if faults:
        raise UserFault(faults)
    return Settings(**values, server=server, people=people, units=units, owners=owners, alerts=rules)


def _server(given: object, faults: list[str], base: Path) -> Server | None:
    if given is None:
        return None
    checker = Checker(f"{SUITE}: delivery: smtp", faults)
    content = checker.mapping(given, _SMTP, secrets=("user", "password"))
    before = len(faults)
    values = checker.checked(content, _SMTP)
    if "host" not in content:
        faults.append(f"{checker.place}: host is missing; name the mail server")
    tls = values.get("tls", "starttls")
    if "certificates" in values:
        values["certificates"] = (base / values["certificates"]).resolve()
        if not values["certificates"].is_file():
            faults.append(f"{checker.place}: certificates: no file {content['certificates']!r}")
    if ("user_from" in values) != ("password_from" in values):
        faults.append(f"{checker.place}: user_from and password_from go together; one of them is missing")
    if tls == "none" and "password_from" in values:
        faults.append(f"{checker.place}: tls: none would send the password in the clear; use starttls or tls")
    return None if len(faults) > before else Server(**{"port": PORTS[tls], **values})


def _recipients(
    given: object, faults: list[str], *, languages: tuple[str, ...], when: tuple[str, ...]
) -> tuple[dict[str, Person], dict[str, tuple[Reader, ...]], tuple[Person, ...]]:
    top = Checker(RECIPIENTS, faults)
    content = top.mapping(given, ("people", "groups", "units", "owners"))
    people = _people(top.part(content, "people"), faults, languages)
    groups: dict[str, tuple[list[str], tuple[str, ...] | None]] = {}
    for name, entry in top.part(content, "groups").items():
        checker = Checker(f"{RECIPIENTS}: groups: {name}", faults)
        own = checker.mapping(entry, ("members", "when"))
        rule = checker.checked({"when": own["when"]}, {"when": _when}).get("when") if own.get("when") else None
        if name in people:
            faults.append(f"{checker.place}: is a person's id too; give the group another name")
        groups[name] = (checker.known(own.get("members"), people), rule)
    units = {}
    for unit, listed in top.part(content, "units").items():
        checker = Checker(f"{RECIPIENTS}: units: {unit}", faults)
        readers: dict[str, Reader] = {}
        for name in checker.known(listed, [*people, *groups]):
            members, rule = groups.get(name, ([name], None))
            for member in (people[each] for each in members):
                readers.setdefault(member.target, Reader(member, member.when or rule or when))
        units[unit] = tuple(readers.values())
    owners = top.known(content.get("owners", []), people, what="owners")
    return people, units, tuple(people[name] for name in owners)


def _people(given: Mapping[str, Any], faults: list[str], languages: tuple[str, ...]) -> dict[str, Person]:
    people = {}
    for name, entry in given.items():
        checker = Checker(f"{RECIPIENTS}: people: {name}", faults)
        content = checker.mapping(entry, _PERSON, secrets=("chat", "url"))
        before = len(faults)
        values = checker.checked(content, _PERSON)
        if not faults[before:] and ("address" in values) == ("chat_from" in values):
            faults.append(f"{checker.place}: needs an address or chat_from, and not both")
        if len(faults) == before:
            people[name] = Person(name, **{"language": languages[0], **values})
        else:  # so that what names them is not a second fault
            people[name] = Person(name, languages[0])
    return people


def _when(value: object) -> tuple[str, ...]:
    asked = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(one_of(*WHEN)(each) for each in asked))


def _host(value: object) -> str:
    if not _HOST.match(flat(value)):
        raise Wrong("must be a host's name alone, without protocol, user or port", show=False)
    return flat(value)


def _port(value: object) -> int:
    if not 1 <= whole(value) <= 65_535:
        raise Wrong("must be between 1 and 65535")
    return whole(value)


def _base_url(value: object) -> str:
    text = flat(value)
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https", "file") or not (parts.netloc or parts.scheme == "file"):
        raise Wrong("must begin with https://, http:// or file://")
    if "@" in parts.netloc:
        raise Wrong("must hold no user or password", show=False)
    if parts.query or parts.fragment:
        raise Wrong("must be an address without ? or #")
    return text if text.endswith("/") else text + "/"


def _names(value: object) -> tuple[str, ...]:
    if value == EVERY:
        return ()
    if not isinstance(value, list):
        raise Wrong("must be a list of names, or 'every'")
    return tuple(flat(each) for each in value)


_SMTP: Mapping[str, Callable[[Any], Any]] = {
    "host": _host,
    "port": _port,
    "tls": one_of(*PORTS),
    "user_from": variable,
    "password_from": variable,
    "certificates": flat,
    "timeout_seconds": whole,
}
_DELIVERY: Mapping[str, Callable[[Any], Any]] = {
    "smtp": flat,
    "sender": mailbox,
    "reply_to": address,
    "base_url": _base_url,
    "page": one_of("link", "attach", "none"),
    "attach_kilobytes": whole,
    "retry_hours": whole,
    "when": _when,
}
_PERSON: Mapping[str, Callable[[Any], Any]] = {
    "address": address,
    "chat_from": variable,
    "name": flat,
    "language": one_of(*LANGUAGES),
    "when": _when,
    "reports": _names,
}
