"""The faults of delivery (D1 to D6): injected into a real mail server and into a sending process."""

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from analysis.delivery.deliver import deliver
from analysis.delivery.outbox import read_outcomes
from analysis.delivery.reading import read_settings
from analysis.faults import UserFault
from analysis.reporting import command_line, commands
from analysis.reporting import render as rendering

SENDER = """
import sys
from datetime import datetime
from pathlib import Path
from tests.delivery.conftest import NOW, make_settings, publish
from analysis.delivery.deliver import deliver
out = Path(sys.argv[1])
deliver(out, [publish(out)], make_settings(int(sys.argv[2])), now=NOW)
"""


def _body(mail) -> str:
    return mail.get_body(("plain",)).get_content()


def test_d1_a_mail_that_the_server_may_have_taken_is_never_sent_again_by_itself(tmp_path, drawn, post_office, witness):
    sender = None

    def kill() -> None:  # the server has the whole mail; the sender has no answer yet
        os.kill(sender.pid, signal.SIGKILL)
        sender.wait()

    post_office.on_data = kill
    command = [sys.executable, "-c", textwrap.dedent(SENDER), str(tmp_path), str(post_office.port)]
    sender = subprocess.Popen(command)
    assert sender.wait(timeout=120) == -signal.SIGKILL
    post_office.on_data = lambda: None
    assert len(post_office.mails) == 1
    items = [drawn.publish(tmp_path)]
    first = deliver(tmp_path, items, drawn.settings(post_office.port), now=drawn.later(hours=1))
    later = [deliver(tmp_path, items, drawn.settings(post_office.port), now=drawn.later(days=day)) for day in (1, 30)]
    assert first[0].status == "unknown"
    assert [[each.status for each in outcomes] for outcomes in later] == [["skipped"], ["skipped"]]
    assert len(post_office.mails) == 1
    assert [(each.target, each.status) for each in read_outcomes(tmp_path)] == [("li@example.com", "unknown")]
    witness(
        "D1",
        injected="SIGKILL of the sending process while the server had the whole mail and had not answered",
        happened="the mail stood as unknown; 3 later calls, up to 30 days on, sent nothing: 1 mail at the server",
    )


def test_d1_a_connection_that_breaks_before_the_answer_leaves_the_mail_unknown(tmp_path, drawn, post_office, witness):
    post_office.answers["data"] = ["hang up"]  # no code: the client cannot read it as an answer
    items = [drawn.publish(tmp_path)]
    settings = drawn.settings(post_office.port)
    calls = [deliver(tmp_path, items, settings, now=drawn.later(hours=hour)) for hour in (0, 1)]
    statuses = [[each.status for each in outcomes] for outcomes in calls]
    assert statuses == [["unknown"], ["skipped"]]
    assert post_office.mails == []
    witness(
        "D1", injected="an answer to the whole mail that is none", happened="unknown, and not sent again one hour later"
    )


def test_d1_what_a_process_left_before_the_server_had_the_mail_is_sent_later(tmp_path, drawn, post_office, witness):
    post_office.answers["rcpt"] = ["450 greylisted"]
    items = [drawn.publish(tmp_path)]
    (first,) = deliver(tmp_path, items, drawn.settings(post_office.port), now=drawn.NOW)
    (_, second) = deliver(tmp_path, items, drawn.settings(post_office.port), now=drawn.later(hours=1))
    assert (first.status, second.status) == ("queued", "sent")
    assert len(post_office.mails) == 1
    witness("D1", injected="450 to the recipient, before the mail itself", happened="queued, sent once an hour later")


def test_d2_a_server_that_says_later_is_asked_again_later_and_later(tmp_path, drawn, post_office, witness):
    post_office.answers["data"] = ["451 try later"] * 3
    items, calls, tries = [drawn.publish(tmp_path)], 0, []
    for minutes in range(0, 181, 5):
        before = len(post_office.answers["data"])
        outcomes = deliver(tmp_path, items, drawn.settings(post_office.port), now=drawn.later(minutes=minutes))
        calls += 1
        if len(post_office.answers["data"]) < before or any(each.status == "sent" for each in outcomes):
            tries.append(minutes)
    assert tries == [0, 10, 30, 70]
    assert len(post_office.mails) == 1
    witness(
        "D2",
        injected="451 three times",
        happened=f"{calls} calls in 3 hours asked after 0, 10, 30 and 70 minutes; 1 mail at the server",
    )


def test_d2_a_server_that_refuses_for_good_is_not_asked_again(tmp_path, drawn, post_office, witness):
    post_office.answers["data"] = ["554 refused by content"]
    items = [drawn.publish(tmp_path)]
    (first,) = deliver(tmp_path, items, drawn.settings(post_office.port), now=drawn.NOW)
    (second,) = deliver(tmp_path, items, drawn.settings(post_office.port), now=drawn.later(days=2))
    assert (first.status, first.reason) == ("refused", "the server said 554 refused by content")
    assert second.status == "skipped"
    assert post_office.mails == []
    witness("D2", injected="554 to the mail", happened="refused for good; nothing was tried two days later")


def test_d2_a_server_that_is_down_stops_nothing_but_the_mail(tmp_path, drawn, post_office, witness):
    items = [drawn.publish(tmp_path, unit=unit) for unit in ("U03", "U05")]
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.html")}
    down = deliver(tmp_path, items, drawn.settings(9), now=drawn.NOW)
    assert [(each.status, each.reason) for each in down] == [
        ("queued", "the mail server cannot be used (Connection refused)")
    ] * 2
    assert {file: file.read_bytes() for file in tmp_path.rglob("*.html")} == before
    up = deliver(tmp_path, [], drawn.settings(post_office.port), now=drawn.later(hours=1))
    assert [each.status for each in up] == ["sent", "sent"]
    witness(
        "D2",
        injected="no server at the port for one call",
        happened="2 mails queued, the pages as they were; both sent once by the next call",
    )


def test_d3_one_mail_per_version_and_one_marked_correction(tmp_path, drawn, post_office, witness):
    first = drawn.publish(tmp_path)
    for hour in range(3):  # rendered again: the same version
        deliver(tmp_path, [first], drawn.settings(post_office.port), now=drawn.later(hours=hour))
    changed = {"corrections": ({"metric": "repair_cycle_median", "old": 2.31, "new": 2.35, "unit": "d"},)}
    second = drawn.publish(tmp_path, version=2, kpis=[drawn.kpi(value=2.35)], item=changed)
    for day in range(3):
        deliver(tmp_path, [second], drawn.settings(post_office.port), now=drawn.later(days=1 + day))
    assert [mail["Subject"].startswith("Corrected: ") for mail in post_office.messages] == [False, True]
    assert "2.35\xa0days, was 2.31\xa0days (+0.04\xa0days)" in _body(post_office.messages[1])
    witness(
        "D3",
        injected="version 1 delivered 3 times, version 2 with a changed figure 3 times",
        happened="2 mails: the first, and one marked correction that says 2.35 days, was 2.31 days (+0.04 days)",
    )


def test_d3_a_correction_never_overtakes_what_it_corrects(tmp_path, drawn, post_office, witness):
    post_office.answers["data"] = ["451 try later"]
    deliver(tmp_path, [drawn.publish(tmp_path)], drawn.settings(post_office.port), now=drawn.NOW)
    second = drawn.publish(tmp_path, version=2)
    deliver(tmp_path, [second], drawn.settings(post_office.port), now=drawn.later(minutes=5))
    assert post_office.mails == []
    deliver(tmp_path, [second], drawn.settings(post_office.port), now=drawn.later(minutes=20))
    assert [mail["Subject"].startswith("Corrected: ") for mail in post_office.messages] == [False, True]
    witness("D3", injected="version 2 while version 1 waited", happened="first version 1, then the correction")


def test_d4_a_failed_run_reaches_its_owner_once_and_no_reader(tmp_path, drawn, post_office, witness):
    failed = [
        drawn.publish(tmp_path, name, item={"status": "failed", "reason": "cell 7: KeyError: 'x'"})
        for name in ("summary", "loyalty")
    ]
    for hour in range(5):
        deliver(tmp_path, failed, drawn.settings(post_office.port), now=drawn.later(hours=hour))
    (mail,) = post_office.messages
    assert mail["To"] == "ops@example.com"
    assert "2 reports not rendered" in mail["Subject"]
    assert "cell 7: KeyError: 'x'" in _body(mail)
    deliver(tmp_path, [drawn.publish(tmp_path)], drawn.settings(post_office.port), now=drawn.later(hours=6))
    deliver(tmp_path, failed[:1], drawn.settings(post_office.port), now=drawn.later(hours=7))
    assert [mail["To"] for mail in post_office.messages[1:]] == ["Li Hua <li@example.com>", "ops@example.com"]
    witness(
        "D4",
        injected="two failed reports handed over by 5 hourly calls; then one published; then failed again",
        happened="1 alert to the owner and nothing to the reader; a new alert only for the new failure",
    )


def test_d4_what_keeps_every_report_from_being_made_reaches_the_owner_once(
    tiny, tmp_path, drawn, post_office, monkeypatch, capsys, witness
):
    world = tiny.World(tmp_path, groups={"monthly": {"every": "month", "workday": 3, "hour": 8}}, catch_up_days=20)
    world.suite = replace(world.suite, delivery=drawn.settings(post_office.port))
    monkeypatch.setattr(rendering, "_build", world.build)
    monkeypatch.setattr(commands, "suite_steps", world.steps)
    monkeypatch.setattr(commands, "read_suite", lambda params: world.suite)
    monkeypatch.setattr(command_line.signal, "signal", lambda *_: None)

    def bring(hour, **figures):
        at = datetime(2026, 7, 2, hour, tzinfo=UTC)
        world.bring("2026-07-02T00:00:00", at=at, **figures)

    def call(hour):
        return command_line.main(["due", "--now", f"2026-07-03T{hour:02d}:00"])

    bring(1)
    tiny.write_notebook(tmp_path / "notebooks", "cycle", "import a_package_that_is_not_there")
    assert [call(hour) for hour in (9, 10, 11)] == [2, 2, 2]
    assert "a_package_that_is_not_there" in capsys.readouterr().err
    tiny.write_notebook(tmp_path / "notebooks", "cycle")
    assert [call(hour) for hour in (12, 13)] == [0, 0]
    tiny.write_notebook(tmp_path / "notebooks", "cycle", "import a_package_that_is_not_there")
    bring(2, U01_2026_06=2.5)
    assert [call(hour) for hour in (14, 15)] == [2, 2]

    def breaks(*_, **__):
        raise ZeroDivisionError

    tiny.write_notebook(tmp_path / "notebooks", "cycle")
    monkeypatch.setattr(rendering, "_build", breaks)
    for hour in (16, 17):
        with pytest.raises(ZeroDivisionError):
            call(hour)
    first, second, third = post_office.messages
    assert [mail["To"] for mail in (first, second, third)] == ["ops@example.com"] * 3
    assert first["Subject"].startswith("No report could be made: cycle.ipynb: package a_package_that_is_not_there")
    assert (second["Subject"], "ZeroDivisionError" in third["Subject"]) == (first["Subject"], True)
    witness(
        "D4",
        injected="a notebook that needs a missing package, found by 3 hourly calls of `due`; mended; broken again "
        "for 2; then the suite itself raising in 2",
        happened="1 mail to the owner for each of the three, none to a reader; exit code 2, or the traceback",
    )


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x0b"])
def test_d5_a_line_end_in_a_name_or_address_is_refused_when_the_parameters_are_read(tmp_path, end, witness):
    forged = f"x{end}Bcc: spy@example.com"
    people = {"li": {"address": f"li@example.com{end}Bcc: spy@example.com", "name": forged}}
    delivery = {"smtp": {"host": "mail.example.com"}, "sender": f"Reports{end}Bcc: spy@example.com <r@example.com>"}
    with pytest.raises(UserFault) as caught:
        read_settings(delivery, None, {"people": people, "units": {forged: ["li"]}}, base=tmp_path)
    told = "\n".join(caught.value.lines)
    for place in ("delivery: sender", "people: li: address", "people: li: name", "recipients.yml: units"):
        assert place in told
    assert len(caught.value.lines) == 4
    assert not any(end in line for line in caught.value.lines)
    (tmp_path / "business_units.yml").write_text('units:\n  "U1":\n    name: "a\\r\\nBcc: x@y.z"\n', encoding="utf-8")
    from analysis.intake.units import read_described_units

    with pytest.raises(UserFault, match="a line end in an id or name"):
        read_described_units(tmp_path)
    witness(
        "D5",
        injected=f"{end!r} and a forged Bcc in sender, address, name and unit",
        happened="4 lines, one per place, before anything was read or sent",
    )


def test_d5_a_line_end_that_comes_with_the_data_forges_no_header(tmp_path, drawn, post_office, witness):
    forged = {"en": "North\r\nBcc: spy@example.com\r\n\r\n<h1>", "zh": "华北\nBcc: spy@example.com"}
    item = drawn.publish(tmp_path, unit_name=forged, headline={"en": "All\nis\u2028well", "zh": "好"})
    deliver(tmp_path, [item], drawn.settings(post_office.port), now=drawn.NOW)
    ((to, content),) = post_office.mails
    (mail,) = post_office.messages
    assert to == ["li@example.com"]
    assert mail["Bcc"] is None
    assert mail["Subject"] == "North Bcc: spy@example.com <h1> · June 2026: All is well"
    assert b"\nBcc:" not in content
    witness("D5", injected="line ends and a Bcc in the unit's name in the data", happened="one line of the subject")


def test_d6_a_page_too_large_for_mail_is_linked_and_the_summary_stands_in_the_body(
    tmp_path, drawn, post_office, witness
):
    large = drawn.publish(tmp_path, "complaints", page="<!doctype html>" + "x" * 300_000)
    small = drawn.publish(tmp_path, "summary", page="<!doctype html>small")
    settings = drawn.settings(
        post_office.port, page="attach", attach_kilobytes=100, base_url="https://reports.example.com/aftersales"
    )
    deliver(tmp_path, [large, small], settings, now=drawn.NOW)
    (mail,) = post_office.messages
    ((_, content),) = post_office.mails
    assert [part.get_filename() for part in mail.iter_attachments()] == ["summary.en.html"]
    text = _body(mail)
    assert "Median repair cycle: 2.31 days" in text
    assert "Too large to attach." in text
    assert "https://reports.example.com/aftersales/2026-06/U03/complaints.en.html" in text
    assert len(content) < 100_000
    witness(
        "D6",
        injected="a page of 300 KB where attachments may have 100 KB",
        happened=f"a mail of {len(content) // 1000} KB: summary in the body, small page attached, large one linked",
    )
