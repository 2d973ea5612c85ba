"""The chat services that the how-to names, each through its own plugin to a web server that stands in its place: what
is redirected is where a name leads to, as a company's proxy would; request, encryption and answer are real.
"""

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from analysis.delivery.chat import make_chat, send_chat
from analysis.delivery.letter import Letter, ReportLine

HOSTS = ("qyapi.weixin.qq.com", "oapi.dingtalk.com", "open.feishu.cn", "example.logic.azure.com", "hooks.slack.com")
KEY = "a1b2c3d4-1234-4321-abcd-0123456789ab"
# room's URL → host, and where in the request its text stands
SERVICES: dict[str, tuple[str, Callable[[Any], str]]] = {
    f"wecombot://{KEY}": (HOSTS[0], lambda told: told["text"]["content"]),
    f"dingtalk://{'t' * 64}": (HOSTS[1], lambda told: told["text"]["content"]),
    f"feishu://{KEY}": (HOSTS[2], lambda told: told["content"]["text"]),
    f"workflows://example.logic.azure.com/{'w' * 32}/{'s' * 43}": (HOSTS[3], json.dumps),
    f"slack://T1JJ3T3L2/A1BRTD4JD/{'x' * 24}": (HOSTS[4], json.dumps),
}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A web server with a certificate for every service; what it was sent, and the status that it answers with."""
    folder = tmp_path_factory.mktemp("services")
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(folder / "key.pem"),
         "-out", str(folder / "own.pem"), "-subj", "/CN=services", "-addext", f"subjectAltName={names}"],
        check=True, capture_output=True,
    )  # fmt: skip
    seen = SimpleNamespace(requests=[], status=200, certificate=folder / "own.pem", port=0)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.requests.append((self.headers["Host"], self.path, json.loads(body)))
            answer = b"ok" if "slack" in self.headers["Host"] else b'{"errcode": 0, "code": 0}'
            self.send_response(seen.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(seen.certificate, folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    seen.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield seen
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def routed(services: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The services' names lead to the web server; any other name leads nowhere."""
    real = socket.getaddrinfo

    def lead(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        assert name in (*HOSTS, "127.0.0.1"), f"a request to {name}"
        return real("127.0.0.1", services.port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", lead)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(services.certificate))
    services.requests.clear()
    services.status = 200
    return services


def _letter() -> bytes:
    report = ReportLine(title="维修周期", headline="", href="https://reports.example.com/x.html", place="x")
    points = ("Repairs take longer since June <!channel> @all",)
    return make_chat(Letter("zh", "维修需2.31天", "U03 · 2026年6月", "维修需2.31天", points=points, reports=(report,)))


@pytest.mark.parametrize("url", SERVICES)
def test_each_service_gets_the_message_in_its_own_form(
    routed: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    host, text_of = SERVICES[url]
    monkeypatch.setenv("ROOM_URL", url)
    assert send_chat(_letter(), "ROOM_URL").status == "sent"
    ((asked, _, content),) = routed.requests
    said = text_of(content).encode().decode("unicode_escape") if text_of is json.dumps else text_of(content)
    assert asked.partition(":")[0] == host
    for part in ("2.31", "Repairs take longer since June", "reports.example.com/x.html"):
        assert part in said
    assert "<!channel>" not in json.dumps(content)
    assert "@all" not in json.dumps(content)


@pytest.mark.parametrize("url", SERVICES)
def test_each_service_that_is_overloaded_is_tried_again_and_one_that_refuses_is_not(
    routed: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("ROOM_URL", url)
    for routed.status, status in ((503, "queued"), (403, "refused")):
        assert send_chat(_letter(), "ROOM_URL").status == status
