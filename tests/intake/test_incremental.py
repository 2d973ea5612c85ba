"""Of a source only new and changed files are read; what nobody uses goes."""

import csv
import io
import os

import pytest

from analysis.intake import intake
from analysis.intake.growth import DAY, STORES_KEPT, forget_unused

HEAD = "work_order_id,business_unit,submitted_at,status,customer_id\n"
MAPPING = """
meta: {data_cutoff_at: "2024-12-31T23:59:59"}
tables:
  work_orders:
    from: orders_*
    columns: {work_order_id: work_order_id, business_unit: business_unit, submitted_at: submitted_at,
      status: status, customer_id: customer_id}
"""


def month(number, rows=22_000, first="open"):
    """More than a megabyte, with a note that takes two lines, a row that is refused, and one that is no record."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for n in range(rows):
        note = "two\nlines" if n == 5 else f"C{n % 500:08d}-{number}"
        writer.writerow([f"{number}-{n:08d}", "U01", f"2024-{number:02d}-10 08:00:00", "open" if n else first, note])
    broken = f"B{number},U01,soon,open,x\nR{number},U01\n"
    return HEAD + text.getvalue() + broken


@pytest.fixture
def take(tmp_path):
    (tmp_path / "trial.yml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "source").mkdir()

    def run():
        said: list[str] = []
        store = intake(
            str(tmp_path / "source"),
            mapping=tmp_path / "trial.yml",
            params=tmp_path,
            store_root=tmp_path / "stores",
            report_progress=said.append,
        )
        return store, [line for line in said if line.startswith(("open", "keep"))]

    return run


def test_a_new_or_corrected_file_is_read_and_the_others_are_not(take, tmp_path):
    source = tmp_path / "source"
    for number in (1, 2):
        (source / f"orders_{number}.csv").write_text(month(number), encoding="utf-8")
    first, said = take()
    assert said == ["open orders_1.csv", "open orders_2.csv"]

    assert take()[1] == []  # unchanged: nothing is opened at all
    (source / "orders_3.csv").write_text(month(3), encoding="utf-8")
    (source / "orders_2.csv").write_text(month(2, first="cancelled"), encoding="utf-8")
    second, said = take()

    assert said == ["keep orders_1.csv", "open orders_2.csv", "open orders_3.csv"]
    rows = second.records("work_orders", "U01").set_index("work_order_id")
    assert len(rows) == 66_000
    assert rows.loc["2-00000000", "status"] == "cancelled"
    assert rows.loc["1-00000005", "customer_id"] == "two\nlines"
    lines = second.quarantine("work_orders")[["_file", "_line"]].to_numpy().tolist()
    assert lines == [[f"orders_{n}.csv", line] for n in (1, 2, 3) for line in (22_003, 22_004)]
    assert len(list((tmp_path / "stores" / "kept").glob("*/*.parquet"))) == 3  # the older copy of a file goes
    assert first.path != second.path

    (source / "orders_2.csv").unlink()
    third, said = take()
    assert said == ["keep orders_1.csv", "keep orders_3.csv"]
    assert len(third.records("work_orders", "U01")) == 44_000


def test_stores_that_nobody_used_for_a_day_go_but_for_the_newest(take, tmp_path):
    root = tmp_path / "stores"
    stores = []
    for number in range(STORES_KEPT + 2):
        (tmp_path / "source" / "orders_1.csv").write_text(
            HEAD + f"A{number},U01,2024-01-05 08:00,open,\n", encoding="utf-8"
        )
        stores.append(take()[0].path)
    assert all(path.is_dir() for path in stores)  # used today
    for age, path in enumerate(reversed(stores), start=1):
        os.utime(path, (path.stat().st_mtime - age * 2 * DAY,) * 2)
    gone = forget_unused(root)

    assert sorted(gone) == sorted(stores[:2])
    assert not any(path.exists() for path in stores[:2])
    assert not list(root.glob(".gone-*"))
