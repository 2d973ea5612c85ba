"""Sources in which a wrong reading would look right: each is read as it is meant, or a person is asked."""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import xlsxwriter

from analysis.faults import UserFault
from analysis.intake import intake
from analysis.intake.mapping import read_mapping
from analysis.intake.proposing import Proposal, mapping_text, open_samples, propose
from analysis.intake.sources import find_files, list_contents
from analysis.store import Store

PARAMS = Path(__file__).resolve().parents[2] / "params"
BEGIN = datetime(2025, 1, 6, 8, 30)
DAYS = 60


def write(file: Path, head, rows, *, encoding="utf-8", delimiter=",") -> Path:
    with file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows([head, *rows])
    return file.parent


def proposed(source: Path) -> Proposal:
    with open_samples(list_contents(find_files(str(source)))) as contents:
        return propose(contents)


def written(proposal: Proposal, folder: Path) -> Path:
    file = folder / "trial.yml"
    file.write_text(mapping_text(proposal, name="trial", source="trial", mask=str), encoding="utf-8")
    return file


@pytest.fixture
def read(tmp_path):
    def stored(source: Path) -> Store:
        rules = written(proposed(source), tmp_path)
        return intake(str(source), mapping=rules, params=PARAMS, store_root=tmp_path / "stores")

    return stored


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


def orders() -> list[tuple[str, str, datetime, datetime]]:
    """Number, site, begin, end: each takes six hours."""
    return [
        (f"W{n:03}", ("East", "West")[n % 2], BEGIN + timedelta(days=n), BEGIN + timedelta(days=n, hours=6))
        for n in range(DAYS)
    ]


def test_an_order_of_day_and_month_that_nothing_tells_is_asked_and_nothing_is_read_before(source, tmp_path):
    days = [f"{1 + n % 12:02}/{1 + n % 11:02}/2025" for n in range(DAYS)]
    write(source / "complaints.csv", ["Complaint No", "Date received", "Site", "Nature of complaint"],
          [(f"K{n}", day, ("A", "B")[n % 2], ("late", "rude")[n % 2]) for n, day in enumerate(days)])  # fmt: skip
    proposal = proposed(source)

    assert proposal.questions == ("complaints.received_at: is the day or the month first? %d/%m/%Y or %m/%d/%Y",)
    with pytest.raises(UserFault, match="received_at: not decided yet: is the day or the month first"):
        read_mapping(written(proposal, tmp_path))


def test_two_orders_of_day_and_month_in_one_column_are_asked_about_with_their_counts(source):
    rows = [(f"K{n}", f"{13 + n % 15}/03/2025" if n % 2 else f"03/{13 + n % 15}/2025", ("A", "B")[n // 2 % 2], "late")
            for n in range(DAYS)]  # fmt: skip
    write(source / "complaints.csv", ["Complaint No", "Date received", "Site", "Nature of complaint"], rows)

    (question,) = proposed(source).questions

    assert "30 values have the day first, 30 the month" in question


def test_dates_written_in_six_ways_in_one_column_are_all_read(source, read):
    ways = [
        lambda d: f"{d.year}/{d.month}/{d.day}",
        lambda d: d.strftime("%d.%m.%Y"),
        lambda d: d.strftime("%b %d %Y"),
        lambda d: d.strftime("%Y%m%d"),
        lambda d: str((d - date(1899, 12, 30)).days),
        lambda d: f"{d.year}年{d.month}月{d.day}日",
    ]
    days = [date(2025, 1, 1) + timedelta(days=3 * n) for n in range(DAYS)]
    rows = [(f"K{n}", ways[n % 6](day), ("A", "B")[n % 2], ("late", "rude")[n % 2]) for n, day in enumerate(days)]
    store = read(write(source / "complaints.csv", ["Complaint No", "Date received", "Site", "Nature"], rows))

    received = store.records("complaints", "all").set_index("complaint_id")["received_at"]
    assert [received[f"K{n}"].date() for n in range(DAYS)] == days


def answers(column: str, values, source: Path) -> Path:
    rows = [(n, (BEGIN + timedelta(days=n)).date(), ("A", "B")[n % 2], value) for n, value in enumerate(values)]
    return write(source / "survey.csv", ["Response ID", "Response date", "Store", column], rows)


def test_answers_that_are_mostly_low_are_asked_about_where_nothing_says_which_end_is_good(source):
    (question,) = proposed(answers("Overall satisfaction", [1, 1, 2, 1, 5] * 12, source)).questions

    assert "If 5 is the best" in question
    assert "6 - TRY_CAST" in question


def test_a_scale_whose_labels_say_that_one_is_the_best_is_turned_round(source, read):
    labels = ["1 - Excellent", "2", "3", "4", "5 - Very poor"]
    proposal_source = answers("Overall rating", labels * 12, source)
    (note,) = proposed(proposal_source).tables[0].notes

    assert "its labels say that 1 is the best" in note
    assert sorted(read(proposal_source).records("surveys", "all")["score"].unique()) == [1, 2, 3, 4, 5]
    first = read(proposal_source).records("surveys", "all").set_index("survey_id")["score"]
    assert first["0"] == 5


def test_the_groups_of_an_nps_give_its_shares_and_the_mapping_says_what_they_stand_for(source, read):
    folder = answers("NPS Category", ["Promoter", "Passive", "Detractor", "Promoter", "N/A"] * 12, source)
    scores = read(folder).records("surveys", "all")["score"].dropna()

    assert ((scores > 8).mean(), (scores < 7).mean()) == (0.5, 0.25)
    assert "holds only the group" in proposed(folder).tables[0].notes[0]


def test_rows_that_repeat_a_number_are_counted_once_and_said(source, read):
    rows = [row for order in orders() for row in [order] * (2 if order[0] in ("W003", "W007") else 1)]
    folder = write(source / "requests.csv", ["Unique Key", "Borough", "Created Date", "Closed Date"], rows)

    assert len(read(folder).records("work_orders", "all")) == DAYS
    assert "2 rows repeat a 'Unique Key'" in proposed(folder).tables[0].notes[0]


def test_a_row_per_case_and_day_is_one_order_that_ended_when_it_first_stood_as_resolved(source, read):
    rows = [
        ((opened + timedelta(days=day)).date(), number, site, "Resolved" if day == 2 else "Open", opened)
        for number, site, opened, _ in orders()
        for day in range(2 if number == "W059" else 3)
    ]
    folder = write(source / "backlog.csv", ["Snapshot date", "Case", "Queue", "State", "Opened"], rows)
    found = read(folder).records("work_orders", "all").set_index("work_order_id")

    assert found["status"].value_counts().to_dict() == {"completed": DAYS - 1, "open": 1}
    assert found.loc["W000", "completed_at"] == datetime(2025, 1, 8, 12)


def test_a_log_of_field_changes_is_folded_into_orders_by_the_changes_of_their_status(source, read):
    rows = []
    for number, site, opened, ended in orders():
        rows += [
            (number, site, opened, opened, "assignee", "", "Ann"),
            (number, site, opened, opened, "status", "To Do", "In Progress"),
        ]
        if number != "W001":
            rows.append((number, site, opened, ended, "status", "In Progress", "Done"))
    head = ["Issue key", "Project", "Issue created", "Changed at", "Field", "From", "To"]
    found = read(write(source / "changelog.csv", head, rows)).records("work_orders", "all").set_index("work_order_id")

    assert found["status"].value_counts().to_dict() == {"completed": DAYS - 1, "open": 1}
    assert (found["completed_at"] - found["submitted_at"]).dropna().unique().tolist() == [timedelta(hours=6)]
    assert set(found["technician_id"]) == {"Ann"}


def test_files_of_each_month_are_read_as_one_although_their_headings_drifted(source, read):
    for month in (1, 2, 3):
        rows = [order for order in orders() if order[2].month == month]
        head = (
            ["Ticket No", "Region", "Opened", "Closed"]
            if month < 3
            else ["Ticket Number", "Region", "Opened At", "Resolved At"]
        )
        write(source / f"tickets_2025_{month:02}.csv", head, rows)
    proposal = proposed(source)
    found = read(source).records("work_orders", "all")

    assert [table.table for table in proposal.tables] == ["work_orders"]
    assert "3 files of one kind read as one; headings that changed" in proposal.notes[0]
    assert len(found) == DAYS
    assert found["completed_at"].notna().all()


def test_headings_in_two_rows_of_which_one_is_merged_are_joined(source, read):
    with xlsxwriter.Workbook(source / "jobs.xlsx", {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        sheet = book.add_worksheet("Jobs")
        sheet.merge_range("A1:D1", "Job sheet 2025")
        sheet.merge_range("A3:B3", "Job")
        sheet.merge_range("C3:D3", "Times")
        sheet.write_row("A4", ["No", "Branch", "Reported", "Completed"])
        for n, order in enumerate(orders()):
            sheet.write_row(4 + n, 0, order)
        sheet.write_row(4 + DAYS, 0, ["Total", "", "", ""])

    found = read(source).records("work_orders", "all")
    assert len(found) == DAYS
    assert set(found["business_unit"]) == {"East", "West"}


def test_german_columns_with_their_clock_beside_the_day_and_decimal_commas_are_read_whole(source, read):
    rows = [
        (
            n,
            site,
            f"{a:%d.%m.%Y}",
            f"{a:%H:%M:%S}",
            f"{b:%d.%m.%Y}",
            f"{b:%H:%M:%S}",
            "MMAB LÖVM" if n == "W001" else "MMAB",
            "1.234,50",
        )
        for n, site, a, b in orders()
    ]
    head = [
        "Meldung",
        "Werk",
        "Angelegt am",
        "Angelegt um",
        "Abgeschlossen am",
        "Abschlusszeit",
        "Systemstatus",
        "Gesamtkosten",
    ]
    store = read(write(source / "Störungen.csv", head, rows, encoding="cp1252", delimiter=";"))
    found = store.records("work_orders", "all")

    assert found["status"].value_counts().to_dict() == {"completed": DAYS - 1, "cancelled": 1}
    assert (found["completed_at"] - found["submitted_at"]).dropna().unique().tolist() == [timedelta(hours=6)]
    assert store.records("costs", "all")["amount"].unique().tolist() == [1234.5]


def test_western_text_is_never_taken_for_chinese(source):
    write(source / "work_orders.csv", ["work_order_id", "Störung"], [(n, "Lüfter läuft") for n in range(9)],
          encoding="cp1252")  # fmt: skip

    with pytest.raises(UserFault, match="declare `encoding: cp1252`"):
        intake(str(source), mapping=None, params=PARAMS, store_root=source.parent / "stores")


def test_amounts_in_ten_thousands_by_their_heading_are_amounts_in_yuan(source, read):
    rows = [(*order, "0.12") for order in orders()]
    folder = write(source / "工单.csv", ["工单编号", "服务网点", "报修时间", "完工时间", "维修费（万元）"], rows)

    assert read(folder).records("costs", "all")["amount"].unique().tolist() == [1200]


def received(source: Path, *more: str, rows=None) -> Path:
    """A list of what came in, and nothing of what became of it but `more`."""
    rows = rows or [(number, site, began) for number, site, began, _ in orders()]
    return write(source / "requests.csv", ["Unique Key", "Borough", "Created Date", *more], rows)


def test_where_neither_a_state_nor_an_end_is_told_no_order_is_taken_for_completed_or_open(source, read):
    store = read(received(source))

    assert store.records("work_orders", "all")["status"].tolist() == ["unknown"] * DAYS
    assert store.missing(["work_orders", "work_orders.status=open,completed,cancelled"]) == [
        "work_orders.status=open,completed,cancelled"
    ]
    assert "orders received are counted" in mapping_text(proposed(source), name="t", source="t", mask=str)
    assert "which orders are done is not told" in proposed(source).tables[0].notes[-1]


def test_a_state_without_an_end_is_taken_as_it_stands_and_unknown_where_its_word_is(source, read):
    words = ["Closed", "Open", "Zwischenlager"]
    rows = [(number, site, began, words[n % 3]) for n, (number, site, began, _) in enumerate(orders())]
    found = read(received(source, "Status", rows=rows)).records("work_orders", "all")

    assert found["status"].value_counts().to_dict() == {"completed": 20, "open": 20, "unknown": 20}


def test_a_log_without_a_step_that_ends_an_order_does_not_say_that_all_are_open(source, read):
    rows = [
        (number, step, began + timedelta(hours=hour))
        for number, _, began, _ in orders()
        for hour, step in enumerate(["Create order", "Assign technician", "Arrive on site"])
    ]
    store = read(write(source / "log.csv", ["case:concept:name", "concept:name", "time:timestamp"], rows))

    assert set(store.records("work_orders", "all")["status"]) == {"unknown"}
    assert not store.has("work_orders", "completed_at")
