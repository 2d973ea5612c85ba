"""What README and how-tos tell a reader to do works: links, commands, the example mapping."""

import re
import shlex
from pathlib import Path

import pytest

from analysis.intake import intake
from analysis.reporting.command_line import make_parser

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#]+)\)")
COMMAND = re.compile(r"run_reports\.py ?([^`\n#]*)")

TICKETS = """TicketNo,Branch,Opened,Solved,State,Warranty
T1,North,02/06/2025 09:00,04/06/2025 09:00,Solved,Y
T2,North,05/06/2025 10:30,-,New,N
T3,South,07/06/2025 08:00,09/06/2025 20:00,Solved,N
"""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file(page):
    targets = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in targets if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_is_one_that_the_command_line_takes(page):
    for words in COMMAND.findall(page.read_text(encoding="utf-8")):
        arguments = shlex.split(words.strip().rstrip(".,;:)"))
        if "--help" in arguments or any("…" in word or "|" in word for word in arguments):
            continue
        make_parser("").parse_args(arguments)


def test_the_make_targets_that_the_readme_names_exist():
    named = set(re.findall(r"\bmake ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8"))) - {"a", "it"}
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    assert {"reports", "test", "lab"} <= named <= targets


def test_the_example_mapping_of_the_how_to_reads_the_export_it_describes(tmp_path):
    source, params = tmp_path / "export", tmp_path / "params"
    source.mkdir()
    params.mkdir()
    (source / "tickets_2025.csv").write_text(TICKETS, encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", (ROOT / "docs/how-to/map-your-data.md").read_text(encoding="utf-8"), re.S)
    mapping = params / "tickets.yml"
    mapping.write_text(example[1], encoding="utf-8")
    store = intake(str(source), mapping=mapping, params=params, store_root=tmp_path / "store")
    orders = store.records("work_orders", "all").set_index("work_order_id").sort_index()
    assert list(orders["status"]) == ["completed", "open", "completed"]
    assert list(orders["in_warranty"]) == [True, False, False]
    assert str(orders.loc["T1", "completed_at"] - orders.loc["T1", "submitted_at"]) == "2 days 00:00:00"
    assert str(store.cutoff) == "2025-07-03 23:59:59"
