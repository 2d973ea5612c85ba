"""Excel as people keep it: titles above, headings in two rows, merged cells, totals, Chinese numbers and dates."""

import io
import zipfile

import pandas as pd
import pytest
import xlsxwriter

from analysis.faults import UserFault

MAPPING = """
meta: {data_cutoff_at: "2024-02-01T00:00:00"}
tables:
  work_orders:
    from: 工单
    columns:
      work_order_id: 工单编号
      business_unit: 网点
      submitted_at: {column: 报修时间, formats: [iso, excel, "%Y.%m.%d %H:%M"]}
      completed_at: {column: 完工时间, formats: [iso, excel]}
      visits: {column: 上门次数, units: {次: 1}}
      status: {sql: "CASE WHEN 完工时间 IS NULL OR 完工时间 = '' THEN 'open' ELSE 'completed' END"}
"""


def book(fill):
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as workbook:
        fill(workbook)
    return stream.getvalue()


def sheet_as_people_keep_it(workbook):
    day = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet = workbook.add_worksheet("工单")
    sheet.merge_range("A1:E1", "2024年1月 维修工单汇总表")
    sheet.write_row("A2", ["导出时间", "2024-02-01"])
    sheet.write_row("A3", ["网点", "工单编号", "报修\n时间", "完工时间", "上门次数"])
    sheet.write("C3", "报修时间")
    sheet.merge_range("A4:A5", "华东")  # one branch, two orders
    sheet.write_row("B4", ["001", "2024年1月5日 08:30"])
    sheet.write("E4", "二十三")
    sheet.write_row("B5", ["002"])
    sheet.write_datetime("C5", pd.Timestamp("2024-01-06 09:00").to_pydatetime(), day)
    sheet.write("D5", 45298.5)  # a serial that nobody formatted
    sheet.write("E5", "2次")
    sheet.write_row("A6", ["小计", "", "", "", 25])
    sheet.write_row("A7", ["华南", "003", "2024.01.07 10:00", "", "３"])
    sheet.write_row("A8", ["合 计", 3, "", "", 28])
    workbook.add_worksheet("说明").write("A1", "由客服部整理")


def test_titles_merged_cells_totals_chinese_numbers_and_every_kind_of_date(load):
    store = load({"一月.xlsx": book(sheet_as_people_keep_it)}, mapping=MAPPING)
    orders = store.records("work_orders", "all").set_index("work_order_id")

    assert orders["business_unit"].to_dict() == {"001": "华东", "002": "华东", "003": "华南"}
    assert orders["visits"].to_dict() == {"001": 23, "002": 2, "003": 3}
    assert orders.loc["001", "submitted_at"] == pd.Timestamp("2024-01-05 08:30")
    assert orders.loc["002", "submitted_at"] == pd.Timestamp("2024-01-06 09:00")
    assert orders.loc["002", "completed_at"] == pd.Timestamp("2024-01-07 12:00")
    assert orders.loc["003", "submitted_at"] == pd.Timestamp("2024-01-07 10:00")
    assert "一月.xlsx#工单: headings taken from row 3; 2 rows above left out" in store.manifest["notes"]
    assert "一月.xlsx#工单: 2 rows of totals left out (row 6, 8)" in store.manifest["notes"]


def test_a_refused_row_is_named_by_its_row_in_the_sheet(load):
    def fill(workbook):
        sheet_as_people_keep_it(workbook)
        workbook.worksheets()[0].write_row("A9", ["华南", "004", "05/06/2024", "", 1])

    store = load({"一月.xlsx": book(fill)}, mapping=MAPPING)

    assert store.quarantine("work_orders")[["_line", "报修时间"]].to_numpy().tolist() == [[9, "05/06/2024"]]


def test_headings_in_two_rows_are_declared_and_joined(load):
    def fill(workbook):
        sheet = workbook.add_worksheet("工单")
        sheet.merge_range("A1:A2", "编号")
        sheet.merge_range("B1:C1", "时间")
        sheet.write_row("B2", ["报修", "完工"])
        sheet.write_row("A3", ["A", "2024-01-05 08:00", "2024-01-06 08:00"])

    mapping = """
meta: {data_cutoff_at: "2024-02-01T00:00:00"}
files: {orders: {header_row: 1, header_rows: 2}}
tables:
  work_orders:
    from: orders
    columns:
      work_order_id: 编号
      business_unit: {constant: U01}
      submitted_at: 时间 报修
      completed_at: 时间 完工
      status: {constant: completed}
"""
    store = load({"orders.xlsx": book(fill)}, mapping=mapping)

    assert store.records("work_orders", "U01")["completed_at"].tolist() == [pd.Timestamp("2024-01-06 08:00")]


def test_sheets_of_one_name_in_several_workbooks_are_read_by_a_pattern(load):
    files = {f"2024-0{month}.xlsx": book(sheet_as_people_keep_it) for month in (1, 2)}
    with pytest.raises(UserFault, match="nothing in the source is called '工单'"):
        load(files, mapping=MAPPING)
    store = load(files, mapping=MAPPING.replace("from: 工单", 'from: "*#工单"'))

    assert store.manifest["tables"]["work_orders"]["read"] == 6
    assert store.manifest["tables"]["work_orders"]["duplicates_dropped"] == 3


@pytest.mark.parametrize(
    ("text", "value"),
    [("二十三", 23), ("十", 10), ("一百零五", 105), ("一万二千", 12_000), ("1.2万", 12_000), ("壹佰贰拾叁", 123)],
)
def test_numbers_in_chinese_are_numbers(load, text, value):
    costs = "cost_id,business_unit,incurred_on,cost_type,amount\nA,U01,2024-01-05,labour,{}\n"
    files = {"meta.csv": "data_cutoff_at\n2024-02-01\n", "costs.csv": costs.format(text)}

    assert load(files).records("costs", "U01")["amount"].tolist() == [value]


@pytest.mark.parametrize("text", ["一百五", "三天", "3天", "二〇二四", "十百"])
def test_what_has_two_readings_in_chinese_is_refused(load, text):
    costs = f"cost_id,business_unit,incurred_on,cost_type,amount\nA,U01,2024-01-05,labour,{text}\n"
    rest = "".join(f"B{n},U01,2024-01-05,labour,1\n" for n in range(9))
    store = load({"meta.csv": "data_cutoff_at\n2024-02-01\n", "costs.csv": costs + rest})

    assert store.quarantine("costs")["amount"].tolist() == [text]


def test_durations_count_by_the_units_that_the_mapping_declares(load):
    mapping = """
meta: {data_cutoff_at: "2024-02-01T00:00:00"}
tables:
  costs:
    from: 工时
    columns:
      cost_id: 单号
      business_unit: {constant: U01}
      incurred_on: 日期
      cost_type: {constant: labour}
      amount: {constant: "1"}
      hours: {column: 工时, units: {天: 8, 小时: 1, 分钟: 0.0166666667, 分: 0.0166666667}}
"""
    text = "单号,日期,工时\nA,2024年1月5日,3天\nB,2024年1月5日,1小时30分\nC,2024年1月5日,半天\nD,2024年1月5日,2.5\n"
    hours = load({"工时.csv": text}, mapping=mapping).records("costs", "U01").set_index("cost_id")["hours"]

    assert hours.round(6).to_dict() == {"A": 24, "B": 1.5, "C": 4, "D": 2.5}


def test_two_cells_far_apart_do_not_take_the_memory(load):
    def fill(workbook):
        sheet = workbook.add_worksheet("工单")
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, "z")

    with pytest.raises(UserFault, match=r"spans 1,048,576 rows and 16,384 columns, far more than it can hold"):
        load({"一月.xlsx": book(fill)}, mapping=MAPPING)


def test_macros_and_links_are_never_followed(load, tmp_path):
    """A workbook with a macro part and a link to another file gives its stored values and nothing else."""
    whole = book(sheet_as_people_keep_it)
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/vbaProject.bin", b"Sub Auto_Open()")
        place = tmp_path / "source" / "secret.csv"
        link = f'<externalLink><externalBook r:id="rId1" href="file://{place}"/></externalLink>'
        new.writestr("xl/externalLinks/externalLink1.xml", link)
    store = load({"一月.xlsm": stream.getvalue()}, mapping=MAPPING)

    assert len(store.records("work_orders", "all")) == 3
