"""Published reports drawn by hand, a real mail server that can be told to misbehave, and a webhook."""

import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from analysis.delivery.items import Item
from analysis.delivery.reading import read_settings

NOW = datetime(2026, 7, 6, 6, 0, tzinfo=UTC)
PASSWORD = "pa55-of-the-mail-server"


def kpi(metric: str = "repair_cycle_median", value: float | None = 2.31, **changed: Any) -> dict[str, Any]:
    """One metric as record.py writes it."""
    drawn = {
        "metric": metric, "name": {"en": "Median repair cycle", "zh": "维修周期中位数"}, "value": value, "low": 2.11,
        "high": 2.55, "n": 412, "unit": "d", "better": "lower", "previous": 2.05, "year_ago": 2.4, "peers": 2.1,
        "target": 2.0, "target_met": False, "value_period": "2026-06",
        "reason": None if value is not None else "no records",
        "changes": [{"versus": "previous", "value": 0.26, "low": 0.05, "high": 0.5, "significant": True}],
        "signal": "worsening", "signal_reason": None, "assurance": "misses", "card": True,
        "series": {"values": [2.0, 2.1, 1.9, 2.0, None, 2.2, 2.31], "low": [1.7] * 7, "high": [2.3] * 7,
                   "centre": [2.0] * 7, "out": [False] * 6 + [True]},
    }  # fmt: skip
    return {**drawn, **changed}


def finding(text: str = "Repairs take longer since June", **changed: Any) -> dict[str, Any]:
    """One finding as record.py writes it."""
    drawn = {
        "kind": "level_shift", "metric": "repair_cycle_median", "business_unit": "U03", "segment": {},
        "since": "2026-06", "direction": "up", "good": False, "effect": None, "q_value": 0.001,
        "text": {"en": text, "zh": f"{text}（中文）"},
    }  # fmt: skip
    return {**drawn, **changed}


def publish(
    out: Path, report: str = "summary", unit: str = "U03", period: str = "2026-06",
    *, version: int = 1, page: str = "<!doctype html><title>page</title>", item: dict[str, Any] | None = None,
    **content: Any,
) -> Item:  # fmt: skip
    """A published report in the output folder, and the item that the ledger would hand over."""
    folder = out / period / unit
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "schema": "after-sales-report/1", "report": report, "business_unit": unit, "period": period,
        "title": {"en": report.replace("_", " ").capitalize(), "zh": f"{report}报告"},
        "unit_name": {"en": f"Unit {unit}", "zh": f"单位{unit}"},
        "data_cutoff_at": "2026-07-05T23:59:59",
        "headline": {"en": "Repairs take 2.31 days, 0.26 more", "zh": "维修需2.31天，多0.26天"},
        "kpis": [kpi()], "findings": [], "data_quality": [], "missing": [], **content,
    }  # fmt: skip
    for language in ("en", "zh"):
        text = json.dumps({**record, "language": language}, ensure_ascii=False)
        (folder / f"{report}.{language}.json").write_text(text, encoding="utf-8")
        (folder / f"{report}.{language}.html").write_text(page, encoding="utf-8")
    given = {"status": "published" if version == 1 else "corrected", **(item or {})}
    return Item(report, unit, period, version, folder=folder, languages=("en", "zh"), **given)


@dataclass
class PostOffice:
    """What a real server was given, and how it is to behave: `answers` are used up one by one, then all is well."""

    mails: list[tuple[list[str], bytes]] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=lambda: {"rcpt": [], "data": []})
    on_data: Callable[[], None] = lambda: None
    port: int = 0
    certificate: str = ""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:
        if self.answers["rcpt"]:
            return self.answers["rcpt"].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        answer = self.answers["data"].pop(0) if self.answers["data"] else "250 taken"
        if answer.startswith("2"):
            self.mails.append((list(envelope.rcpt_tos), bytes(envelope.content or b"")))
        self.on_data()
        return answer

    @property
    def messages(self) -> list[EmailMessage]:
        """The mails as a mail program reads them."""
        return [message_from_bytes(content, policy=default) for _, content in self.mails]  # type: ignore[misc]


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    """A mail server without encryption."""
    office = PostOffice()
    controller = Controller(office, hostname="127.0.0.1", port=_free_port())
    controller.start()
    office.port = controller.port
    yield office
    controller.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that signs itself, and its key beside it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: the encrypted mail server is not tested")
    folder = tmp_path_factory.mktemp("certificate")
    file = folder / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "36500", "-keyout",
         str(folder / "key.pem"), "-out", str(file), "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return file


@pytest.fixture
def locked_office(certificate: Path) -> Iterator[PostOffice]:
    """A mail server that takes mails only after STARTTLS and a login."""
    office = PostOffice(certificate=str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))

    def login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"reports", PASSWORD.encode()), handled=False)

    controller = Controller(
        office, hostname="localhost", port=_free_port(), tls_context=context, require_starttls=True,
        auth_required=True, authenticator=login,
    )  # fmt: skip
    controller.start()
    office.port = controller.port
    yield office
    controller.stop()


@pytest.fixture
def wrapped_office(certificate: Path) -> Iterator[PostOffice]:
    """A mail server that speaks TLS from the first byte."""
    office = PostOffice(certificate=str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    controller = Controller(office, hostname="localhost", port=_free_port(), ssl_context=context)
    controller.start()
    office.port = controller.port
    yield office
    controller.stop()


@dataclass
class Webhook:
    """What a room was given, and the statuses that it answers with, then 200."""

    url: str
    bodies: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """A web server that takes JSON, as chat services do."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(hook.statuses.pop(0) if hook.statuses else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook = Webhook(f"json://127.0.0.1:{server.server_port}/room-s3cret-key/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield hook
    server.shutdown()
    server.server_close()
    thread.join()


def make_settings(
    port: int = 25, recipients: dict[str, Any] | None = None, *, alerts: Any = None, **delivery: Any
) -> Any:
    """Settings with one reader of U03 in English, one of U05 in Chinese, and an owner."""
    people = {
        "li": {"address": "li@example.com", "name": "Li Hua", "language": "en"},
        "wang": {"address": "wang@example.com", "name": "王芳", "language": "zh"},
        "ops": {"address": "ops@example.com", "language": "en"},
    }
    given = recipients or {"people": people, "units": {"U03": ["li"], "U05": ["wang"]}, "owners": ["ops"]}
    smtp = {"host": "127.0.0.1", "port": port, "tls": "none", "timeout_seconds": 5}
    own = {"smtp": smtp, "sender": "After-sales reports <reports@example.com>", **delivery}
    return read_settings(own, alerts, given, base=Path("/"))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="session")
def drawn() -> SimpleNamespace:
    """What draws reports, settings and times."""
    return SimpleNamespace(
        kpi=kpi, finding=finding, publish=publish, settings=make_settings, NOW=NOW, PASSWORD=PASSWORD,
        later=lambda **gone: NOW + timedelta(**gone),
    )  # fmt: skip
