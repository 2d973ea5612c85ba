"""Blocks write themselves in every language asked, escape every slot, and never trust what they were given."""

import json

import pandas as pd
import pytest

from analysis.presentation import blocks
from analysis.presentation.block import BLOCK_MIME
from analysis.presentation.language import both
from analysis.presentation.sparkline import Spark, in_reach, sparkline

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&\x00 javascript:alert(3)"
BAD = {"en": HOSTILE, "zh": HOSTILE}
GOOD = {"en": "Fine", "zh": "好"}
MANIFEST = {
    "data_cutoff_at": "2026-07-05T23:59:59",
    "tables": {
        "work_orders": {
            "rows": 4988,
            "quarantined": 12,
            "duplicates_dropped": 3,
            "reasons": {"completed before arrived": 9, HOSTILE: 3},
            "by_unit": {"U01": {"rows": 40, "quarantined": 10, "duplicates_dropped": 0, "reasons": {"odd": 10}}},
        },
        "complaints": {"rows": 100, "quarantined": 0, "duplicates_dropped": 0, "reasons": {}, "by_unit": {}},
    },
}


def everything(text, metric_card):
    kpi = blocks.Kpi(
        metric="m", label=text, value=text, unit=text, interval=text, changes=(blocks.Change(text, text, "bad", True),),
        target=text, peers=text, signal="worsening", assurance="misses", count=text, about=text, provisional=True,
        spark=Spark((1.0, 2.0, None, 3.0), label=text),
    )  # fmt: skip
    frame = pd.DataFrame({"name": [text["en"]], "said": [text], "n": [1.0]})
    columns = {name: blocks.Column(text, "n" if name == "n" else "") for name in frame}
    table = blocks.table(frame, columns=columns, caption=text, total={"name": text, "n": 1}, note=text, name="t")
    return [
        blocks.Header(text, text, (text,), (text,) * 9, text),
        blocks.KpiCards([kpi, blocks.Kpi("n", text, text, text, reason=text)]),
        blocks.Section(
            text, text, [blocks.Sentences([text]), table, blocks.Note(text, text, (text, "a.b"))], question=text
        ),
        blocks.Definitions([metric_card(name=text, definition=text, caveats=text)], MANIFEST),
        blocks.Provenance([(text, text), (text, text["en"])], [table]),
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_hostile_text_is_text_in_every_slot(metric_card, language):
    for block in everything(BAD, metric_card):
        html = block.html(language)
        assert "<script" not in html
        assert "<img" not in html
        assert "\x00" not in html
        assert "&lt;script&gt;" in html


def test_the_blocks_of_a_page_leave_no_tag_open(metric_card):
    import xml.etree.ElementTree as ET

    for block in everything(GOOD, metric_card):
        for language in ("en", "zh"):
            ET.fromstring(f"<page>{block.html(language)}</page>")


def test_a_block_shows_itself_once_per_language_asked(metric_card):
    for block in everything(GOOD, metric_card):
        bundle = block._repr_mimebundle_()
        record = bundle[BLOCK_MIME]
        assert record == {"kind": block.kind, "html": {"en": block.html("en"), "zh": block.html("zh")}}
        assert bundle["text/html"].endswith(f'<div class="after-sales">{block.html("en")}</div>')
        json.dumps(record, allow_nan=False)
    only = blocks.Sentences([GOOD], languages=("zh",))._repr_mimebundle_()
    assert list(only[BLOCK_MIME]["html"]) == ["zh"]
    assert "好" in only["text/html"]


def test_a_header_shows_one_h1_and_at_most_six_points():
    html = blocks.Header(GOOD, points=[GOOD] * 9).html("en")
    assert html.count("<h1>") == 1
    assert html.count("<li>") == 6


def test_a_headline_of_several_parts_is_set_smaller_in_either_language():
    long = {"en": "Service is steady as a whole; worsening in Shandong " * 2, "zh": "售后服务整体平稳" * 8}
    for language in ("en", "zh"):
        assert '<h1 class="long">' in blocks.Header(long).html(language)
        assert "<h1>" in blocks.Header(GOOD).html(language)


def test_a_header_tells_completeness_and_quality_from_the_manifest():
    told = blocks.header(headline=GOOD, points=[], manifest=MANIFEST, business_unit="all", period="2026-06")
    assert [part["en"] for part in told.status] == [
        "Data as of 5 July 2026",
        "June 2026 is complete",
        "0.24% of records set aside as faulty; grades of the figures: data quality report",
    ]
    assert told.alert is None
    own = blocks.header(headline=GOOD, points=[], manifest=MANIFEST, business_unit="U01", period="2026-07")
    assert own.status[2]["zh"] == "数据存疑：20%的记录因错误被剔除"
    assert own.alert["en"].startswith("Partial data: July 2026")
    clean = blocks.header(headline=GOOD, points=[], manifest=MANIFEST, business_unit="U99", period="2026-Q2")
    assert (clean.status[1]["en"], clean.status[2]["en"]) == ("Q2 2026 is complete", "no records set aside")


def test_a_period_that_ends_with_the_cut_off_is_complete():
    for cutoff, complete in (
        ("2026-06-30T23:59:59", True),
        ("2026-07-01T00:00:00", True),
        ("2026-06-30T23:50:00", False),
    ):
        manifest = MANIFEST | {"data_cutoff_at": cutoff}
        told = blocks.header(headline=GOOD, points=[], manifest=manifest, business_unit="all", period="2026-06")
        assert (told.alert is None) is complete


def test_a_section_does_not_say_its_headline_twice():
    note = blocks.Note(GOOD, both("target"))
    once = blocks.Section(GOOD, None, [note]).html("en")
    assert once.count("Fine") == 1
    assert blocks.Section(both("trend"), None, [note]).html("en").count("Fine") == 1
    assert "<h3>" in blocks.Section(GOOD, level=3).html("en")


def test_a_table_does_not_repeat_what_the_subtitle_begins_with():
    said = {"en": "Complaints by category", "zh": "投诉类别"}
    frame = pd.DataFrame({"name": ["Noise"], "n": [3]})
    columns = {"name": blocks.Column(GOOD), "n": blocks.Column(GOOD, "n")}
    part = blocks.table(frame, columns=columns, caption=said)
    about = {language: text + " · 2026" for language, text in said.items()}
    assert '<caption class="vh">' in blocks.Section(GOOD, about, (part,)).html("zh"), "for who listens"
    assert "<caption>" in blocks.Section(GOOD, GOOD, (part,)).html("zh")


def test_a_section_holds_the_first_frame_of_its_parts():
    sentences = blocks.Sentences([GOOD])
    assert blocks.Section(GOOD, None, [blocks.Note(GOOD), sentences]).data.equals(sentences.data)
    assert blocks.Section(GOOD).data.empty


def test_an_empty_state_names_what_it_would_need():
    html = blocks.Note.missing(["parts_usage", "work_orders.fault_code"]).html("zh")
    assert "用件" in html.split("<code>parts_usage</code>")[0]
    assert "工单" in html.split("<code>work_orders.fault_code</code>")[0]
    assert "需要补充" in html


def test_an_empty_state_names_alternatives_as_either_or_in_both_languages():
    note = blocks.Note.missing(["work_orders.parent_work_order_id|work_orders.serial_no"])
    for language, either in (("en", " or "), ("zh", "或")):
        html = note.html(language)
        assert "|" not in html
        assert either in html
        assert "<code>work_orders.serial_no</code>" in html


def test_definitions_print_windows_thresholds_and_known_problems(metric_card):
    html = blocks.Definitions([metric_card()], MANIFEST).html("en")
    for said in (
        "lower is better",
        "follow-up 30 days",
        "n = 30",
        "Work orders: completed before arrived (rows: 9)",
        "repeated identically, counted once (rows: 3)",
    ):
        assert said in html
    assert "odd (rows: 10)" in blocks.Definitions([metric_card()], MANIFEST, "U01").html("en")
    assert "Known problems" not in blocks.Definitions([metric_card()]).html("en")


def test_provenance_keeps_fingerprints_whole_and_everything_else_masked():
    html = blocks.Provenance([(GOOD, "123456789012345678")]).html("en")
    assert "123456789012345678" in html
    assert "13800138000" not in blocks.Sentences([{"en": "call 13800138000", "zh": "x"}]).html("en")


def test_a_sparkline_needs_two_points_and_draws_gaps_limits_and_target():
    assert sparkline(Spark((1.0,))) == ""
    assert sparkline(Spark((None, None, 1.0))) == ""
    drawn = sparkline(
        Spark(
            (1.0, 2.0, None, 3.0, 2.0),
            (0.5,) * 5,
            (2.5,) * 5,
            (1.5,) * 5,
            (False, False, False, True, False),
            2.2,
            "bad",
        )
    )
    assert drawn.count("<path") == 5
    assert drawn.count("<circle") == 2
    assert "stroke-dasharray" in drawn
    assert len(drawn) < 1200
    wild = in_reach(Spark((2.0, 2.4, 2.1), low=(1.0, 1.9, None), high=(3.0, 90.0, 2.5)))
    assert wild.high == pytest.approx((2.8, 2.8, 2.5)), "one wide limit does not flatten the line"
    assert wild.low[:2] == pytest.approx((1.6, 1.9))
    flat = sparkline(Spark((2.0, 2.0, 2.0)))
    assert "nan" not in flat
