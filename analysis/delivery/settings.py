"""Who is told what, when and over which server: the values, and who may see which unit. `reading.py` makes them.

No secret is held here: only the names of the environment variables that hold them.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from analysis.faults import UserFault

Tls = Literal["starttls", "tls", "none"]
Page = Literal["link", "attach", "none"]
PORTS: Mapping[str, int] = {"starttls": 587, "tls": 465, "none": 25}
WHEN = ("always", "findings", "worsening", "failure")
EVERY = "every"


@dataclass(frozen=True)
class Server:
    """The mail server.

    Parameters
    ----------
    tls : "tls" from the first byte, "starttls" before anything is said, "none" in the clear and so without a password
    user_from, password_from : names of environment variables; empty where the server asks for none
    certificates : file of the authorities to trust besides the system's, for a company's own
    """

    host: str
    port: int
    tls: Tls = "starttls"
    user_from: str = ""
    password_from: str = ""
    certificates: Path | None = None
    timeout_seconds: int = 30


@dataclass(frozen=True)
class Person:
    """A reader or a room: `address` for mail, or `chat_from`, the environment variable that holds a chat's URL.

    `reports` empty means all; `when` None leaves it to the group, and that to the suite.
    """

    id: str
    language: str
    address: str = ""
    chat_from: str = ""
    name: str = ""
    when: tuple[str, ...] | None = None
    reports: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """What outcomes and the outbox call them: the address, or the room's id."""
        return self.address or self.id


@dataclass(frozen=True)
class Reader:
    """A person as allowed for one unit, with the rules that hold there."""

    person: Person
    when: tuple[str, ...]


@dataclass(frozen=True)
class Limit:
    """A threshold: the metric is `above` or `below` the value, or also at it (`at`)."""

    above: bool
    at: bool
    value: float

    def holds(self, figure: float) -> bool:
        """Whether the figure lies beyond the threshold."""
        return (figure == self.value and self.at) or (figure > self.value if self.above else figure < self.value)


@dataclass(frozen=True)
class AlertRule:
    """What one alert watches.

    Parameters
    ----------
    metric : None for any metric, which only signals and findings can have
    limit, signals, findings : exactly one of the three is given
    good : for findings: only good (True) or bad (False) news; None for both
    units : ids, empty for every unit and the company
    to : people by id; each is told only of units that they are allowed to see
    repeat_days : told again after so many days while it lasts; None: only when it begins and ends
    """

    name: str
    to: tuple[str, ...]
    metric: str | None = None
    limit: Limit | None = None
    signals: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    good: bool | None = None
    units: tuple[str, ...] = ()
    repeat_days: int | None = None


@dataclass(frozen=True)
class Settings:
    """Everything about delivery. `Settings()` tells nobody anything.

    Parameters
    ----------
    base_url : where readers find the output folder, for links; empty: mails name the file's place in it
    page : whether a mail links the pages, attaches them too, or neither
    attach_kilobytes : pages beyond it are linked instead
    retry_hours : how long a message that was not taken is tried again
    units : unit → who may see it; `all` is the company's page and nothing else
    owners : who is told of failed runs
    """

    server: Server | None = None
    sender: str = ""
    sender_name: str = ""
    reply_to: str = ""
    base_url: str = ""
    page: Page = "link"
    attach_kilobytes: int = 5_000
    retry_hours: int = 72
    people: Mapping[str, Person] = field(default_factory=dict)
    units: Mapping[str, tuple[Reader, ...]] = field(default_factory=dict)
    owners: tuple[Person, ...] = ()
    alerts: tuple[AlertRule, ...] = ()

    @property
    def tells_nobody(self) -> bool:
        """Whether there is nobody to tell."""
        return not self.units and not self.owners

    def readers_of(self, business_unit: str) -> tuple[Reader, ...]:
        """Who may see the unit; nobody who is not listed for it."""
        return self.units.get(business_unit, ())

    def may_see(self, target: str, business_unit: str) -> bool:
        """Whether the address or room is still allowed for the unit."""
        return any(reader.person.target == target for reader in self.readers_of(business_unit))


def secret(name: str) -> str:
    """The value of an environment variable that the settings name.

    Raises
    ------
    UserFault : when it is not set
    """
    value = os.environ.get(name, "")
    if not value:
        raise UserFault(f"delivery: the environment variable {name} is not set; set it where the suite runs")
    return value
