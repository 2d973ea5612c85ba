"""The working calendar that a mapping names: holidays, make-up days, what the company declares, what nobody knows."""

from datetime import date
from pathlib import Path

import pytest

from analysis.faults import UserFault
from analysis.intake.business_calendar import calendar_days, read_calendar

CALENDARS = Path(__file__).resolve().parents[2] / "params" / "calendars"
ORDERS = "work_order_id,business_unit,submitted_at,status\nW1,A,2026-02-13 10:00,open\nW2,A,2027-01-05 10:00,open\n"


def days_of(path: Path, first: date, last: date) -> dict[date, tuple]:
    columns = calendar_days(read_calendar(path), first=first, last=last).columns
    return dict(zip(columns["date"], zip(*(columns[n] for n in list(columns)[1:]), strict=True), strict=True))


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "own.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_china_has_its_holidays_and_make_up_working_days():
    # Spring Festival 2026: 15 to 23 February off, the Saturdays 14 and 28 February worked, as announced
    found = days_of(CALENDARS / "china.yml", date(2026, 1, 1), date(2026, 6, 1))

    assert [found[date(2026, 2, day)][0] for day in (13, 14, 15, 17, 23, 24, 28)] == [
        True,
        True,
        False,
        False,
        False,
        True,
        True,
    ]
    assert found[date(2026, 2, 17)][3:] == ("Spring Festival", "Spring Festival")
    assert found[date(2026, 2, 14)][1:3] == ("09:00", "18:00")
    assert (min(found), max(found)) == (date(2026, 1, 1), date(2027, 12, 31))


def test_a_year_the_library_does_not_know_has_its_weekends_and_what_the_file_lists(tmp_path):
    path = written(
        tmp_path,
        'holidays: china\nopens_at: "09:00"\ncloses_at: "18:00"\ndays:\n'
        '  2040-02-14: {works: false, holiday: 春节}\n  2040-02-18: {works: true, closes_at: "12:00"}\n',
    )
    calendar = read_calendar(path)
    found = days_of(path, date(2039, 5, 1), date(2040, 3, 1))

    assert found[date(2040, 2, 14)][:4] == (False, "09:00", "18:00", "春节")
    assert found[date(2040, 2, 18)][:3] == (True, "09:00", "12:00")  # a Saturday
    assert found[date(2039, 5, 7)][0] is False  # a Saturday
    assert calendar_days(calendar, first=date(2039, 5, 1), last=date(2040, 3, 1)).unknown_years == (2039,)


def test_mistakes_of_a_calendar_are_told_at_once(tmp_path):
    path = written(
        tmp_path,
        'weekend: [saterday]\nholidays: mars\nopens_at: "18:00"\ncloses_at: "09:00"\ndays: {x: {works: false}}\n',
    )
    with pytest.raises(UserFault) as fault:
        read_calendar(path)

    text = "\n".join(fault.value.lines)
    for part in ("did you mean 'saturday'", "'mars' is neither china nor none", "not after 18:00", "'x' is no day"):
        assert part in text


def test_a_mapping_that_names_a_calendar_gets_the_table_and_the_note_on_what_is_unknown(load, tmp_path):
    (tmp_path / "params" / "calendars").mkdir(parents=True)
    for file in CALENDARS.glob("*.yml"):
        (tmp_path / "params" / "calendars" / file.name).write_bytes(file.read_bytes())
    own = (
        "name: t\nmeta: {data_cutoff_at: '2027-02-01T00:00:00', calendar: %s}\ntables: {work_orders: {from: orders}}\n"
    )
    store = load({"orders.csv": ORDERS}, mapping=own % "china")
    days = store.records("calendar", "all")

    assert len(days) == 365 + 365 + 366  # 2026 to 2028: the year after the newest event is there for due times
    assert any("no holidays known for 2027" in note for note in store.manifest["notes"])
    with pytest.raises(UserFault, match=r"no calendar 'chyna'.*did you mean 'china'"):
        load({"orders.csv": ORDERS}, mapping=own % "chyna")


def test_data_that_bring_a_calendar_keep_it(load, tmp_path):
    (tmp_path / "params" / "calendars").mkdir(parents=True)
    (tmp_path / "params" / "calendars" / "china.yml").write_bytes((CALENDARS / "china.yml").read_bytes())
    mapping = "name: t\nmeta: {calendar: china}\ntables: {work_orders: {from: orders}, calendar: {from: calendar}}\n"
    store = load({"orders.csv": ORDERS, "calendar.csv": "date,is_workday\n2026-02-13,no\n"}, mapping=mapping)

    assert len(store.records("calendar", "all")) == 1
