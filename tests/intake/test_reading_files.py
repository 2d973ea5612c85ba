"""Faults I3–I6, I9–I14: whatever the file is like, its rows are read as they stand, or refused by name; never silently
changed.
"""

import gzip
import io
import zipfile

import duckdb
import pandas as pd
import pytest
import xlsxwriter

from analysis.faults import UserFault
from analysis.intake import unpacking

META = "data_cutoff_at\n2024-02-01T00:00:00\n"
HEAD = "work_order_id,business_unit,submitted_at,status"
GOOD = "\n".join(f"G{n},U01,2024-01-01,open" for n in range(20))
CHINESE = f"{HEAD},fault_code\nA,华北,2024-01-01,open,喆镕㛃𠮷 屏幕😀碎裂\n"


def orders(store):
    return store.records("work_orders", "all").set_index("work_order_id").sort_index()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-32"])
def test_every_encoding_gives_the_same_text(load, encoding):
    mapping = None
    if encoding == "utf-16-le":  # without a byte order mark it has to be declared
        mapping = "files: {work_orders: {encoding: utf-16-le}}\ntables: {work_orders: {from: work_orders}}"
    store = load({"meta.csv": META, "work_orders.csv": CHINESE.encode(encoding)}, mapping=mapping)

    assert orders(store).loc["A", ["business_unit", "fault_code"]].tolist() == ["华北", "喆镕㛃𠮷 屏幕😀碎裂"]
    assert store.business_units == ["华北"]


def test_gbk_beyond_the_first_chunk_is_noticed(load, monkeypatch):
    monkeypatch.setattr("analysis.intake.text_files.CHUNK", 64)
    text = (
        f"{HEAD},fault_code\n"
        + "".join(f"A{n},U1,2024-01-01,open,plain\n" for n in range(50))
        + "Z,U1,2024-01-01,open,压缩机\n"
    )
    store = load({"meta.csv": META, "work_orders.csv": text.encode("gbk")})

    assert orders(store).loc["Z", "fault_code"] == "压缩机"
    assert "work_orders.csv: read as gb18030" in store.manifest["notes"]


def test_bytes_that_are_no_text_are_refused_and_never_read_as_latin_1(load):
    with pytest.raises(UserFault, match=r"work_orders\.csv: cannot be read as gb18030 \(byte 0xe9"):
        load({"meta.csv": META, "work_orders.csv": HEAD.encode() + b"\nA,caf\xe9 \xff\xff,2024-01-01,open\n"})


def test_utf_16_without_a_mark_asks_for_its_declaration(load):
    with pytest.raises(UserFault, match="looks like UTF-16 without a byte order mark; declare"):
        load({"meta.csv": META, "work_orders.csv": (HEAD + "\n" + GOOD).encode("utf-16-le")})


def test_control_characters_are_stripped_and_counted(load):
    text = f"{HEAD},fault_code\nA,U01,2024-01-01,open,dead\x00 scr\x07een\n"
    store = load({"meta.csv": META, "work_orders.csv": text})

    assert orders(store).loc["A", "fault_code"] == "dead screen"
    assert "work_orders.csv: 2 control characters removed" in store.manifest["notes"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r", "mixed"])
def test_every_kind_of_line_end_is_read(load, ends):
    lines = [f"{HEAD},fault_code", 'A,U01,2024-01-01,open,"two\nlines"', "B,U01,2024-01-01,open,one"]
    text = (
        "\r\n".join(lines[:2]) + "\n" + lines[2] + "\r\n" if ends == "mixed" else "\n".join(lines).replace("\n", ends)
    )
    store = load({"meta.csv": META, "work_orders.csv": text.encode()})

    assert orders(store).loc["A", "fault_code"].split() == ["two", "lines"]
    assert orders(store).loc["B", "fault_code"] == "one"


def test_ragged_rows_are_refused_with_file_and_line(load):
    text = f"{HEAD}\n{GOOD}\nshort,U01\nlong,U01,2024-01-01,open,more,still\nlast,U01,2024-01-01,open\n"
    store = load({"meta.csv": META, "work_orders.csv": text})
    refused = store.quarantine("work_orders")

    assert refused[["_file", "_line", "_reasons", "_text"]].to_numpy().tolist() == [
        ["work_orders.csv", 22, "line with too few fields", "short,U01"],
        ["work_orders.csv", 23, "line with too many fields", "long,U01,2024-01-01,open,more,still"],
    ]
    assert "last" in orders(store).index
    entry = store.manifest["tables"]["work_orders"]
    assert (entry["read"], entry["rows"], entry["quarantined"]) == (23, 21, 2)


def test_lines_of_later_rows_are_right_after_a_line_that_could_not_be_read(load):
    text = f"{HEAD}\nshort,U01\n{GOOD}\nlate,U01,nonsense,open\n"
    refused = load({"meta.csv": META, "work_orders.csv": text}).quarantine("work_orders")

    assert sorted(refused["_line"]) == [2, 23]


def test_a_quotation_mark_that_swallows_the_file_is_an_error(load):
    text = f'{HEAD}\n"A,U01,2024-01-01,open\n{GOOD}\n'
    with pytest.raises(UserFault, match="work_orders: unquoted value, such as"):
        load({"meta.csv": META, "work_orders.csv": text})


def test_a_truncated_archive_is_an_error(load):
    packed = gzip.compress((HEAD + "\n" + GOOD).encode())
    with pytest.raises(UserFault, match=r"work_orders\.csv\.gz: truncated or damaged"):
        load({"meta.csv": META, "work_orders.csv.gz": packed[:-20]})


def test_a_header_without_rows_is_a_table_without_rows(load):
    store = load(
        {
            "meta.csv": META,
            "work_orders.csv": HEAD + "\n" + GOOD,
            "complaints.csv": "complaint_id,business_unit,received_at,category\n",
        }
    )

    assert store.has("complaints", "category")
    assert store.records("complaints", "all").empty
    with store.connect() as connection:
        assert connection.execute("SELECT count(*) FROM complaints").fetchall() == [(0,)]


def test_an_empty_file_is_a_table_without_rows_and_said(load):
    store = load({"meta.csv": META, "work_orders.csv": HEAD + "\n" + GOOD, "surveys.csv": ""})

    assert store.manifest["tables"]["surveys"]["rows"] == 0
    assert "surveys.csv: empty, not even a header" in store.manifest["notes"]
    assert store.missing(["surveys.score", "surveys"]) == ["surveys.score"]


def test_missing_columns_are_named_all_at_once_with_the_nearest_names(load):
    with pytest.raises(UserFault) as fault:
        load(
            {
                "meta.csv": META,
                "work_orders.csv": "work_order_id,Business Unit,submited_at,state\nA,U01,2024-01-01,open\n",
            }
        )

    assert fault.value.lines == (
        "work_orders.csv: required column 'business_unit' of work_orders is missing; did you mean 'Business Unit'?",
        "work_orders.csv: required column 'submitted_at' of work_orders is missing; did you mean 'submited_at'?",
        "work_orders.csv: required column 'status' of work_orders is missing; did you mean 'state'?",
    )


def test_a_column_twice_is_an_error(load):
    with pytest.raises(UserFault, match="column 'Status' stands twice in the header"):
        load({"meta.csv": META, "work_orders.csv": f"{HEAD},Status\nA,U01,2024-01-01,open,open\n"})


def test_an_extra_column_is_left_out_and_noted(load):
    store = load({"meta.csv": META, "work_orders.csv": f"{HEAD},mood\nA,U01,2024-01-01,open,fine\n"})

    assert "work_orders.csv: column 'mood' is not part of work_orders; left out" in store.manifest["notes"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234.5", 1234.5),
        ("1,234.50", 1234.5),
        ("￥99", 99.0),
        ("¥ 1,299.00", 1299.0),
        ("RMB 5", 5.0),
        ("88元", 88.0),
        ("１２３．５", 123.5),
        ("95%", 95.0),
        ("(1,200.00)", -1200.0),
        ("-$3.20", -3.2),
        ("1e3", 1000.0),
        (" 7 ", 7.0),
    ],
)
def test_numbers_are_understood_as_people_write_them(text, value):
    assert parsed(text, "money") == value


@pytest.mark.parametrize("text", ["1.234,50", "1,5", "12,34", "1_000", "0x10", "5 pieces", "--5", "..", "1,234,5"])
def test_what_is_no_plain_number_is_not_guessed(text):
    assert parsed(text, "money") is None


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3), ("3.0", 3), ("1,200", 1200), ("３", 3), ("3.5", None), ("three", None), ("007", 7)]
)
def test_whole_numbers_are_not_rounded(text, value):
    assert parsed(text, "int") == value


@pytest.mark.parametrize(
    ("text", "value"), [("TRUE", True), ("是", True), ("0", False), ("No", False), ("maybe", None), ("2", None)]
)
def test_yes_and_no_in_both_languages(text, value):
    assert parsed(text, "bool") is value


def parsed(text, kind):
    from analysis.data_model import Column
    from analysis.intake.mapping import ColumnRule
    from analysis.intake.parsing import typed_value, value_before_parsing

    raw, source_type = value_before_parsing("source", "VARCHAR", ColumnRule(), spaces="plain")
    typed = typed_value("raw", source_type, Column("x", kind, "o"), formats=(), timezone=None)
    return duckdb.execute(
        f"SELECT {typed} FROM (SELECT {raw} AS raw FROM (SELECT $1::VARCHAR AS source))", [text]
    ).fetchall()[0][0]


def test_an_unparsed_number_puts_its_row_into_quarantine(load):
    costs = "cost_id,business_unit,incurred_on,cost_type,amount\n" + "".join(
        f"K{n},U01,2024-01-01,parts,5\n" for n in range(9)
    )
    store = load(
        {"meta.csv": META, "costs.csv": costs + 'C,U01,2024-01-01,parts,"1.234,50"\nD,U01,2024-01-01,parts,inf\n'}
    )

    assert store.manifest["tables"]["costs"]["reasons"] == {"amount is not an amount": 1, "amount is not finite": 1}


def test_text_that_looks_like_something_else_stays_text(load):
    text = f"{HEAD},fault_code,priority\n001,NA,2024-01-01,open,1e5,NULL\n"
    row = orders(load({"meta.csv": META, "work_orders.csv": text})).loc["001"]

    assert row[["business_unit", "fault_code", "priority"]].tolist() == ["NA", "1e5", "NULL"]


def test_a_timestamp_with_am_or_pm_is_not_read_as_iso(load):
    text = f"{HEAD}\n{GOOD}\nA,U01,2024-01-01 10:00:00 PM,open\nB,U01,2024-01-01 10:00 PM,open\n"
    store = load({"meta.csv": META, "work_orders.csv": text})

    assert store.manifest["tables"]["work_orders"]["reasons"] == {"submitted_at is not a time as declared": 2}


def test_offsets_become_local_time_and_daylight_saving_is_kept(load):
    text = f"{HEAD}\nwinter,U01,2024-01-15T12:00:00Z,open\nsummer,U01,2023-07-15 12:00:00+00:00,open\n"
    text += "there,U01,2024-01-15T12:00:00+08:00,open\n"
    rows = orders(load({"meta.csv": "data_cutoff_at,timezone\n2024-02-01,Europe/Rome\n", "work_orders.csv": text}))

    assert rows.loc["winter", "submitted_at"] == pd.Timestamp("2024-01-15 13:00")
    assert rows.loc["summer", "submitted_at"] == pd.Timestamp("2023-07-15 14:00")
    assert rows.loc["there", "submitted_at"] == pd.Timestamp("2024-01-15 05:00")


def test_an_offset_without_a_declared_zone_is_an_error(load):
    with pytest.raises(
        UserFault, match=r"submitted_at holds an offset from UTC but no local time is declared; set meta\.timezone"
    ):
        load({"meta.csv": META, "work_orders.csv": f"{HEAD}\nA,U01,2024-01-15T12:00:00Z,open\n"})


def test_a_mixture_of_offsets_and_local_times_is_an_error(load):
    text = f"{HEAD},completed_at\nA,U01,2024-01-15 12:00:00,completed,2024-01-16T12:00:00Z\n"
    with pytest.raises(UserFault, match=r"with an offset from UTC \(completed_at\) and without one \(submitted_at\)"):
        load({"meta.csv": "data_cutoff_at,timezone\n2024-02-01,Asia/Shanghai\n", "work_orders.csv": text})


def test_a_month_may_be_written_short(load):
    text = "business_unit,product_id,month,units_in_service\nU01,P1,2024-01,10\nU01,P1,2023-12-15,9\n"
    rows = load({"meta.csv": META, "installed_base_monthly.csv": text}).records("installed_base_monthly", "U01")

    assert sorted(rows["month"]) == [pd.Timestamp("2023-12-01"), pd.Timestamp("2024-01-01")]


def workbook(sheets):
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, pd.Timestamp):
                        sheet.write_datetime(number, column, cell.to_pydatetime(), day)
                    else:
                        sheet.write(number, column, cell)
    return stream.getvalue()


def test_a_workbook_is_read_by_its_stored_values(load):
    rows = [
        [*HEAD.split(","), "visits"],
        ["001", "U01", pd.Timestamp("2024-01-05 08:30"), "open", 2],
        [],
        ["002", "U01", "2024-01-06", "=1+1", 1],
    ]
    store = load({"meta.csv": META, "work_orders.xlsx": workbook({"Sheet1": rows})}, mapping=None)

    assert orders(store).loc["001", ["submitted_at", "visits"]].tolist() == [pd.Timestamp("2024-01-05 08:30"), 2]
    assert store.quarantine("work_orders")["_line"].tolist() == [4]


def test_sheets_named_after_tables_are_tables(load):
    rows = [HEAD.split(","), ["A", "U01", "2024-01-05", "open"]]
    store = load(
        {"all.xlsx": workbook({"work_orders": rows, "meta": [["data_cutoff_at"], [pd.Timestamp("2024-02-01")]]})}
    )

    assert store.cutoff == pd.Timestamp("2024-02-01")
    assert orders(store).index.tolist() == ["A"]


def test_parquet_keeps_its_types_and_whole_floats_do_not_become_decimals_in_ids(load, tmp_path):
    frame = pd.DataFrame(
        {
            "work_order_id": [1001.0, 1002.0],
            "business_unit": ["U01", "U01"],
            "submitted_at": pd.to_datetime(["2024-01-01 08:00", "2024-01-02 08:00"]),
            "status": ["open", "open"],
            "in_warranty": [True, False],
            "visits": [1.0, None],
        }
    )
    stream = io.BytesIO()
    frame.to_parquet(stream)
    rows = orders(load({"meta.csv": META, "work_orders.parquet": stream.getvalue()}))

    assert rows.index.tolist() == ["1001", "1002"]
    assert rows["submitted_at"].tolist() == frame["submitted_at"].tolist()
    assert rows["in_warranty"].tolist() == [True, False]


def test_members_of_an_archive_are_files(load):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("export/work_orders.csv", HEAD + "\n" + GOOD)
        archive.writestr("__MACOSX/._work_orders.csv", "x")
        archive.writestr("notes.md", "x")
    store = load({"meta.csv": META, "export.zip": stream.getvalue()})

    assert len(orders(store)) == 20


def test_a_zip_bomb_is_refused_before_it_fills_the_disk(load, monkeypatch):
    monkeypatch.setattr(unpacking, "RATIO_COUNTS_FROM", 100_000)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("work_orders.csv", HEAD + "\n" + "0" * 5_000_000)
    with pytest.raises(UserFault, match="more than 200 times its size, as a zip bomb does"):
        load({"meta.csv": META, "export.zip": stream.getvalue()})


def test_one_name_in_two_files_is_an_error(load):
    with pytest.raises(UserFault, match=r"work_orders\.csv\.gz and work_orders\.csv: both are 'work_orders'"):
        load({"work_orders.csv": HEAD, "work_orders.csv.gz": gzip.compress(HEAD.encode())})


def test_a_source_that_is_not_there_is_an_error(tmp_path):
    from analysis.intake import intake

    with pytest.raises(UserFault, match="no such file or folder"):
        intake(str(tmp_path / "nowhere"), mapping=None, params=tmp_path, store_root=tmp_path / "stores")


def test_lines_above_the_headings_are_left_out_as_declared_and_lines_still_count_from_the_top(load):
    text = "工单明细\n导出时间,2024-02-01\n" + HEAD + "\nA,U01,2024-01-05,open\nB,U01,soon,open\n" + GOOD
    mapping = """
meta: {data_cutoff_at: "2024-02-01T00:00:00"}
files: {"orders_*": {header_row: 3, encoding: gb18030}}
tables:
  work_orders:
    from: orders_*
    columns: {work_order_id: work_order_id, business_unit: business_unit, submitted_at: submitted_at, status: status}
"""
    store = load({"orders_1.csv": text.encode("gb18030")}, mapping=mapping)

    assert "A" in orders(store).index
    assert store.quarantine("work_orders")["_line"].tolist() == [5]
    assert "orders_1.csv: headings taken from line 3; 2 lines above left out" in store.manifest["notes"]
    unread = load({"orders_1.csv": HEAD + "\n" + GOOD}, mapping=mapping.replace('"orders_*":', '"ordres_*":'))
    assert any("files.ordres_* of the mapping fits nothing in the source" in note for note in unread.manifest["notes"])


def test_a_semicolon_file_is_recognised_by_its_header(load):
    store = load({"meta.csv": META, "work_orders.csv": (HEAD + "\n" + GOOD).replace(",", ";")})

    assert len(orders(store)) == 20
