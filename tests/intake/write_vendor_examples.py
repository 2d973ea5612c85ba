"""Write the example exports beside the presets: `python -m tests.intake.write_vendor_examples [preset …]`.

One made-up service company, 16 months of work, told the way each vendor tells it: headings, date formats, words,
blanks, encodings, sheets. Nothing in it is anybody's data. Fixed seed: the text files come out the same every time.
"""

# ruff: noqa: E501, SIM905 -- one row of an export, or its head, per line

import csv
import io
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter

EXAMPLES = Path(__file__).resolve().parents[2] / "params" / "mappings" / "examples"
BEGIN, END = datetime(2025, 1, 1), datetime(2026, 5, 1)
PER_MONTH = 30
BEIJING = timedelta(hours=8)

Case = dict[str, Any]
Rows = Sequence[Sequence[Any]]


def draw_cases(seed: int = 20260501) -> list[Case]:
    """The company's work: each case with all its stamps (those after the end are not there yet), people and words."""
    rng = np.random.default_rng(seed)
    count = PER_MONTH * 16
    offsets = np.sort(rng.uniform(0, (END - BEGIN).total_seconds(), count))
    cases = []
    for number, offset in enumerate(offsets):
        at = (BEGIN + timedelta(seconds=float(offset))).replace(microsecond=0)
        at = at.replace(hour=8 + int(rng.integers(0, 11)))
        steps = rng.lognormal([-0.5, 0.8, 2.3, 0.7, 3.2], 0.8)  # hours: answer, dispatch, arrival, repair, closing
        stamps = [at]
        for hours in steps:
            stamps.append((stamps[-1] + timedelta(hours=float(hours))).replace(microsecond=0))
        case: Case = {
            "n": number + 1,
            "unit": int(rng.integers(0, 3)),
            "cancelled": rng.random() < 0.04,
            "priority": int(rng.choice([0, 1, 2, 3], p=[0.05, 0.2, 0.6, 0.15])),
            "channel": int(rng.choice([0, 1, 2, 3], p=[0.4, 0.25, 0.2, 0.15])),
            "kind": int(rng.choice([0, 1, 2, 3], p=[0.7, 0.15, 0.1, 0.05])),
            "product": int(rng.integers(0, 6)),
            "fault": int(rng.choice(5, p=[0.35, 0.25, 0.2, 0.15, 0.05])),
            "customer": int(rng.integers(0, 260)),
            "agent": int(rng.integers(0, 9)),
            "reopens": int(rng.random() < 0.06),
            "moves": int(rng.choice([0, 1, 2], p=[0.75, 0.2, 0.05])),
            "score": int(rng.choice([1, 2, 3, 4, 5], p=[0.05, 0.07, 0.13, 0.35, 0.4])) if rng.random() < 0.45 else 0,
            "visits": 1 + int(rng.random() < 0.15),
            "warranty": rng.random() < 0.6,
            "cost": [round(float(x), 2) for x in rng.gamma(4, [30, 45, 8])],
        }
        names = ("created", "answered", "assigned", "arrived", "solved", "closed")
        case |= {name: (moment if moment < END else None) for name, moment in zip(names, stamps, strict=True)}
        if case["cancelled"]:
            case |= {"arrived": None, "solved": None, "closed": case["assigned"]}
            case["cancelled"] = case["assigned"] is not None
        case["rated"] = None
        if case["solved"] and case["score"]:
            moment = case["solved"] + timedelta(hours=float(rng.exponential(20)))
            case["rated"] = moment.replace(microsecond=0) if moment < END else None
        case["done"] = case["solved"] is not None and not case["cancelled"]
        cases.append(case)
    return cases


UNITS_ZH, UNITS = ("华东服务中心", "华南服务中心", "华北服务中心"), ("East", "South", "North")
AGENTS_ZH = ("张伟", "王芳", "李娜", "刘洋", "陈静", "杨磊", "赵敏", "黄强", "周杰")
AGENTS = ("A. Meyer", "B. Novak", "C. Rossi", "D. Silva", "E. Tanaka", "F. Olsen", "G. Kaya", "H. Dubois", "I. Khan")
PRODUCTS = ("AC-100", "AC-200", "WM-7", "WM-9", "FR-3", "FR-5")
LINES_ZH = ("空调", "空调", "洗衣机", "洗衣机", "冰箱", "冰箱")
LINES = ("Air conditioners", "Air conditioners", "Washers", "Washers", "Fridges", "Fridges")
FAULTS_ZH, FAULTS = (
    ("不制冷", "漏水", "噪音大", "无法开机", "其他"),
    ("No cooling", "Leak", "Noise", "No power", "Other"),
)


def text(moment: datetime | None, pattern: str = "%Y-%m-%d %H:%M:%S", *, blank: str = "") -> str:
    """Local time as a vendor writes it; `%-d` works everywhere."""
    if moment is None:
        return blank
    pattern = pattern.replace("%-d", str(moment.day)).replace("%-m", str(moment.month))
    return moment.strftime(pattern.replace("%-H", str(moment.hour)).replace("%-I", str((moment.hour + 11) % 12 + 1)))


def utc(moment: datetime | None, pattern: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
    """The same in UTC."""
    return text(moment - BEIJING, pattern) if moment else ""


def millis(moment: datetime | None, *, blank: str = "") -> str:
    """Milliseconds since 1970."""
    return str(int((moment - BEIJING).replace(tzinfo=UTC).timestamp() * 1000)) if moment else blank


def minutes(start: datetime | None, end: datetime | None) -> str:
    """A vendor's own duration: in the export, and not what the suite goes by."""
    return str(int((end - start).total_seconds() // 60)) if start and end else ""


def write_csv(folder: str, name: str, head: Sequence[str], rows: Iterable[Sequence[Any]], **how: Any) -> None:
    """A delimited file: `encoding`, `delimiter`, `quote` (all fields) as the vendor has them."""
    buffer = io.StringIO()
    quoting = csv.QUOTE_ALL if how.get("quote") else csv.QUOTE_MINIMAL
    writer = csv.writer(buffer, delimiter=how.get("delimiter", ","), quoting=quoting, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    (EXAMPLES / folder).mkdir(parents=True, exist_ok=True)
    (EXAMPLES / folder / name).write_bytes(buffer.getvalue().encode(how.get("encoding", "utf-8")))


def write_book(folder: str, name: str, sheets: Mapping[str, tuple[Sequence[str], Rows]]) -> None:
    """A workbook; a datetime becomes a cell with a date format, as in real exports."""
    (EXAMPLES / folder).mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(EXAMPLES / folder / name) as book:
        book.set_properties({"created": datetime(2026, 5, 1)})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for title, (head, rows) in sheets.items():
            sheet = book.add_worksheet(title)
            sheet.write_row(0, 0, head)
            for number, row in enumerate(rows, start=1):
                for place, cell in enumerate(row):
                    if isinstance(cell, datetime):
                        sheet.write_datetime(number, place, cell, moment)
                    elif cell not in (None, ""):
                        sheet.write(number, place, cell)


def state(case: Case, words: Mapping[str, Any]) -> Any:
    """The vendor's word for where a case stands: cancelled, closed, solved, waiting, busy, new."""
    if case["cancelled"]:
        return words["cancelled"]
    if case["closed"]:
        return words["closed"]
    if case["solved"]:
        return words["solved"]
    return words["waiting"] if case["n"] % 3 == 0 else words["busy"] if case["answered"] else words["new"]


def zoho_desk(cases: list[Case]) -> None:
    stamp = "%d %b %Y %I:%M %p"
    words = {k: k.title() for k in ("new", "closed")} | {"solved": "Closed", "waiting": "On Hold", "busy": "Open"}
    words |= {"new": "Open", "cancelled": "Cancelled"}
    head = (
        "Ticket Id,Ticket Number,Department,Account Name,Contact Name,Ticket Owner,Status,Subject,Product Name,Category,"
        "Sub Category,Classification,Due Date,Channel,Priority,Created Time,First Response Time,Ticket Closed Time,"
        "Is Escalated,Number of Reopen,Number of Reassign,Resolution Time in Business Hours"
    ).split(",")
    rows = [
        [
            f"48213{c['n']:010d}", c["n"] + 1000, UNITS[c["unit"]], f"Account {c['customer'] % 40}",
            f"Contact {c['customer']}", AGENTS[c["agent"]], state(c, words), f"{FAULTS[c['fault']]}, please help",
            PRODUCTS[c["product"]], LINES[c["product"]], FAULTS[c["fault"]], ("Problem", "Request", "Question")[c["kind"] % 3],
            text(c["created"] + timedelta(days=2), stamp), ("Phone", "Email", "Web", "Chat")[c["channel"]],
            ("Urgent", "High", "Medium", "Low")[c["priority"]], text(c["created"], stamp), text(c["answered"], stamp),
            text(c["closed"] if c["cancelled"] else c["solved"], stamp), str(c["n"] % 29 == 0).lower(), c["reopens"], c["moves"],
            f"{float(minutes(c['created'], c['solved']) or 0) / 60:.2f} hrs",
        ]
        for c in cases
    ]  # fmt: skip
    write_csv("zoho_desk", "Cases__1.csv", head, rows, quote=True)
    rated = [
        [
            f"9{c['n']:08d}",
            f"48213{c['n']:010d}",
            ("Bad", "Bad", "Okay", "Good", "Good")[c["score"] - 1],
            text(c["rated"], stamp),
        ]
        for c in cases
        if c["rated"] and not c["cancelled"]
    ]
    write_csv("zoho_desk", "Customer_Happiness.csv", ["Id", "Ticket Id", "Rating", "Rated Time"], rated, quote=True)


def fxiaoke(cases: list[Case]) -> None:
    words = {
        "new": "待受理",
        "busy": "处理中",
        "waiting": "挂起",
        "solved": "已完成",
        "closed": "已关闭",
        "cancelled": "已作废",
    }
    head = "工单编号,业务类型,客户名称,负责人,归属部门,工单状态,优先级,工单来源,创建时间,受理时间,派工时间,签到时间,完成时间,关闭时间,设备序列号,产品名称,产品分类,故障现象,服务方式,满意度,评价时间,工单金额（元）"
    rows = [
        [
            f"WO{c['created']:%Y%m}{c['n']:05d}", ("维修", "安装", "保养", "巡检")[c["kind"]], f"客户{c['customer']:03d}",
            AGENTS_ZH[c["agent"]], UNITS_ZH[c["unit"]], state(c, words), ("紧急", "高", "中", "低")[c["priority"]],
            ("电话", "微信", "官网", "邮件")[c["channel"]], *(text(c[k], "%Y-%m-%d %H:%M", blank="--") for k in ("created", "answered", "assigned", "arrived")),
            text(c["solved"] if c["done"] else None, "%Y-%m-%d %H:%M", blank="--"), text(c["closed"], "%Y-%m-%d %H:%M", blank="--"),
            f"SN{c['customer']:05d}", PRODUCTS[c["product"]], LINES_ZH[c["product"]], FAULTS_ZH[c["fault"]],
            ("上门", "上门", "远程")[c["n"] % 3], ("非常不满意", "不满意", "一般", "满意", "非常满意")[c["score"] - 1] if c["rated"] and c["done"] else "--",
            text(c["rated"] if c["done"] else None, "%Y-%m-%d %H:%M", blank="--"), f"{sum(c['cost']):,.2f}",
        ]
        for c in cases
    ]  # fmt: skip
    goods = [c for c in cases if c["done"] and c["n"] % 7 == 0]
    back = [
        [f"TH{c['n']:06d}", f"客户{c['customer']:03d}", UNITS_ZH[c["unit"]], PRODUCTS[c["product"]], ("退货", "换货")[c["n"] % 2],
         text(c["created"], "%Y-%m-%d %H:%M"), ("质量问题", "与预期不符", "运输损坏")[c["n"] % 3], f"{600 + c['cost'][1] * 9:,.2f}"]
        for c in goods
    ]  # fmt: skip
    returns = "退换货单编号,客户名称,归属部门,产品名称,类型,申请时间,退货原因,退货金额（元）"
    write_book("fxiaoke", "工单导出.xlsx", {"工单": (head.split(","), rows), "退换货单": (returns.split(","), back)})


def salesforce(cases: list[Case]) -> None:
    iso = "%Y-%m-%dT%H:%M:%S.000Z"
    words = {
        "new": "New",
        "busy": "Working",
        "waiting": "On Hold",
        "solved": "Closed",
        "closed": "Closed",
        "cancelled": "Cancelled",
    }
    rows, miles, orders, visits = [], [], [], []
    for c in cases:
        case, order = f"500{c['n']:012d}AAA", f"0WO{c['n']:012d}AAA"
        shut = c["closed"] if c["cancelled"] else c["solved"]
        rows.append([
            case, f"{c['n']:08d}", "false", f"003{c['customer']:012d}AAA", f"001{c['customer'] % 60:012d}AAA", state(c, words),
            FAULTS[c["fault"]], ("Phone", "Email", "Web", "Chat")[c["channel"]], ("Critical", "High", "Medium", "Low")[c["priority"]],
            ("Problem", "Request", "Question", "Problem")[c["kind"]], str(shut is not None).lower(), utc(shut, iso),
            str(c["n"] % 23 == 0).lower(), UNITS[c["unit"]], utc(c["created"], iso), f"02i{c['customer']:012d}AAA", PRODUCTS[c["product"]],
        ])  # fmt: skip
        for name, target, end in (("First Response", 4, c["answered"]), ("Resolution Time", 72, c["solved"])):
            due = c["created"] + timedelta(hours=target)
            miles.append([f"555{c['n']:011d}{name[0]}AAA", case, name, utc(c["created"], iso), utc(due, iso), utc(end, iso),
                          str((end or END) > due).lower(), target * 60])  # fmt: skip
        if c["assigned"] and not c["cancelled"]:
            orders.append([order, case, utc(c["assigned"], iso), utc(c["solved"], iso),
                           "Completed" if c["solved"] else "In Progress", ("Repair", "Installation", "Maintenance", "Inspection")[c["kind"]],
                           UNITS[c["unit"]]])  # fmt: skip
            window = c["assigned"] + timedelta(hours=8)
            if c["arrived"]:
                visits.append([f"08p{c['n']:012d}AAA", order, utc(window, iso), utc(window + timedelta(hours=4), iso), utc(c["arrived"], iso),
                               utc(c["solved"], iso), minutes(c["arrived"], c["solved"]), "Completed" if c["solved"] else "In Progress",
                               AGENTS[c["agent"]]])  # fmt: skip
    case_head = "Id,CaseNumber,IsDeleted,ContactId,AccountId,Status,Reason,Origin,Priority,Type,IsClosed,ClosedDate,IsEscalated,Owner.Name,CreatedDate,AssetId,Product2.Name"
    mile_head = "Id,CaseId,MilestoneType.Name,StartDate,TargetDate,CompletionDate,IsViolated,TargetResponseInMins"
    write_csv("salesforce", "Case.csv", case_head.split(","), rows, quote=True)
    write_csv("salesforce", "CaseMilestone.csv", mile_head.split(","), miles, quote=True)
    head = "Id,CaseId,CreatedDate,EndDate,Status,WorkType.Name,ServiceTerritory.Name"
    write_csv("salesforce", "WorkOrder.csv", head.split(","), orders, quote=True)
    head = "Id,ParentRecordId,ArrivalWindowStartTime,ArrivalWindowEndTime,ActualStartTime,ActualEndTime,ActualDuration,Status,ServiceResource.Name"
    write_csv("salesforce", "ServiceAppointment.csv", head.split(","), visits, quote=True)


def servicenow(cases: list[Case]) -> None:
    words = {
        "new": "New",
        "busy": "In Progress",
        "waiting": "On Hold",
        "solved": "Resolved",
        "closed": "Closed",
        "cancelled": "Canceled",
    }
    head = "number,opened_at,sys_created_on,resolved_at,closed_at,state,priority,assignment_group,assigned_to,resolved_by,category,subcategory,close_code,contact_type,caller_id,location,reopen_count,reassignment_count,business_duration,calendar_duration,active"
    rows, slas, report = [], [], []
    for c in cases:
        number = f"INC{c['n']:07d}"
        rows.append([
            number, text(c["created"]), text(c["created"] + timedelta(minutes=c["n"] % 7)), text(c["solved"] if c["done"] else None), text(c["closed"]),
            state(c, words), ("1 - Critical", "2 - High", "3 - Moderate", "4 - Low")[c["priority"]], f"Field service {UNITS[c['unit']]}",
            AGENTS[c["agent"]] if c["assigned"] else "", AGENTS[c["agent"]] if c["done"] else "", LINES[c["product"]], FAULTS[c["fault"]],
            ("Solved (Permanently)", "Solved (Work Around)", "Not Solved")[c["n"] % 3] if c["done"] else "", ("phone", "email", "self-service", "chat")[c["channel"]],
            f"Caller {c['customer']}", UNITS[c["unit"]], c["reopens"], c["moves"], minutes(c["created"], c["closed"]), minutes(c["created"], c["closed"]),
            str(c["closed"] is None).lower(),
        ])  # fmt: skip
        for name, hours, end in (("Response", 4, c["answered"]), ("Resolution", 72, c["solved"])):
            due, over = c["created"] + timedelta(hours=hours), end or (c["closed"] if c["cancelled"] else None)
            slas.append([number, f"Priority {c['priority'] + 1} {name.lower()} ({hours} hour)", text(c["created"]), text(over), text(due),
                         "Cancelled" if c["cancelled"] and not end else "Completed" if over else "In Progress", str((over or END) > due).lower(), "0"])  # fmt: skip
        if c["rated"] and c["done"]:
            report.append([number, c["reopens"], c["moves"], c["score"], text(c["rated"])])
    write_csv("servicenow", "incident.csv", head.split(","), rows, quote=True)
    head = "task,sla,start_time,end_time,planned_end_time,stage,has_breached,pause_duration"
    write_csv("servicenow", "task_sla.csv", head.split(","), slas, quote=True)
    head = "case,reopen_count,agent_reassignment_count,customer_satisfaction_score,survey_taken_on"
    write_csv("servicenow", "sn_customerservice_case_report.csv", head.split(","), report, quote=True)


def zendesk(cases: list[Case]) -> None:
    words = {
        "new": "new",
        "busy": "open",
        "waiting": "pending",
        "solved": "solved",
        "closed": "closed",
        "cancelled": "closed",
    }
    head = "id,created_at,updated_at,type,subject,priority,status,via.channel,group_id,brand_id,assignee_id,requester_id,organization_id,satisfaction_rating.score,tags"
    rows, metrics, events, ratings = [], [], [], []
    for c in cases:
        number, gone = c["n"] + 35_000, c["closed"] if c["cancelled"] else c["solved"]
        rows.append([
            number, utc(c["created"]), utc(c["closed"] or c["solved"] or c["created"]), ("incident", "question", "task", "problem")[c["kind"]], FAULTS[c["fault"]],
            ("urgent", "high", "normal", "low")[c["priority"]], state(c, words), ("voice", "email", "web", "chat")[c["channel"]], f"Support {UNITS[c['unit']]}", "Main brand",
            AGENTS[c["agent"]], c["customer"] + 9_000_000, c["customer"] % 40, ("bad", "bad", "bad", "good", "good")[c["score"] - 1] if c["rated"] else "offered" if c["solved"] else "unoffered",
            f"{PRODUCTS[c['product']].lower()} field",
        ])  # fmt: skip
        metrics.append([c["n"], number, utc(c["created"]), c["moves"] + 1, 1 + (c["moves"] > 1), c["reopens"], 3, utc(c["assigned"]), utc(c["assigned"]), utc(gone),
                        minutes(c["created"], c["answered"]), minutes(c["created"], c["solved"]), "0", minutes(c["created"], c["answered"])])  # fmt: skip
        events.append([len(events), number, "reply_time", 0, "activate", utc(c["created"])])
        if c["answered"]:
            events.append([len(events), number, "reply_time", 0, "fulfill", utc(c["answered"])])
        if c["rated"]:
            ratings.append(
                [
                    c["n"],
                    number,
                    AGENTS[c["agent"]],
                    ("bad", "bad", "bad", "good", "good")[c["score"] - 1],
                    utc(c["rated"]),
                    "",
                ]
            )
    write_csv("zendesk", "tickets.csv", head.split(","), rows)
    head = "id,ticket_id,created_at,assignee_stations,group_stations,reopens,replies,initially_assigned_at,assigned_at,solved_at,reply_time_in_minutes.calendar,full_resolution_time_in_minutes.calendar,on_hold_time_in_minutes.calendar,agent_wait_time_in_minutes.calendar"
    write_csv("zendesk", "ticket_metrics.csv", head.split(","), metrics)
    write_csv(
        "zendesk", "ticket_metric_events.csv", ["id", "ticket_id", "metric", "instance_id", "type", "time"], events
    )
    write_csv(
        "zendesk",
        "satisfaction_ratings.csv",
        ["id", "ticket_id", "assignee_id", "score", "created_at", "comment"],
        ratings,
    )


def jira_service_management(cases: list[Case]) -> None:
    stamp = "%d/%b/%y %-I:%M %p"
    words = {
        "new": "Waiting for support",
        "busy": "In Progress",
        "waiting": "Waiting for customer",
        "solved": "Resolved",
        "closed": "Closed",
        "cancelled": "Canceled",
    }
    head = "Issue key,Issue id,Summary,Issue Type,Status,Status Category,Priority,Resolution,Project key,Assignee,Reporter,Created,Updated,Resolved,Component/s,Labels,Labels,Custom field (Request Type),Custom field (Request channel type),Custom field (Satisfaction),Custom field (Satisfaction date),Custom field (Organizations)"
    rows = []
    for c in cases:
        end = c["closed"] if c["cancelled"] else c["solved"]
        rows.append([
            f"{('EAST', 'SOUTH', 'NORTH')[c['unit']]}-{c['n']}", 10_000 + c["n"], f"{FAULTS[c['fault']]} on {PRODUCTS[c['product']]}",
            ("Incident", "Service Request", "Maintenance", "Incident")[c["kind"]], state(c, words), "Done" if end else "In Progress" if c["answered"] else "To Do",
            ("Highest", "High", "Medium", "Low")[c["priority"]], ("Declined" if c["cancelled"] else "Done") if end else "", ("EAST", "SOUTH", "NORTH")[c["unit"]],
            AGENTS[c["agent"]] if c["assigned"] else "", f"customer{c['customer']}", text(c["created"], stamp), text(c["closed"] or c["created"], stamp), text(end, stamp),
            PRODUCTS[c["product"]], "field", "q2", FAULTS[c["fault"]], ("phone", "email", "portal", "chat")[c["channel"]], c["score"] if c["rated"] and c["done"] else "",
            text(c["rated"] if c["done"] else None, stamp), f"Org {c['customer'] % 40}",
        ])  # fmt: skip
    write_csv("jira_service_management", "Jira.csv", head.split(","), rows)


def freshdesk(cases: list[Case]) -> None:
    words = {
        "new": "Open",
        "busy": "Open",
        "waiting": "Waiting on Customer",
        "solved": "Resolved",
        "closed": "Closed",
        "cancelled": "Closed",
    }
    head = "Ticket ID,Subject,Status,Priority,Source,Type,Agent,Group,Created time,Due by Time,Resolved time,Closed time,Last update time,Initial response time,Time tracked,First response time (in hrs),Resolution time (in hrs),Agent interactions,Customer interactions,Resolution status,First response status,Tags,Survey results,Product,Full name,Contact ID,Company Name"
    rows = [
        [
            c["n"] + 20_000, f"{FAULTS[c['fault']]}, urgent", state(c, words), ("Urgent", "High", "Medium", "Low")[c["priority"]], ("Phone", "Email", "Portal", "Chat")[c["channel"]],
            ("Incident", "Question", "Service Task", "Problem")[c["kind"]], AGENTS[c["agent"]] if c["assigned"] else "No Agent", f"Service {UNITS[c['unit']]}", text(c["created"]),
            text(c["created"] + timedelta(days=3)), text(c["closed"] if c["cancelled"] else c["solved"]), text(c["closed"]), text(c["closed"] or c["created"]), text(c["answered"]),
            "00:00", "00:21:07", "07:10:00", 3, 2, "Within SLA", "Within SLA", "", "", PRODUCTS[c["product"]], f"Contact {c['customer']}", 700_000 + c["customer"], f"Company {c['customer'] % 40}",
        ]
        for c in cases
    ]  # fmt: skip
    write_csv("freshdesk", "tickets.csv", head.split(","), rows, quote=True)


def kf5(cases: list[Case]) -> None:
    words = {
        "new": "new",
        "busy": "open",
        "waiting": "pending",
        "solved": "solved",
        "closed": "closed",
        "cancelled": "closed",
    }
    scores = ("Very Poor", "Poor", "Fair", "Very good", "Excellent")
    head = "id,title,type,status,priority,requester_id,assignee_id,organization_id,group_id,due_date,created_at,updated_at,assigneed_at,resolved_at,closed_at,source,tags,satisfaction_rating.score,satisfaction_rating.comment"
    rows = [
        [
            c["n"], FAULTS_ZH[c["fault"]], ("incident", "question", "task", "problem")[c["kind"]], state(c, words), ("urgent", "high", "medium", "low")[c["priority"]],
            c["customer"] + 700, AGENTS_ZH[c["agent"]], c["customer"] % 40, UNITS_ZH[c["unit"]], "", text(c["created"]), text(c["closed"] or c["created"]), text(c["assigned"]),
            text(c["closed"] if c["cancelled"] else c["solved"]), text(c["closed"]), ("api", "email", "web", "chat")[c["channel"]], PRODUCTS[c["product"]],
            scores[c["score"] - 1] if c["rated"] else "", "",
        ]
        for c in cases
    ]  # fmt: skip
    write_csv("kf5", "tickets.csv", head.split(","), rows, encoding="utf-8-sig")


def feishu_helpdesk(cases: list[Case]) -> None:
    head = "ticket_id,helpdesk_id,guest.id,guest.department,ticket_type,status,score,created_at,updated_at,closed_at,agent_entry_time,agent_first_response_time,agent_last_response_time,agent_first_response_duration,agent_service_duration,actual_processing_time,bot_service_duration,channel,solved,agent_owner.name"
    rows = []
    for c in cases:
        bot = c["n"] % 4 == 0
        end = c["answered"] if bot else c["solved"] if c["done"] else c["closed"]
        status = (50 if bot else 52 if c["cancelled"] else 51) if end else 5 if c["n"] % 3 == 0 else 2
        rows.append([
            f"69{c['n']:017d}", "6916000000000000001", f"ou_{c['customer']:08x}", UNITS_ZH[c["unit"]], 1 if bot else 2, status,
            (1, 1, 2, 3, 3)[c["score"] - 1] if c["rated"] and end and not c["cancelled"] else 0, millis(c["created"]), millis(end or c["created"]), millis(end, blank="-1"),
            "-1" if bot else millis(c["answered"], blank="-1"), "-1" if bot else millis(c["answered"] + timedelta(minutes=2) if c["answered"] else None, blank="-1"),
            "-1" if bot else millis(c["solved"], blank="-1"), 120, 33.5, 1800, 60, (0, 2, 14, 13)[c["channel"]], 2 if c["done"] else 1, "" if bot else AGENTS_ZH[c["agent"]],
        ])  # fmt: skip
    write_csv("feishu_helpdesk", "tickets.csv", head.split(","), rows)


def pingcode(cases: list[Case]) -> None:
    words = {
        "new": "待处理",
        "busy": "处理中",
        "waiting": "待反馈",
        "solved": "已解决",
        "closed": "已关闭",
        "cancelled": "已取消",
    }
    head = "编号,标题,状态,优先级,类型,渠道,所属产品,客户,提交人,负责人,提交时间,首次响应时间,分配时间,解决时间,关闭时间,满意度评分,评价时间"
    rows = [
        [
            f"TK-{c['n']}", FAULTS_ZH[c["fault"]], state(c, words), ("最高", "较高", "普通", "较低")[c["priority"]], ("缺陷", "需求", "咨询", "任务")[c["kind"]],
            ("电话", "邮件", "网页表单", "客户门户")[c["channel"]], UNITS_ZH[c["unit"]][:2] + "云", f"客户{c['customer']:03d}", f"用户{c['customer']:03d}", AGENTS_ZH[c["agent"]] if c["assigned"] else "",
            c["created"], c["answered"], c["assigned"], c["solved"] if c["done"] else None, c["closed"], c["score"] if c["rated"] and c["done"] else None, c["rated"] if c["done"] else None,
        ]
        for c in cases
    ]  # fmt: skip
    write_book("pingcode", "工单.xlsx", {"工单": (head.split(","), rows)})


def call_centre(cases: list[Case]) -> None:
    head = "通话ID,呼叫方向,来电号码,技能组,工号,呼入时间,接通时间,挂断时间,通话结果,关联工单,评价"
    rows = []
    for c in cases:
        lost = c["n"] % 9 == 0
        wait, talk = timedelta(seconds=5 + c["n"] * 37 % 170), timedelta(seconds=60 + c["n"] * 131 % 900)
        rows.append([
            f"2026{c['n']:08d}", "呼入", f"139{c['customer']:08d}", UNITS_ZH[c["unit"]], "" if lost else f"8{c['agent']:03d}", text(c["created"], "%Y/%-m/%-d %-H:%M:%S"),
            "" if lost else text(c["created"] + wait, "%Y/%-m/%-d %-H:%M:%S"), text(c["created"] + wait + (timedelta() if lost else talk), "%Y/%-m/%-d %-H:%M:%S"),
            "放弃" if lost else ("已接听", "已转接")[c["n"] % 11 == 0], "" if lost or c["n"] % 2 else f"GD{c['n']:06d}", "" if lost or not c["score"] else c["score"],
        ])  # fmt: skip
    write_csv("call_centre", "通话记录.csv", head.split(","), rows, encoding="gb18030")


def online_chat(cases: list[Case]) -> None:
    head = "会话ID\t访客ID\t接待组\t渠道\t会话类型\t客服\t开始时间\t首次响应时间\t结束时间\t是否转人工\t是否解决\t满意度（1非常满意-5非常不满意）\t关联工单".split(
        "\t"
    )
    rows = []
    for c in cases:
        bot = c["n"] % 3 == 0
        wait, talk = timedelta(seconds=4 + c["n"] * 53 % 240), timedelta(minutes=3 + c["n"] * 7 % 40)
        rows.append([
            f"C{c['n']:07d}", f"v{c['customer']:06d}", UNITS_ZH[c["unit"]], ("网页", "微信", "APP", "小程序")[c["channel"]], "机器人" if bot else "人工", "" if bot else AGENTS_ZH[c["agent"]],
            text(c["created"]), text(c["created"] + wait), text(c["created"] + wait + talk), ("是" if c["n"] % 6 == 0 else "否"), "是" if c["n"] % 5 else "否",
            6 - c["score"] if c["score"] else "", f"GD{c['n']:06d}" if c["n"] % 4 == 1 else "",
        ])  # fmt: skip
    write_csv("online_chat", "会话记录.txt", head, rows, delimiter="\t", encoding="utf-16")


def chinese_work_orders(cases: list[Case]) -> None:
    stamp = "%Y/%-m/%-d %-H:%M"
    words = {
        "new": "待受理",
        "busy": "处理中",
        "waiting": "待配件",
        "solved": "已完工",
        "closed": "已结单",
        "cancelled": "已取消",
    }
    head = "工单编号,服务网点,报修时间,受理时间,派工时间,到达时间,完工时间,结单时间,工单状态,工单类型,服务方式,紧急程度,报修渠道,客户编号,机身编号,产品型号,产品大类,故障现象,维修工程师,处理结果,上门次数,是否保内,人工费,配件费,交通费,回访时间,满意度,应响应时间,应完工时间"
    rows = [
        [
            f"GD{c['n']:06d}", UNITS_ZH[c["unit"]], *(text(c[k], stamp, blank="--") for k in ("created", "answered", "assigned", "arrived")), text(c["solved"] if c["done"] else None, stamp, blank="--"),
            text(c["closed"], stamp, blank="--"), state(c, words), ("维修", "安装", "保养", "巡检")[c["kind"]], ("上门", "上门", "送修", "远程")[c["n"] % 4], ("特急", "紧急", "一般", "不急")[c["priority"]],
            ("电话", "微信", "APP", "网站")[c["channel"]], f"KH{c['customer']:05d}", f"SN{c['customer']:05d}", PRODUCTS[c["product"]], LINES_ZH[c["product"]], FAULTS_ZH[c["fault"]],
            AGENTS_ZH[c["agent"]] if c["assigned"] else "--", ("修复", "更换配件", "未发现故障")[c["n"] % 3] if c["done"] else "--", c["visits"] if c["arrived"] else "--", "是" if c["warranty"] else "否",
            *(f"￥{x:,.2f}" if c["done"] else "--" for x in c["cost"]), text(c["rated"] if c["done"] else None, stamp, blank="--"),
            ("很不满意", "不满意", "一般", "满意", "很满意")[c["score"] - 1] if c["rated"] and c["done"] else "--",
            text(c["created"] + timedelta(hours=4), stamp), text(c["created"] + timedelta(days=3), stamp),
        ]
        for c in cases
    ]  # fmt: skip
    moans = [c for c in cases if c["done"] and c["score"] in (1, 2)]
    complaints = [
        [f"TS{c['n']:05d}", UNITS_ZH[c["unit"]], text(c["solved"], stamp), f"GD{c['n']:06d}", f"KH{c['customer']:05d}", ("服务态度", "维修质量", "响应慢")[c["n"] % 3],
         ("电话", "12315", "微信")[c["n"] % 3], text(c["closed"] and c["closed"] + timedelta(hours=3), stamp, blank="--"), "是" if c["n"] % 2 else "否"]
        for c in moans
    ]  # fmt: skip
    moan_head = "投诉编号,服务网点,投诉时间,关联工单,客户编号,投诉类别,投诉渠道,解决时间,是否属实"
    write_book(
        "chinese_work_orders",
        "售后台账.xlsx",
        {"工单台账": (head.split(","), rows), "投诉台账": (moan_head.split(","), complaints)},
    )


WRITERS: Mapping[str, Callable[[list[Case]], None]] = {
    writer.__name__: writer
    for writer in (
        zoho_desk, fxiaoke, salesforce, servicenow, zendesk, jira_service_management, freshdesk, kf5, feishu_helpdesk, pingcode,
        call_centre, online_chat, chinese_work_orders,
    )
}  # fmt: skip


if __name__ == "__main__":
    for name in sys.argv[1:] or WRITERS:
        WRITERS[name](draw_cases())
