"""The commands of the how-to pages, top to bottom as they stand, with the settings that the page shows: each ends well
and does what the page says of it. The long ones, and all of them on real figures: test_every_command.py (`prove`).
"""

import re
import runpy
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from analysis.reporting.run_record import read_entries
from tests.docs.commands import ROOT, blocks_of, commands_of, quick
from tests.docs.tiny_project import Mailbox, TinyProject, mail_server

DOCS = ROOT / "docs"
TICKETS = """TicketNo,Branch,Opened,Solved,State,Warranty
T1,North,02/06/2025 09:00,04/06/2025 09:00,Solved,Y
T2,North,05/06/2025 10:30,-,New,N
T3,South,07/06/2025 08:00,09/06/2025 20:00,Solved,N
"""


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def project(
    tiny: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox
) -> Iterator[TinyProject]:
    with mail_server(mailbox) as port:
        made = TinyProject(tmp_path, tiny, monkeypatch, port)
        made.set()
        yield made


@dataclass
class Reader:
    """Who follows a page on a tiny project: `carry_out({"told": "meant"}, due=("--now", …))` gives what each of its
    commands printed.
    """

    page: str
    project: TinyProject
    mailbox: Mailbox
    patch: pytest.MonkeyPatch
    printed: Callable[[], tuple[str, str]]

    def carry_out(self, meant: dict[str, str] | None = None, **more: tuple[str, ...]) -> list[str]:
        found = []
        for command in quick(commands_of(DOCS / self.page)):
            for told, instead in (meant or {}).items():
                command = command.replace(told, instead)
            added = next((options for word, options in more.items() if f" {word}" in command), ())
            code = self.project.run(command, *added)
            out, err = self.printed()
            assert code == 0, f"{command}\n{out[-2000:]}{err[-2000:]}"
            found.append(out)
        return found

    def yaml(self, place: int = 0) -> str:
        return blocks_of(DOCS / self.page, "yaml")[place]


def published(project: TinyProject) -> set[tuple[str, str, str]]:
    return {(e.report, e.business_unit, e.period) for e in read_entries(project.out) if e.published}


def add_a_metric(reader: Reader) -> None:
    (reader.project.params / "metrics.yml").write_text(reader.yaml(), encoding="utf-8")
    (told,) = reader.carry_out()
    assert "2 reports for 2026-06" in told


def delivery(reader: Reader) -> None:
    project, mailbox = reader.project, reader.mailbox
    suite, recipients = (yaml.safe_load(reader.yaml(place)) for place in (0, 1))
    for name in ("MAIL_USER", "MAIL_PASSWORD"):
        reader.patch.setenv(name, "x")
    recipients["people"]["ops-room"] = {"address": "ops-room@example.com", "language": "zh"}  # a room is a web service
    project.deliver_to(suite["delivery"], recipients)
    project.set(alerts=suite["alerts"])
    assert project.run("run_reports.py render --period 2026-06") == 0
    reader.printed()
    mails = project.folder / "mails"
    doctor, dry, sent, again = reader.carry_out({"/tmp/mails": str(mails)})
    assert f"mail: 127.0.0.1:{project.port} (none) takes a connection" in doctor
    assert len(list(mails.glob("*.eml"))) == sum("dry run" in line for line in dry.splitlines()) > 0
    assert {mail["To"] for mail in mailbox.mails} >= {"wu@example.com"}
    told = len(mailbox.mails)
    assert told == sum("sent" in line for line in sent.splitlines())
    assert str(project.out) in again, "and nobody is told twice"


def keep_it_safe(reader: Reader) -> None:
    project = reader.project
    assert project.run("run_reports.py render --period 2026-06") == 0
    reader.printed()
    sound, signed = reader.carry_out()
    assert "are as published" in sound
    assert Path(signed.strip()) == project.out / "2026-06" / "signed_off.json"
    assert "Li Lei" in Path(signed.strip()).read_text(encoding="utf-8")


def map_your_data(reader: Reader) -> None:
    project = reader.project
    export = project.folder / "export"
    export.mkdir()
    (export / "tickets_2025.csv").write_text(TICKETS, encoding="utf-8")
    (project.params / "mappings" / "tickets.yml").write_text(reader.yaml(), encoding="utf-8")
    project.set(business_units=None)
    checked, _ = reader.carry_out({"/path/to/export": str(export)})
    assert "work_orders: 3 rows" in checked
    assert {unit for _, unit, _ in published(project)} == {"North", "South", "all"}


def mend_what_was_refused(reader: Reader) -> None:
    """A row that cannot be true is set aside, told by `check`; the page's rules then stop the run."""
    project = reader.project
    (project.params / "quarantine.yml").write_text(reader.yaml(), encoding="utf-8")
    data = project.folder / "tables"
    data.mkdir()
    good = [
        f"W{n},U01,2026-05-{n:02d} 08:00,2026-05-{n:02d} 10:00,2026-05-{n:02d} 12:00,completed" for n in range(1, 29)
    ]
    head = "work_order_id,business_unit,submitted_at,arrived_at,completed_at,status"
    bad = "W99,U01,2026-05-03 08:00,2026-05-03 12:00,2026-05-03 10:00,completed"
    file = data / "work_orders.csv"
    file.write_text("\n".join([head, *good]), encoding="utf-8")
    project.set(data=str(data), business_units=None)
    (told,) = reader.carry_out()
    assert "work_orders: 28 rows" in told
    file.write_text("\n".join([head, *good, bad]), encoding="utf-8")
    (command,) = quick(commands_of(DOCS / reader.page))
    assert project.run(command) == 2, "one of 29 is more than the 2 % that the page's rule allows"


def run_by_itself(reader: Reader) -> None:
    project, mailbox = reader.project, reader.mailbox
    project.set(schedule={**yaml.safe_load(reader.yaml())["schedule"], "settle_minutes": 1})
    project.set(reports=["summary"], business_units=["U01"])  # of so many months one page each will do
    people = {"people": {"wu": {"address": "wu@example.com"}}, "units": {"U01": ["wu"], "all": ["wu"]}}
    project.deliver_to({"sender": "reports@example.com"}, people)
    due, would, filled, *files, status, by_hand = reader.carry_out(
        due=("--now", "2026-07-06T09:00"), status=("--period", "2026-06")
    )
    assert re.match(r"[1-9]\d* published, 0 corrected, 0 failed, 0 skipped, [1-9]\d* messages sent", due)
    assert would.splitlines()[-1] == filled.splitlines()[0].split()[0] + " reports would be rendered"
    assert {period for _, _, period in published(project)} >= {"2024-02", "2025-12", "2026-06"}
    assert [mail["To"] for mail in mailbox.mails] == ["wu@example.com"] * len(mailbox.mails)
    assert len(mailbox.mails) > 0
    for told, sign in zip(files, ("[Timer]", "run_reports.py", "DAG"), strict=True):
        assert sign in told
    assert re.match(r"2026-06: \d+ published", status)
    assert "index.html" in by_hand


def render_on_more_machines(reader: Reader) -> None:
    schedule = blocks_of(DOCS / "how-to/run-by-itself.md", "yaml")[0]
    reader.project.set(schedule=yaml.safe_load(schedule)["schedule"], cluster="tcp://scheduler:8786")
    (told,) = reader.carry_out()
    compile(told, "dag", "exec")


def read_a_database(reader: Reader) -> None:
    project = reader.project
    reader.patch.setenv("SERVICE_DESK_PASSWORD", "unused by SQLite")
    connection = sqlite3.connect(project.folder / "desk.db")
    connection.executescript("""
        CREATE TABLE branches (id INTEGER, code TEXT);
        INSERT INTO branches VALUES (1, 'U01');
        CREATE TABLE tickets (id INTEGER, branch_id INTEGER, opened_at TEXT, solved_at TEXT, state TEXT,
            updated_at TEXT, is_deleted INTEGER);
        INSERT INTO tickets VALUES (1, 1, '2024-01-05 08:00', '2024-01-06 08:00', 'Solved', '2024-01-06 08:00', 0),
            (2, 1, '2024-02-07 08:00', NULL, 'New', '2024-02-07 08:00', 0);""")
    connection.close()
    (project.params / "mappings" / "service_desk.yml").write_text(reader.yaml(), encoding="utf-8")
    project.set(business_units=None)
    address = {"postgresql://reader@db.example:5432/service": f"sqlite:///{project.folder / 'desk.db'}"}
    (told,) = reader.carry_out(address)
    assert "work_orders: 2 rows" in told


def own_data(reader: Reader) -> None:
    project = reader.project
    example = project.folder / "freshdesk"
    shutil.copytree(ROOT / "params/mappings/examples/freshdesk", example)
    project.set(business_units=None)
    known, checked, fits, _ = reader.carry_out({"params/mappings/examples/freshdesk": str(example)})
    assert "looks like freshdesk" in known
    assert "work_orders: " in checked
    assert "tickets.csv is tickets: " in fits
    assert {(report, unit) for report, unit, _ in published(project)} == {("repair_cycle", "all")}


PAGES: dict[str, Callable[[Reader], None]] = {
    "how-to/add-a-metric.md": add_a_metric,
    "how-to/delivery.md": delivery,
    "how-to/keep-it-safe.md": keep_it_safe,
    "how-to/map-your-data.md": map_your_data,
    "how-to/mend-what-was-refused.md": mend_what_was_refused,
    "how-to/read-a-database.md": read_a_database,
    "how-to/render-on-more-machines.md": render_on_more_machines,
    "how-to/run-by-itself.md": run_by_itself,
    "tutorial-own-data.md": own_data,
}


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_do_what_it_says(
    page: str, project: TinyProject, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, capsys: Any
):
    assert quick(commands_of(DOCS / page)), "a page without commands needs no reader"
    PAGES[page](Reader(page, project, mailbox, monkeypatch, capsys.readouterr))


def test_the_words_of_ask_are_counted(capsys: pytest.CaptureFixture[str]):
    command = ".venv/bin/python -m tests.asking"
    assert command in commands_of(DOCS / "how-to/explore-and-ask.md")
    runpy.run_module("tests.asking", run_name="__main__")
    told = capsys.readouterr().out.splitlines()
    assert len(told) > 20
    assert all(line.endswith((" 0 wrong", "| 0 |")) for line in told)


def test_help_tells_the_commands(project: TinyProject, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        project.run("run_reports.py --help")
    assert ended.value.code == 0
    assert "backfill" in capsys.readouterr().out
