"""The command `deliver`, and what `doctor`, `check` and `status` say of delivery."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis.delivery.reading import read_settings
from analysis.reporting import command_line, commands, telling
from tests.delivery.conftest import certificate, locked_office, post_office  # noqa: F401 -- fixtures

PERIOD = "2026-06"


@pytest.fixture
def project(tiny: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A tiny project whose two notebooks are rendered, one of them failing, with one reader and an owner."""
    store = tiny.write_store(tmp_path / "made")
    tiny.write_notebook(tmp_path / "notebooks", "sound")
    told = SimpleNamespace(port=9, home=tmp_path, units={"U01": ["li"], "U1": ["li"]})

    def settings():
        people = {name: {"address": f"{name}@example.com", "language": "en"} for name in ("li", "ops")}
        smtp = {"host": "127.0.0.1", "port": told.port, "tls": "none", "timeout_seconds": 5}
        recipients = {"people": people, "units": told.units, "owners": ["ops"]} if told.units else None
        return read_settings({"smtp": smtp, "sender": "r@example.com"}, None, recipients, base=tmp_path)

    monkeypatch.setattr(commands, "suite_steps", lambda: tiny.make_steps(store))
    monkeypatch.setattr(commands, "read_suite", lambda params: tiny.make_suite(tmp_path, delivery=settings()))
    monkeypatch.setattr(command_line.signal, "signal", lambda *_: None)
    return told


def test_deliver_sends_what_is_published_once_and_status_says_what_waits(
    project: SimpleNamespace,
    post_office,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    assert command_line.main(["deliver"]) == 2
    assert "no reports of any period" in capsys.readouterr().err
    assert command_line.main(["render", "--business-unit", "U01"]) == 0
    capsys.readouterr()
    assert command_line.main(["deliver"]) == 1
    waits = f"summary U01 {PERIOD} → li@example.com: queued (the mail server cannot be used (Connection refused))"
    assert capsys.readouterr().out.splitlines() == [waits]
    assert command_line.main(["status"]) == 0
    assert f"not delivered: {waits}" in capsys.readouterr().out.splitlines()
    project.port = post_office.port
    assert command_line.main(["deliver", "--dry-run", str(tmp_path / "dry"), "--json"]) == 0
    assert [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()] == ["skipped"]
    _wait_no_longer(tmp_path / "out")
    assert command_line.main(["deliver", "--period", PERIOD]) == 0
    assert command_line.main(["deliver"]) == 0
    assert [to for to, _ in post_office.mails] == [["li@example.com"]]
    assert "Repairs take 2.3 days" in post_office.messages[0]["Subject"]


def _wait_no_longer(out: Path) -> None:
    """Let the time pass that a message waits."""
    import sqlite3

    database = sqlite3.connect(out / ".after_sales/outbox.sqlite")
    database.execute("UPDATE messages SET next_at = queued_at")
    database.commit()
    database.close()


def test_check_names_units_of_the_recipients_that_the_data_do_not_have(
    project: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line.main(["check"])
    assert "note: recipients.yml: no business unit 'U1' in the data; did you mean 'U01'?" in capsys.readouterr().out


def test_doctor_connects_to_the_mail_server_and_sends_nothing(
    project: SimpleNamespace,
    post_office,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    command_line.main(["doctor"])
    assert "FIX  mail: 127.0.0.1:9 (none): Connection refused; see delivery.smtp" in capsys.readouterr().out
    project.port = post_office.port
    command_line.main(["doctor"])
    assert f"ok   mail: 127.0.0.1:{post_office.port} (none) takes a connection" in capsys.readouterr().out
    assert post_office.mails == []


def test_deliver_without_recipients_says_where_to_name_them(
    project: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    project.units = {}
    assert command_line.main(["deliver"]) == 2
    assert "nobody is to be told" in capsys.readouterr().err


def test_a_failed_report_is_an_item_without_a_page(tmp_path: Path) -> None:
    from analysis.reporting.run_record import Entry, Failed

    failed = Failed("2026-07-06T00:00:00Z", "cell", "cell 3: x", 3, 1, 1.0, 1, {"en": "x"}, {"en": "x"})
    item = telling.item_of(tmp_path, Entry("sound", "U01", PERIOD, None, failed))
    assert (item.status, item.reason, item.languages) == ("failed", "cell 3: x", ())


def test_a_render_by_hand_tells_what_due_would_have_told_and_tells_it_once(
    project: SimpleNamespace,
    post_office,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    project.port = post_office.port
    units = ["--business-unit", "华东"]
    assert command_line.main(["render", *units, "--deliver"]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[-1].endswith("index.html")
    assert f"summary U01 {PERIOD} → li@example.com: sent" in told.err.splitlines()
    assert command_line.main(["render", *units, "--force", "--deliver"]) == 0
    assert "there is nothing that was not told before" in capsys.readouterr().err
    assert command_line.main(["deliver", *units]) == 0
    assert [to for to, _ in post_office.mails] == [["li@example.com"]]


def test_a_render_that_cannot_tell_publishes_and_says_so(
    project: SimpleNamespace, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert command_line.main(["render", "--business-unit", "U01", "--deliver", "--json"]) == 1
    end = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (end["published"], [one["status"] for one in end["delivered"]]) == (1, ["queued"])
    assert command_line.main(["render", "--deliver", "--dry-run"]) == 2
    assert "a dry run renders nothing that could be told" in capsys.readouterr().err
    project.units = {}
    assert command_line.main(["render", "--deliver"]) == 2
    assert "nobody is to be told" in capsys.readouterr().err
