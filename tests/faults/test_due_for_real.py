"""A schedule through the real command line: the sample business, real kernels, a real mail server; a correction."""

import csv
import os
import re
import resource
import socket
import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from analysis.reporting.parameters import PROJECT

SUITE = """
data: {data}
reports: [complaints]
business_units: [all]
store: {store}
out: {out}
schedule:
  timezone: Asia/Shanghai
  calendar: china
  catch_up_days: 10
  groups:
    monthly: {{every: month, workday: 3, hour: 8}}
delivery:
  smtp: {{host: 127.0.0.1, port: {port}, tls: none}}
  sender: After-sales reports <reports@example.com>
"""
PEOPLE = """
people:
  li.hua: {address: li.hua@example.com, language: zh}
units:
  all: [li.hua]
"""


class _Mailbox:
    """Keeps what it accepts."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


def _call(params: Path, *arguments: str) -> tuple[int, str, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "run_reports.py", *arguments, "--params", str(params)],
        cwd=PROJECT, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONWARNINGS": ""},
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, cpu


def _drop_a_third(file: Path, month: str) -> int:
    """Take every third complaint of a month back, as a correction of the source would."""
    with file.open(encoding="utf-8") as opened:
        rows = list(csv.reader(opened))
    at = rows[0].index("received_at")
    own = [number for number, row in enumerate(rows) if row[at].startswith(month)]
    gone = set(own[::3])
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows(row for number, row in enumerate(rows) if number not in gone)
    return len(gone)


@pytest.mark.prove
def test_due_renders_delivers_and_corrects_through_the_real_command_line(tmp_path: Path) -> None:
    params, data, out = (tmp_path / name for name in ("params", "data", "out"))
    params.mkdir()
    subprocess.run(
        [sys.executable, "run_reports.py", "sample", "--out", str(data), "--work-orders", "3000"],
        cwd=PROJECT, check=True, capture_output=True,
    )  # fmt: skip
    mailbox = _Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        (params / "suite.yml").write_text(SUITE.format(data=data, store=tmp_path / "store", out=out, port=port))
        (params / "recipients.yml").write_text(PEOPLE)
        code, told, _ = _call(params, "due", "--now", "2026-07-03T09:00")
        assert (code, told) == (
            0,
            "1 published, 0 corrected, 0 failed, 0 skipped, 1 messages sent; "
            "next: monthly 2026-07 at 2026-08-05 08:00 CST\n",
        )
        code, told, cpu = _call(params, "due", "--now", "2026-07-03T10:00")
        assert (code, told) == (0, "nothing was owed; next: monthly 2026-07 at 2026-08-05 08:00 CST\n")
        sys.stdout.write(f"a call that owes nothing: {cpu:.2f} s CPU\n")
        assert _drop_a_third(data / "complaints.csv", "2026-06") > 0
        code, told, _ = _call(params, "due", "--now", "2026-07-09T09:00")
        assert (code, told.split(";")[0]) == (0, "0 published, 1 corrected, 0 failed, 0 skipped, 1 messages sent")
        assert _call(params, "due", "--now", "2026-07-09T10:00")[1].startswith("nothing was owed")
        assert _call(params, "verify")[0] == 0
    finally:
        server.stop()
    assert [mail["To"] for mail in mailbox.mails] == ["li.hua@example.com"] * 2
    page = (out / "2026-06/all/complaints.en.html").read_text(encoding="utf-8")
    correction = re.search(r"Version 2, corrected on [^<]*", page)
    assert correction is not None
    assert re.search(r"Complaints received [\d,]+ → [\d,]+", correction[0])
    sys.stdout.write(f"{correction[0]}\n")
    text = mailbox.mails[1].get_body(("plain",)).get_content()
    assert "更正" in mailbox.mails[1]["Subject"] + text
    assert (out / "2026-06/all/versions/1/complaints.zh.html").is_file()
