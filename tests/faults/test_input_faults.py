"""Faults I3–I15 and I17 of the fault table, put into real files and read by the real intake."""

import gzip
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from analysis.faults import UserFault
from analysis.intake import intake

ROOT = Path(__file__).resolve().parents[2]
META = "data_cutoff_at,timezone\n2024-02-01T00:00:00,Asia/Shanghai\n"
HEAD = "work_order_id,business_unit,submitted_at,status\n"
WIDE = "work_order_id,business_unit,submitted_at,status,completed_at,visits,recorded_at\n"
GOOD = "".join(f"G{n},U01,2024-01-0{1 + n % 9} 08:00,open\n" for n in range(40))
WIDE_GOOD = "".join(f"G{n},U01,2024-01-05 08:00,completed,2024-01-06 08:00,1,\n" for n in range(40))
TYPED = """
meta: {{data_cutoff_at: "2024-02-01T00:00:00", timezone: Asia/Shanghai}}
tables:
  work_orders:
    from: export
    columns: {{work_order_id: id, business_unit: unit, submitted_at: {time}, status: {{constant: open}}}}
"""


@pytest.fixture
def take(tmp_path):
    """`take({"work_orders.csv": "…"}, mapping="…", units="…")`: the real intake of files put down for the test."""

    def run(files, *, mapping=None, units=None):
        source, params = tmp_path / "source", tmp_path / "params"
        source.mkdir(exist_ok=True)
        params.mkdir(exist_ok=True)
        for old in source.iterdir():
            old.unlink()
        for name, content in files.items():
            (source / name).write_bytes(content.encode() if isinstance(content, str) else content)
        (params / "trial.yml").write_text(mapping or "", encoding="utf-8")
        (params / "business_units.yml").write_text(units or "units: {}", encoding="utf-8")
        rules = params / "trial.yml" if mapping else None
        return intake(str(source), mapping=rules, params=params, store_root=tmp_path / "stores")

    return run


def entry(store, table="work_orders"):
    return store.manifest["tables"][table]


def test_i3_every_encoding_is_read_alike_and_bytes_that_are_no_text_are_refused(take, witness):
    text = HEAD + "喆-1,华东·镕,2024-01-05 08:00,open\n"
    read = {}
    for encoding in ("utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"):
        rows = take({"meta.csv": META, "work_orders.csv": text.encode(encoding)}).records("work_orders", "all")
        read[encoding] = rows[["work_order_id", "business_unit"]].to_numpy().tolist()
    with pytest.raises(UserFault, match=r"work_orders\.csv: cannot be read as gb18030 \(byte 0xff"):
        take({"meta.csv": META, "work_orders.csv": HEAD.encode() + b"A,\xff\xff,2024-01-05,open\n"})

    assert set(map(str, read.values())) == {"[['喆-1', '华东·镕']]"}
    witness("I3", injected=f"the same file in {', '.join(read)}; and two bytes 0xff", happened="five equal; refused")


def test_i4_truncated_and_ragged_rows_are_set_aside_with_their_line_and_a_cut_archive_is_refused(take, witness):
    ragged = HEAD + GOOD + "S1,U01\nL1,U01,2024-01-05,open,extra\nT1,U01,2024-01-0"
    store = take({"meta.csv": META, "work_orders.csv": ragged})
    lines = store.quarantine("work_orders")["_line"].tolist()
    whole = gzip.compress((HEAD + GOOD * 50).encode())
    with pytest.raises(UserFault, match="truncated or damaged"):
        take({"meta.csv": META, "work_orders.csv.gz": whole[: len(whole) // 2]})

    assert lines == [42, 43, 44]
    assert entry(store)["rows"] == 40
    witness(
        "I4", injected="a short row, a long one, one cut in its date; half a .gz", happened=f"lines {lines}; refused"
    )


def test_i6_required_columns_missing_or_twice_are_errors_and_extra_ones_are_noted(take, witness):
    with pytest.raises(
        UserFault, match="required column 'submitted_at' of work_orders is missing; did you mean 'Submited At'"
    ):
        take({"meta.csv": META, "work_orders.csv": HEAD.replace("submitted_at", "Submited At") + GOOD})
    with pytest.raises(UserFault, match="column 'status' stands twice in the header"):
        take({"meta.csv": META, "work_orders.csv": HEAD.replace("business_unit", "status") + GOOD})
    store = take({"meta.csv": META, "work_orders.csv": "mood," + HEAD + GOOD.replace("G", "x,G")})

    assert "work_orders.csv: column 'mood' is not part of work_orders; left out" in store.manifest["notes"]
    witness(
        "I6", injected="a column renamed, one twice, one extra", happened="two errors with the nearest name; a note"
    )


def test_i7_repeated_orders_are_dropped_and_of_conflicting_ones_the_later_record_stands(take, witness):
    rows = WIDE_GOOD + "G1,U01,2024-01-05 08:00,completed,2024-01-06 08:00,1,\n"
    rows += "C,U01,2024-01-05 08:00,open,,1,2024-01-05 09:00\nC,U01,2024-01-05 08:00,open,,2,2024-01-07 09:00\n"
    rows += "D,U01,2024-01-05 08:00,open,,1,\nD,U01,2024-01-05 08:00,open,,2,\n"
    store = take({"meta.csv": META, "work_orders.csv": WIDE + rows})
    kept = store.records("work_orders", "all").set_index("work_order_id")

    assert entry(store)["duplicates_dropped"] == 1
    assert kept.loc["C", "visits"] == 2
    assert "D" not in kept.index
    assert entry(store)["reasons"] == {
        "same key as another row that says otherwise": 2,
        "replaced by a later record of the same key": 1,
    }
    witness(
        "I7", injected="one order repeated, one corrected later, one in two versions", happened="dropped; later; aside"
    )


def test_i8_impossible_durations_and_dates_are_set_aside_and_too_many_stop_the_run(take, witness):
    bad = (
        "N,U01,2024-01-05 08:00,completed,2024-01-04 08:00,1,\n"  # negative
        "L,U01,2001-01-05 08:00,completed,2024-01-04 08:00,1,\n"  # twenty-three years
        "F,U01,2031-01-05 08:00,open,,1,\n"  # the future
        "Z,U01,1970-01-01 00:00,open,,1,\n"  # a system's zero
    )
    store = take({"meta.csv": META, "work_orders.csv": WIDE + WIDE_GOOD + bad})
    assert entry(store)["reasons"] == {
        "completed before submitted": 1,
        "more than ten years from first to last time": 1,
        "submitted after the cut-off": 1,
        "submitted is a placeholder, not a real time": 1,
    }
    many = "".join(bad.replace(",U01", f"{n},U01") for n in range(10))
    with pytest.raises(UserFault, match="50% of 80 rows break a rule, the limit is 20%"):
        take({"meta.csv": META, "work_orders.csv": WIDE + WIDE_GOOD + many})
    witness(
        "I8", injected="4 impossible orders of 44, then 40 of 80", happened="4 set aside by reason; the run stopped"
    )


def test_i9_numbers_as_people_write_them_are_numbers_or_listed(take, witness):
    texts = ["1,234.50", "￥99", "１２３", "95%", "(12.5)", "二十三", "1.2万"]
    head = "cost_id,business_unit,incurred_on,cost_type,amount\n"
    rows = "".join(f'K{n},U01,2024-01-05,labour,"{text}"\n' for n, text in enumerate(texts))
    rows += 'B1,U01,2024-01-05,labour,"1.234,50"\nB2,U01,2024-01-05,labour,about 5\n'
    store = take({"meta.csv": META, "costs.csv": head + rows})
    values = store.records("costs", "all").set_index("cost_id")["amount"].to_dict()

    assert values == {"K0": 1234.5, "K1": 99, "K2": 123, "K3": 95, "K4": -12.5, "K5": 23, "K6": 12000}
    assert store.quarantine("costs")["amount"].tolist() == ["1.234,50", "about 5"]
    witness("I9", injected=f"{', '.join(texts)}; 1.234,50 and about 5", happened="7 numbers, 2 listed as unparsed")


def test_i10_dates_are_read_as_declared_and_an_ambiguous_one_is_an_error(take, witness):
    mixed = "id,unit,at\n1,U01,2023年10月3日\n2,U01,45202.5\n3,U01,03.10.2023\n4,U01,2023-10-03 12:00\n"
    declared = '{column: at, formats: [iso, excel, "%d.%m.%Y"]}'
    store = take({"export.csv": mixed}, mapping=TYPED.format(time=declared))
    days = (
        store.records("work_orders", "all").sort_values("work_order_id")["submitted_at"].dt.strftime("%m-%d").tolist()
    )
    assert days == ["10-03"] * 4
    slashes = "id,unit,at\n" + "".join(f"{n},U01,10/11/2023\n" for n in range(9))
    with pytest.raises(UserFault, match="such as '10/11/2023'; declare its `format:` in a mapping"):
        take({"export.csv": slashes}, mapping=TYPED.format(time="at"))
    with pytest.raises(UserFault, match="read the same text as two different days; keep one"):
        take({"export.csv": slashes}, mapping=TYPED.format(time='{column: at, formats: ["%d/%m/%Y", "%m/%d/%Y"]}'))
    witness(
        "I10", injected="2023年10月3日, a serial, 03.10.2023; 10/11/2023 undeclared", happened="one day; two errors"
    )


def test_i11_a_city_na_and_a_code_001_stay_as_they_stand(take, witness):
    store = take({"meta.csv": META, "work_orders.csv": HEAD + GOOD + "001,NA,2024-01-05 08:00,open\n"})
    rows = store.records("work_orders", "NA")

    assert rows["work_order_id"].tolist() == ["001"]
    witness("I11", injected="unit NA, order 001", happened="kept as text")


def test_i12_times_with_and_without_an_offset_in_one_table_are_refused(take, witness):
    mixed = "id,unit,at\n1,U01,2024-01-05T08:00:00+08:00\n2,U01,2024-01-05 08:00:00\n"
    with pytest.raises(UserFault, match=r"times with an offset from UTC .* and without one"):
        take({"export.csv": mixed}, mapping=TYPED.format(time="at"))
    witness("I12", injected="+08:00 in one row, none in the next", happened="refused")


def test_i13_bombs_are_refused_and_macros_and_links_are_not_followed(take, tmp_path, witness):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("work_orders.csv", HEAD + " " * (130 * 1024**2))
    with pytest.raises(UserFault, match="unpacks to more than 200 times its size, as a zip bomb does; refused"):
        take({"work_orders.zip": bomb.getvalue()})
    sparse = io.BytesIO()
    with xlsxwriter.Workbook(sparse, {"in_memory": True}) as book:
        sheet = book.add_worksheet("work_orders")
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, "z")
    with pytest.raises(UserFault, match="spans 1,048,576 rows and 16,384 columns"):
        take({"work_orders.xlsx": sparse.getvalue()})
    hostile = io.BytesIO()
    with xlsxwriter.Workbook(hostile, {"in_memory": True}) as book:
        sheet = book.add_worksheet("work_orders")
        sheet.write_row(0, 0, HEAD.strip().split(","))
        sheet.write_row(1, 0, ["A", "U01", "2024-01-05 08:00", "open"])
        sheet.write_formula(2, 0, f"='[file://{tmp_path}/secret.xlsx]a'!A1", None, "B")
        sheet.write_row(2, 1, ["U01", "2024-01-05 08:00", "open"])
    with zipfile.ZipFile(hostile, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"Sub Auto_Open()")
    rows = take({"meta.csv": META, "work_orders.xlsm": hostile.getvalue()}).records("work_orders", "all")

    assert sorted(rows["work_order_id"]) == ["A", "B"]
    witness(
        "I13",
        injected=f"a zip of {len(bomb.getvalue()) // 1024} KiB that unpacks to 130 MiB; two cells 17 billion apart; "
        "a macro and a link to another file",
        happened="both refused; the stored values read",
    )


@pytest.mark.prove
def test_i13_a_large_csv_is_read_in_bounded_memory(witness, capsys):
    """300 MB here; `python -m benchmarks.intake --gigabytes 5` is the whole of it."""
    command = [sys.executable, "-m", "benchmarks.intake", "--gigabytes", "0.3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    with capsys.disabled():
        sys.stdout.write(f"\n{done.stdout}")

    assert found["peak_mib"] <= 2048
    witness("I13", injected=f"{found['bytes']:,} bytes of CSV", happened=f"read; peak {found['peak_mib']} MiB")


def test_i14_control_characters_go_and_are_counted_and_rare_characters_stay(take, witness):
    rows = HEAD + GOOD + "喆镕㛃🔧,朱\x00镕\x07基,2024-01-05 08:00,open\n"
    store = take({"meta.csv": META, "work_orders.csv": rows})
    last = store.records("work_orders", "朱镕基")

    assert last["work_order_id"].tolist() == ["喆镕㛃🔧"]
    assert "work_orders.csv: 2 control characters removed" in store.manifest["notes"]
    witness("I14", injected="NUL and bell; 喆镕㛃🔧", happened="2 removed and told; the text whole")


def test_i15_units_unknown_to_the_parameters_and_units_without_rows_are_told_apart(take, witness):
    rows = HEAD + GOOD + "X,NEW,2024-01-05 08:00,open\nY,,2024-01-05 08:00,open\n"
    store = take(
        {"meta.csv": META, "work_orders.csv": rows}, units='units: {"U01": {name: North}, "U09": {name: Closed}}'
    )
    units = {unit["business_unit"]: unit for unit in store.manifest["business_units"]}

    assert units["U01"]["described"]
    assert not units["NEW"]["described"]
    assert not any(units["U09"]["rows"].values())
    assert "unknown" in units
    assert sum(sum(unit["rows"].values()) for unit in units.values()) == entry(store)["rows"] == 42
    notes = " ".join(store.manifest["notes"])
    assert "NEW" in notes
    assert "U09" in notes
    witness(
        "I15", injected="a unit no parameter knows, one without rows, a row without unit", happened="all told; 42 = 42"
    )


@pytest.fixture(scope="module")
def poor_run(tables_run):
    """One complaint with nothing but what it must have, one order, surveys without a row."""
    at = pd.Timestamp("2024-01-05 08:00")
    return tables_run(
        "poor-input",
        {
            "meta": pd.DataFrame({"data_cutoff_at": [pd.Timestamp("2024-02-01")]}),
            "work_orders": pd.DataFrame(
                {"work_order_id": ["A"], "business_unit": ["U01"], "submitted_at": [at], "status": ["open"]}
            ),
            "complaints": pd.DataFrame(
                {
                    "complaint_id": ["C"],
                    "business_unit": ["U01"],
                    "received_at": [at],
                    "category": ["喆镕㛃"],
                    "severity": [None],
                    "closed_at": [None],
                }
            ),
            "surveys": pd.DataFrame(
                columns=["survey_id", "business_unit", "instrument", "sent_at", "answered_at", "score"]
            ),
        },
    )


def test_i5_a_table_with_a_header_only_is_a_state_that_the_page_tells(poor_run, take, run_notebook, words_of, witness):
    store = take(
        {
            "meta.csv": META,
            "work_orders.csv": HEAD + GOOD,
            "surveys.csv": "",
            "complaints.csv": "complaint_id,business_unit,received_at,category\n",
        }
    )
    assert entry(store, "surveys")["rows"] == entry(store, "complaints")["rows"] == 0
    assert "surveys.csv: empty, not even a header" in store.manifest["notes"]
    *shown, closing = run_notebook("satisfaction", "U01", poor_run)
    told = words_of(shown)

    assert "<svg" not in "".join(block._repr_html_() for block in shown if hasattr(block, "_repr_html_"))
    assert told.strip()
    assert all(kpi["value"] is None and kpi["reason"] for kpi in closing.record["kpis"])
    witness(
        "I5", injected="surveys with a header only; an empty file", happened="no chart; every figure gives its reason"
    )


def test_i17_one_row_with_nothing_else_still_renders_and_says_what_it_cannot(poor_run, run_notebook, words_of, witness):
    *shown, closing = run_notebook("complaints", "U01", poor_run)
    unsaid = [kpi for kpi in closing.record["kpis"] if kpi["value"] is None]

    assert words_of(shown).strip()
    assert unsaid
    assert all(kpi["reason"] for kpi in unsaid)
    assert "NaN" not in json.dumps(closing.record)
    witness(
        "I17",
        injected="one order, one complaint without severity, times or product, 1 month",
        happened=f"rendered; {len(unsaid)} figures say why they have no value (all notebooks: test_poor_data.py)",
    )
