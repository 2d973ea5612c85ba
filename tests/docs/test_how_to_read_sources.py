"""The mappings that the how-tos on databases and event logs show do what is written beside them."""

import re
import sqlite3
from pathlib import Path

import pandas as pd

from analysis.intake import intake
from analysis.intake.thresholds import read_thresholds

PAGES = Path(__file__).parents[2] / "docs/how-to"


def example(page):
    return re.search(r"```yaml\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.S)[1]


def test_the_mapping_of_a_database_reads_it(tmp_path, monkeypatch):
    monkeypatch.setenv("SERVICE_DESK_PASSWORD", "unused by SQLite")
    connection = sqlite3.connect(tmp_path / "desk.db")
    connection.executescript("""
        CREATE TABLE branches (id INTEGER, code TEXT);
        INSERT INTO branches VALUES (1, '华东');
        CREATE TABLE tickets (id INTEGER, branch_id INTEGER, opened_at TEXT, solved_at TEXT, state TEXT,
            updated_at TEXT, is_deleted INTEGER);
        INSERT INTO tickets VALUES (1, 1, '2024-01-05 08:00', '2024-01-06 08:00', 'Solved', '2024-01-06 08:00', 0),
            (2, 1, '2024-01-07 08:00', NULL, 'New', '2024-01-07 08:00', 0),
            (3, 1, '2024-01-07 09:00', NULL, 'New', '2024-01-07 09:00', 1);""")
    connection.close()
    (tmp_path / "desk.yml").write_text(example("read-a-database.md"), encoding="utf-8")
    store = intake(
        f"sqlite:///{tmp_path / 'desk.db'}",
        mapping=tmp_path / "desk.yml",
        params=tmp_path,
        store_root=tmp_path / "stores",
    )
    orders = store.records("work_orders", "华东").set_index("work_order_id")

    assert orders["status"].to_dict() == {"1": "completed", "2": "open"}


def test_the_mapping_of_a_log_folds_it(tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "log.csv").write_text(
        "ticket,what,who,at,branch\n"
        "T1,Created,web,2024-03-01 08:00:00,U01\nT1,Assigned,anna,2024-03-01 09:00:00,U01\n"
        "T1,Solved,anna,2024-03-02 10:00:00,U01\nT1,Assigned,bert,2024-03-03 09:00:00,U01\n"
        "T1,Closed,bert,2024-03-04 10:00:00,U01\n",
        encoding="utf-8",
    )
    (tmp_path / "log.yml").write_text(example("fold-an-event-log.md"), encoding="utf-8")
    store = intake(
        str(tmp_path / "source"), mapping=tmp_path / "log.yml", params=tmp_path, store_root=tmp_path / "stores"
    )
    order = store.records("work_orders", "U01").iloc[0]

    assert order["completed_at"] == pd.Timestamp("2024-03-04 10:00")
    assert order[["reopens", "reassignments", "technician_id"]].tolist() == [1, 1, "anna"]
    assert len(store.records("work_order_events", "U01")) == 5


def test_the_thresholds_of_the_how_to_are_rules_that_exist(tmp_path):
    (tmp_path / "quarantine.yml").write_text(example("mend-what-was-refused.md"), encoding="utf-8")

    assert read_thresholds(tmp_path)["complaints"] == {"category is empty": 0}
