"""A project in which the commands of a page are carried out within seconds: the real command line, settings, mappings,
intake, mails and published files; the figures and the pages themselves are drawn, which other tests make for real.
"""

import os
import re
import shlex
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from aiosmtpd.controller import Controller

from analysis.intake import intake
from analysis.reporting import command_line, commands
from analysis.reporting import render as rendering
from analysis.reporting.orders import Built, Order
from tests.docs.commands import ROOT

OLD = 1_750_000_000  # long before any moment that a test works at: a source at rest
REPORTS = ["summary", "repair_cycle", "service_quality"]
PROGRAM = re.compile(r"^(?:\.venv/bin/python |python )?run_reports\.py ?(.*)$")


class Mailbox:
    """A mail server that keeps what it is given."""

    def __init__(self) -> None:
        self.mails: list[Message] = []

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content))
        return "250 OK"


class TinyProject:
    """A params folder, records of three units that are drawn, the suite's own notebooks, an output folder."""

    def __init__(self, folder: Path, tiny: SimpleNamespace, patch: pytest.MonkeyPatch, port: int) -> None:
        self.folder, self.params, self.out, self._tiny, self.port = (
            folder,
            folder / "params",
            folder / "out",
            tiny,
            port,
        )
        self.params.mkdir()
        (self.params / "mappings").mkdir()
        for mapping in (ROOT / "params" / "mappings").glob("*.yml"):
            (self.params / "mappings" / mapping.name).symlink_to(mapping)
        self.drawn = folder / "drawn"
        self.drawn.mkdir()
        (self.drawn / "work_orders.csv").write_text("drawn in write_store\n", encoding="utf-8")
        os.utime(self.drawn / "work_orders.csv", (OLD, OLD))
        self.settings: dict[str, Any] = {
            "data": str(self.drawn), "out": str(self.out), "store": str(folder / "store"), "reports": REPORTS,
            "business_units": ["U01", "U02"],
        }  # fmt: skip
        store = tiny.write_store(folder / "made")
        steps = tiny.make_steps(store)

        def take_in(source: str, **given: Any) -> Any:
            return store if source == str(self.drawn) else intake(source, **given)

        patch.setattr(commands, "suite_steps", lambda: SimpleNamespace(**{**vars(steps), "intake": take_in}))
        patch.setattr(command_line.signal, "signal", lambda *_: None)
        patch.setattr(rendering, "_build", self._build)

    def set(self, **settings: Any) -> None:
        """Lines of suite.yml, as a page tells its reader to write them."""
        self.settings |= settings
        text = yaml.safe_dump(self.settings, allow_unicode=True)
        (self.params / "suite.yml").write_text(text, encoding="utf-8")

    def deliver_to(self, delivery: dict[str, Any], people: dict[str, Any]) -> None:
        """A page's delivery settings and recipients, its mail server put in place of the page's."""
        server = {"host": "127.0.0.1", "port": self.port, "tls": "none"}
        self.set(delivery={**delivery, "smtp": server})
        (self.params / "recipients.yml").write_text(yaml.safe_dump(people, allow_unicode=True), encoding="utf-8")

    def run(self, command: str, *more: str) -> int:
        """Carry a command of a page out, on this project's settings."""
        found = PROGRAM.match(command)
        assert found is not None, command
        return command_line.main([*shlex.split(found[1]), *more, "--params", str(self.params)])

    def _build(self, suite: Any, orders: list[Order], progress: Any) -> list[Built]:
        for order in orders:
            self._tiny.write_built(suite, order.report, order.business_unit, period=order.period, key=order.key)
        return [Built(order, 0.0, None) for order in orders]


@contextmanager
def mail_server(mailbox: Mailbox) -> Iterator[int]:
    """The port of a mail server of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield port
    finally:
        server.stop()
