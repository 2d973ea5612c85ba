"""Layouts that no preset knows, from other countries and systems: `map` reads their sums, counts and days as known."""

import csv
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from analysis.intake import intake
from analysis.intake.mapping import read_mapping
from analysis.intake.proposing import mapping_text, open_samples, propose
from analysis.intake.proposing.about import side_by_side
from analysis.intake.proposing.answers import scale_of
from analysis.intake.proposing.cost_columns import cost_parts
from analysis.intake.proposing.profiles import profiles_of
from analysis.intake.sources import find_files, list_contents
from analysis.store import Store

PARAMS = Path(__file__).resolve().parents[2] / "params"
BEGIN = datetime(2025, 1, 6, 8, 30)
SIX_HOURS = timedelta(hours=6)
CASES = 60
Mapped = Callable[..., Store]


@pytest.fixture
def mapped(tmp_path) -> Mapped:
    """`mapped("jobs.csv", "Job No,Created", lambda n, begin, end: [n, begin], encoding="cp1252")`: written, mapped,
    read."""

    def read(name: str, head: str, row: Callable, *, encoding: str = "utf-8", delimiter: str = ",") -> Store:
        source = tmp_path / "source"
        source.mkdir()
        rows = [row(n, BEGIN + timedelta(days=n), BEGIN + timedelta(days=n) + SIX_HOURS) for n in range(CASES)]
        with (source / name).open("w", encoding=encoding, newline="") as stream:
            csv.writer(stream, delimiter=delimiter).writerows([head.split(delimiter), *rows])
        with open_samples(list_contents(find_files(str(source)))) as contents:
            text = mapping_text(propose(contents), name="trial", source="trial", mask=str)
        rules = tmp_path / "trial.yml"
        rules.write_text(text, encoding="utf-8")
        assert read_mapping(rules).tables
        store = intake(str(source), mapping=rules, params=PARAMS, store_root=tmp_path / "stores")
        assert not any(entry["quarantined"] for entry in store.manifest["tables"].values())
        return store

    return read


def done(store: Store) -> int:
    """How many orders are completed; each of them took six hours."""
    orders = store.records("work_orders", "all")
    ended = orders[orders["status"] == "completed"]
    assert ((ended["completed_at"] - ended["submitted_at"]) == SIX_HOURS).all()
    assert len(orders) == CASES
    return len(ended)


def spent(store: Store) -> float:
    return round(store.records("costs", "all")["amount"].sum(), 2)


def test_french_costs_with_blanks_between_thousands_are_summed_without_their_total(mapped):
    store = mapped(
        "interventions.csv",
        "N° intervention;Agence;Date d'ouverture;Date de clôture;Statut;Coût main d'œuvre;Coût pièces;Coût total",
        lambda n, begin, end: [
            f"I{n:03}", ("Lyon", "Nice")[n % 2], f"{begin:%d/%m/%Y %H:%M}", f"{end:%d/%m/%Y %H:%M}" if n % 5 else "",
            "Terminé" if n % 5 else "En cours", "1\u202f000,00", "80,50", "1\u202f080,50",
        ],
        delimiter=";",
    )  # fmt: skip

    assert done(store) == 48
    assert spent(store) == 1080.5 * CASES


def test_a_japanese_list_of_repairs_is_read(mapped):
    store = mapped(
        "修理一覧.csv",
        "受付番号,拠点,受付日時,完了日時,ステータス,修理費用",
        lambda n, begin, end: [
            f"R{n:03}", ("大阪", "東京")[n % 2], f"{begin:%Y/%m/%d %H:%M}", f"{end:%Y/%m/%d %H:%M}" if n % 4 else "",
            "完了" if n % 4 else "対応中", f"{5000 + n:,}円",
        ],
    )  # fmt: skip

    assert done(store) == 45
    assert spent(store) == sum(5000 + n for n in range(CASES))
    assert (store.manifest["timezone"], store.manifest["currency"]) == ("Asia/Tokyo", "JPY")


def test_false_stands_for_nothing_where_no_column_says_yes_or_no_and_the_net_amount_is_the_cost(mapped):
    store = mapped(
        "repair.order.csv",
        "name,company_id/name,create_date,date_done,state,amount_total,amount_untaxed,amount_tax",
        lambda n, begin, end: [
            f"RMA/{n:03}", ("North", "South")[n % 2], begin, end if n % 4 else "False", "done" if n % 4 else "draft",
            "118.00", "100.00", "18.00",
        ],
    )  # fmt: skip

    assert done(store) == 45
    assert spent(store) == 100 * CASES


def test_chinese_clocks_of_twelve_hours_are_read(mapped):
    def clock(moment):
        half = "上午" if moment.hour < 12 else "下午"
        return f"{moment.year}/{moment.month}/{moment.day} {half} {(moment.hour - 1) % 12 + 1}:{moment.minute:02}"

    store = mapped(
        "维修工单.csv", "工单号,区域,报修时间,完工时间",
        lambda n, begin, end: [f"G{n:03}", ("东区", "西区")[n % 2], clock(begin), clock(end)],
    )  # fmt: skip

    assert done(store) == CASES
    assert store.records("work_orders", "all")["submitted_at"].min() == BEGIN


def test_bookings_with_the_minus_behind_the_number_are_credits(mapped):
    store = mapped(
        "cost bookings.csv", "Document no,Posting date,Cost centre,Cost element,Amount",
        lambda n, begin, end: [
            f"D{n}", begin.date(), ("A", "B")[n % 2], "Labour", "1,200.25" if n % 6 else "50.25-",
        ],
    )  # fmt: skip

    assert spent(store) == 50 * 1200.25 - 10 * 50.25


def test_a_german_log_of_steps_is_folded(mapped):
    steps = ("angelegt", "zugewiesen", "behoben", "geschlossen")
    store = mapped(
        "ereignisse.csv", "Case ID,Activity,Complete Timestamp,Standort",
        lambda n, begin, end: [f"F{n // 4}", f"Ticket {steps[n % 4]}", begin, ("Nord", "Süd")[n // 4 % 2]],
    )  # fmt: skip

    assert store.records("work_orders", "all")["status"].tolist() == ["completed"] * (CASES // 4)


def test_agreement_in_words_is_an_answer(mapped):
    words = ("Strongly agree", "Agree", "Neither agree nor disagree", "Disagree", "Strongly disagree")
    store = mapped(
        "feedback survey.csv", "Respondent ID,Submitted,Branch,I am satisfied with the repair service",
        lambda n, begin, end: [n, begin, ("A", "B")[n % 2], words[n % 5]],
    )  # fmt: skip

    assert store.records("surveys", "all")["score"].value_counts().to_dict() == dict.fromkeys([1, 2, 3, 4, 5], 12)


def test_a_scale_is_as_the_ends_in_its_heading_say():
    assert scale_of("Gesamtnote (1=sehr gut bis 6=ungenügend)", (1, 6)) == (1, 6)


@pytest.mark.parametrize(
    ("head", "rows", "kinds", "left"),
    [
        (
            "Labour cost regular,Labour cost overtime,Parts cost,Other costs,Total cost",
            [(10, 20 + n, 7, 3, 40 + n) for n in range(9)],
            ["labour", "labour", "parts", "other"], ["Total cost"],
        ),
        ("人工费,配件费,其他费用,费用合计", [(100 + n, 35.5, 12, 147.5 + n) for n in range(9)],
         ["labour", "parts", "other"], ["费用合计"]),
        ("Estimated cost,Repair cost,VAT amount", [(90, 100 + n, 19) for n in range(9)], ["other"],
         ["Estimated cost", "VAT amount"]),
        ("Labour cost,Call-out fee,Total cost", [(10 + n, 5, 15 + n) for n in range(9)], ["labour", "other"],
         ["Total cost"]),
    ],
)  # fmt: skip
def test_amounts_beside_an_order_count_once(head, rows, kinds, left):
    columns = dict(zip(head.split(","), zip(*([str(cell) for cell in row] for row in rows), strict=True), strict=True))
    parts, aside = cost_parts(profiles_of(columns))

    assert (list(parts.values()), aside) == (kinds, left)


def test_a_sheet_with_a_column_per_month_is_not_read_and_it_is_said_what_to_do():
    for months in ("Jan-25 Feb-25 Mar-25 Apr-25 May-25 Jun-25", "1月 2月 3月 4月 5月 6月"):
        assert "a column per month" in side_by_side(["Branch", "Kind", *months.split()])
    assert not side_by_side(["Branch", "Month", "May be late", "Amount"])
