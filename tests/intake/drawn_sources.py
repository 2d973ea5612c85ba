"""Sources that nobody prepared the suite for, drawn with their quirks: `draw["city_data"](folder)` writes one."""

# ruff: noqa: E501 -- a row of an export, or its head, per line

import csv
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROWS = 420
BEGIN = datetime(2024, 11, 1)
Draw = Callable[[Path], None]


def write(file: Path, head: Sequence[str], rows: Iterable[Sequence[Any]], **how: Any) -> None:
    with file.open("w", encoding=how.get("encoding", "utf-8"), newline="") as stream:
        writer = csv.writer(stream, delimiter=how.get("delimiter", ","))
        writer.writerow(head)
        writer.writerows(rows)


def moments(chosen: random.Random) -> list[datetime]:
    return [BEGIN + timedelta(minutes=n * 600 * 1440 // ROWS + chosen.randrange(600)) for n in range(ROWS)]


def later(chosen: random.Random, moment: datetime, hours: float) -> datetime:
    return moment + timedelta(minutes=1 + int(chosen.expovariate(1 / (60 * hours))))


def city_data(folder: Path) -> None:
    """Requests to a city: month first, twelve-hour clock, shouting values, zip codes, a second time of change."""
    chosen, stamp, rows = random.Random(1), "%m/%d/%Y %I:%M:%S %p", []
    agencies = [("NYPD", "Police"), ("HPD", "Housing"), ("DOT", "Transportation"), ("DSNY", "Sanitation")]
    for number, opened in enumerate(moments(chosen)):
        done = later(chosen, opened, 40) if chosen.random() < 0.9 else None
        state = "Closed" if done else chosen.choice(["Open", "In Progress", "Assigned", "Pending"])
        rows.append(
            [
                60_000_000 + number,
                opened.strftime(stamp),
                done.strftime(stamp) if done else "",
                *chosen.choice(agencies),
                chosen.choice(["Noise", "HEAT/HOT WATER", "Illegal Parking", "Water Leak"]),
                chosen.choice(["Loud Music", "ENTIRE BUILDING", "N/A"]),
                f"{chosen.randrange(10001, 11400)}",
                f"{chosen.randrange(1, 999)} BROADWAY",
                "NEW YORK",
                state,
                (opened + timedelta(days=5)).strftime(stamp) if number % 3 else "",
                (done or opened).strftime(stamp),
                chosen.choice(["BROOKLYN", "QUEENS", "BRONX", "Unspecified"]),
                chosen.choice(["PHONE", "ONLINE", "MOBILE", "UNKNOWN"]),
            ]
        )
    head = (
        "Unique Key,Created Date,Closed Date,Agency,Agency Name,Complaint Type,Descriptor,Incident Zip,Incident Address,City,"
        "Status,Due Date,Resolution Action Updated Date,Borough,Open Data Channel Type"
    )
    write(folder / "311_Service_Requests.csv", head.split(","), rows)


def event_log(folder: Path) -> None:
    """An event log as process mining tools write it, with offsets from UTC and the attribute of a case on every row."""
    chosen, rows = random.Random(2), []
    steps = [
        "Create Order",
        "Assign Technician",
        "Travel",
        "Arrive at Site",
        "Repair",
        "Complete Repair",
        "Close Order",
    ]
    for number, moment in enumerate(moments(chosen)[::2]):
        for step in steps[: chosen.choice([3, 5, 7, 7, 7, 7])]:
            who = f"Tech {chosen.randrange(9)}"
            rows.append(
                [
                    f"WO_{number}",
                    step,
                    moment.strftime("%Y-%m-%dT%H:%M:%S+08:00"),
                    who,
                    "complete",
                    f"Region {number % 4}",
                ]
            )
            moment = later(chosen, moment, 9)
    head = [
        "case:concept:name",
        "concept:name",
        "time:timestamp",
        "org:resource",
        "lifecycle:transition",
        "case:region",
    ]
    write(folder / "service_log.csv", head, sorted(rows, key=lambda row: row[2]))


def update_log(folder: Path) -> None:
    """One row per update of an order: what is known of it at that moment."""
    chosen, stamp, rows = random.Random(7), "%d/%m/%Y %H:%M", []
    for number, opened in enumerate(moments(chosen)):
        done = later(chosen, opened, 60)
        for version, (state, end) in enumerate([("New", ""), ("Active", ""), ("Closed", done.strftime(stamp))]):
            if version < 2 or number % 10:
                at = done if end else opened + timedelta(hours=version)
                site = f"Site {number % 5}"
                rows.append([f"T{number}", opened.strftime(stamp), end, state, site, at.strftime(stamp), version])
    head = ["Ticket No", "Opened At", "Resolved At", "State", "Site", "Updated At", "Version"]
    write(folder / "audit.csv", head, rows)


def survey(folder: Path) -> None:
    """Answers on scales that count backwards, invitations without an answer, semicolons, days with dots."""
    chosen, rows = random.Random(3), []
    for number, sent in enumerate(moments(chosen)):
        answered = (sent + timedelta(days=2)).strftime("%d.%m.%Y") if number % 5 < 3 else ""
        given = (
            [chosen.choice([1, 1, 2, 3, 5]), chosen.choice([1, 2, 3]), chosen.choice([1, 1, 5])]
            if answered
            else ["", "", ""]
        )
        words = chosen.choice(["", "ok", "trop lent"]) if answered else ""
        rows.append(
            [
                f"R{number:05d}",
                chosen.choice(["Lyon", "Paris", "Nice"]),
                sent.strftime("%d.%m.%Y"),
                answered,
                *given,
                words,
            ]
        )
    head = [
        "Response ID", "Branch", "Invitation sent", "Response date", "Overall satisfaction (1 = very satisfied, 5 = very dissatisfied)",
        "Response speed (1=best)", "Friendliness of staff (1=best)", "Comments",
    ]  # fmt: skip
    write(folder / "customer_survey_2025.csv", head, rows, delimiter=";")


def complaint_file(folder: Path) -> None:
    """Complaints typed in by hand: three ways to write a day, blanks in words, money with pence."""
    chosen, rows = random.Random(4), []
    for number, received in enumerate(moments(chosen)):
        way = chosen.choice(["%Y-%m-%d", "%d/%m/%Y", "%d %b %Y"])
        done = later(chosen, received, 200) if chosen.random() < 0.85 else None
        rows.append(
            [
                f"C-{number:04d}",
                received.strftime(way),
                chosen.choice(["North", "South", "West"]),
                chosen.choice(["Billing", "Repair quality", "Delay"]),
                chosen.choice(["Phone", "Letter", "Email"]),
                done.strftime(way) if done else "n/a",
                chosen.choice(["Yes", "No"]),
                f"{chosen.randrange(400)}.50" if done else "",
                "He said that the machine was never repaired and asked for his money back twice already",
            ]
        )
    head = "Complaint ref,Date received,Region,Nature of complaint,How received,Date resolved,Upheld,Compensation paid,Narrative"
    write(folder / "complaints_log.csv", head.split(","), rows)


def chinese_sheet(folder: Path) -> None:
    """A Chinese sheet in GB18030: 年月日, 无 for nothing, 元 after amounts, a duration somebody computed, telephones."""
    chosen, stamp, rows = random.Random(5), "%Y年%m月%d日 %H:%M", []
    for number, reported in enumerate(moments(chosen)):
        sent = later(chosen, reported, 1)
        left = later(chosen, sent, 4)
        came = later(chosen, left, 2)
        done = later(chosen, came, 3) if number % 10 else None
        score = chosen.choice(["非常满意", "满意", "一般", "不满意"]) if done and number % 2 else "无"
        rows.append(
            [
                f"WX{number:06d}",
                chosen.choice(["苏州", "杭州", "宁波"]),
                *(moment.strftime(stamp) for moment in (reported, sent, left, came)),
                done.strftime(stamp) if done else "无",
                chosen.choice(["挂机", "柜机"]),
                chosen.choice(["不制热", "漏氟"]),
                chosen.choice(["张师傅", "李师傅"]),
                "已完成" if done else "待上门",
                score,
                chosen.choice(["保内", "保外"]),
                f"{chosen.randrange(50, 400)}元",
                f"1380000{number:04d}",
                "5.5",
            ]
        )
    head = "单号,城市,报修时间,派单时间,师傅出发时间,到达现场时间,维修完成时间,产品类别,故障描述,维修师傅,进度,客户评价,质保状态,收费金额,联系电话,总耗时(小时)"
    write(folder / "2025年空调售后维修记录.csv", head.split(","), rows, encoding="gb18030")


def plain_export(folder: Path) -> None:
    """A ticket system's export under a browser's name: states that disagree with the stamps, NULL, the vendor's hours."""
    chosen, rows = random.Random(6), []
    for number, opened in enumerate(moments(chosen)):
        reply = later(chosen, opened, 1)
        done = later(chosen, reply, 30)
        state = chosen.choice(["Closed"] * 8 + ["Open", "Cancelled", "On Hold"])
        end = done if state in ("Closed", "Cancelled") or number % 50 == 0 else None
        stamps = [
            moment.isoformat(sep=" ", timespec="minutes") if moment else "NULL" for moment in (opened, reply, end)
        ]
        kinds = [
            chosen.choice(words) for words in (["P1", "P2"], ["EMEA", "APAC"], ["Pump", "Valve"], ["Leak", "Noise"])
        ]
        rows.append(
            [number + 1, *stamps, state, *kinds, f"CUST{number % 90:03d}", chosen.choice(["ann", "bob"]), 12, "email"]
        )
    head = "Ticket #,Opened,1st Response,Resolution Date,Current Status,Prio,Region,Product Family,Problem,Customer No.,Handled by,Resolution time (hrs),Via"
    write(folder / "export (3).csv", head.split(","), rows)


draw: Mapping[str, Draw] = {
    drawn.__name__: drawn
    for drawn in (city_data, event_log, update_log, survey, complaint_file, chinese_sheet, plain_export)
}
