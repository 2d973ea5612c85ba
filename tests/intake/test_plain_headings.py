"""Plain headings of service desks, CRM and ERP, as `map` takes them: a device by its kind is a product, by its number a
machine; what was promised or planned is never taken for what happened.
"""

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from analysis.intake.proposing import open_samples, propose
from analysis.intake.sources import find_files, list_contents

ROWS = 90
BEGIN = [datetime(2025, 1, 2, 8, 5) + timedelta(hours=37 * n) for n in range(ROWS)]
ENDED = [n % 9 > 0 for n in range(ROWS)]
KINDS = {
    "en": ["Pump X1", "Pump X2", "Boiler B"], "zh": ["水泵X1", "水泵X2", "锅炉B"],
}  # fmt: skip
WORDS = {
    "en": {"unit": ["North", "South"], "level": ["low", "high"], "type": ["repair", "installation"],
           "yes": ["yes", "no"], "state": ["In progress", "Closed"],
           "fault": ["no power", "leak", "noise"], "way": ["phone", "email"]},
    "zh": {"unit": ["华东", "华南"], "level": ["低", "高"], "type": ["维修", "安装"], "yes": ["是", "否"],
           "state": ["处理中", "已完成"], "fault": ["不通电", "漏水", "异响"], "way": ["电话", "微信"]},
}  # fmt: skip


def times(hours: int, *, of_ended: bool = True) -> list[str]:
    """So many hours after the request; of those that have ended, or of all."""
    return [
        f"{at + timedelta(hours=hours + n % 7):%Y-%m-%d %H:%M}" if ENDED[n] or not of_ended else ""
        for n, at in enumerate(BEGIN)
    ]


def values(language: str) -> dict[str, list[str]]:
    """Kind of column → its values."""
    said = {kind: [words[n % len(words)] for n in range(ROWS)] for kind, words in WORDS[language].items()}
    return said | {
        "key": [f"T{n:05d}" for n in range(ROWS)], "person": [f"E{n % 11:02d}" for n in range(ROWS)],
        "customer": [f"C{n % 40:04d}" for n in range(ROWS)], "product": [KINDS[language][n % 3] for n in range(ROWS)],
        "machine": [f"8{n * 7919 % 100000:05d}" for n in range(ROWS)], "score": [str(1 + n % 5) for n in range(ROWS)],
        "begin": times(0, of_ended=False), "handled": times(1), "arrived": times(9), "end": times(20),
        "due": times(72, of_ended=False), "planned": times(12, of_ended=False),
        "state": [WORDS[language]["state"][done] for done in ENDED],
    }  # fmt: skip


CASES = {
    "en": (
        {"Ticket ref": ("key", "work_order_id"), "Service region": ("unit", "business_unit"),
         "Raised on": ("begin", "submitted_at"), "Acknowledged on": ("handled", "handled_at"),
         "Engineer arrived": ("arrived", "arrived_at"), "Actual finish": ("end", "completed_at"),
         "Promised completion date": ("due", "resolution_due_at"), "Scheduled arrival": ("planned", None),
         "Current status": ("state", "status"), "Device": ("product", "product_id"),
         "Machine serial": ("machine", "serial_no"), "Service engineer": ("person", "technician_id"),
         "Account Name": ("customer", "customer_id"), "Importance": ("level", "priority"),
         "Under guarantee": ("yes", "in_warranty"), "Job category": ("type", "work_order_type"),
         "Failure type": ("fault", "fault_code"), "Case Origin": ("way", "channel"),
         "Customer rating": ("score", "score")},
        {"WO number": ("key", "work_order_id"), "Workshop": ("unit", "business_unit"),
         "Date/Time Opened": ("begin", "submitted_at"), "Finished on": ("end", "completed_at"),
         "Estimated completion": ("due", "resolution_due_at"), "Job status": ("state", "status"),
         "Equipment": ("product", "product_id"), "Repairman": ("person", "technician_id"),
         "Error code": ("fault", "fault_code"), "Request category": ("type", "work_order_type")},
        {"Case #": ("key", "work_order_id"), "Branch office": ("unit", "business_unit"),
         "Reported at": ("begin", "submitted_at"), "Solved at": ("end", "completed_at"), "State": ("state", "status"),
         "Device": ("machine", "serial_no"), "Machine type": ("product", "product_id"),
         "CSAT score": ("score", "score")},
    ),
    "zh": (
        {"单据编号": ("key", "work_order_id"), "维修站": ("unit", "business_unit"),
         "报障时间": ("begin", "submitted_at"),
         "接单时间": ("handled", "handled_at"), "上门日期": ("arrived", "arrived_at"),
         "实际完成时间": ("end", "completed_at"), "承诺完成时间": ("due", "resolution_due_at"),
         "预约上门时间": ("planned", None), "办理状态": ("state", "status"), "设备名称": ("product", "product_id"),
         "出厂编号": ("machine", "serial_no"), "维修员": ("person", "technician_id"),
         "会员号": ("customer", "customer_id"), "优先等级": ("level", "priority"), "保修状态": ("yes", "in_warranty"),
         "工单类别": ("type", "work_order_type"), "问题分类": ("fault", "fault_code"), "受理方式": ("way", "channel"),
         "回访评分": ("score", "score")},
        {"报修单号": ("key", "work_order_id"), "办事处": ("unit", "business_unit"),
         "来电时间": ("begin", "submitted_at"),
         "完成日期": ("end", "completed_at"), "预计完成时间": ("due", "resolution_due_at"),
         "单据状态": ("state", "status"), "设备": ("product", "product_id"), "机器编号": ("machine", "serial_no"),
         "服务工程师": ("person", "technician_id"), "故障类别": ("fault", "fault_code")},
        {"服务单": ("key", "work_order_id"), "服务商": ("unit", "business_unit"), "建档时间": ("begin", "submitted_at"),
         "完结时间": ("end", "completed_at"), "当前状态": ("state", "status"), "家电类型": ("product", "product_id"),
         "产品条码": ("machine", "serial_no"), "紧急程度": ("level", "priority")},
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "headings"), [(language, headings) for language, cases in CASES.items() for headings in cases]
)
def test_plain_headings_are_taken_for_what_they_are(
    language: str, headings: Mapping[str, tuple[str, str | None]], tmp_path: Path
):
    given = values(language)
    _write(tmp_path / "export.csv", list(headings), [given[kind] for kind, _ in headings.values()])
    with open_samples(list_contents(find_files(str(tmp_path)))) as contents:
        proposal = propose(contents)
    taken: dict[str, list[str]] = {}
    for choice in (choice for table in proposal.tables for choice in table.columns if choice.source):
        taken.setdefault(str(choice.source), []).append(choice.column)
    wrong = {
        heading: (column, taken.get(heading, []))
        for heading, (_, column) in headings.items()
        if (column not in taken.get(heading, []) if column else heading in taken)
    }
    assert (wrong, proposal.questions) == ({}, ())


def _write(file: Path, head: Sequence[str], columns: Sequence[Sequence[str]]) -> None:
    with file.open("w", newline="", encoding="utf-8-sig") as out:
        csv.writer(out).writerows([head, *zip(*columns, strict=True)])
