"""Tables: named, aligned, one precision a column, words for gaps, few rows on the page and all of them behind it."""

import math
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from analysis.presentation.blocks import Column, table

CAPTION = {"en": "By unit", "zh": "按单位"}
UNIT, CYCLE = {"en": "Unit", "zh": "单位"}, {"en": "Cycle", "zh": "周期"}


def cells(block, language="en"):
    root = ET.fromstring(f"<page>{block.html(language)}</page>")
    return [["".join(cell.itertext()) for cell in row] for row in root.iter("tr")]


def simple(values, unit="d", **options):
    frame = pd.DataFrame({"unit": [f"U{i:02d}" for i in range(len(values))], "value": values})
    columns = {"unit": Column(UNIT), "value": Column(CYCLE, unit, options.pop("kind", None))}
    return table(frame, columns=columns, caption=CAPTION, **options)


def test_a_table_has_caption_scoped_headers_units_and_a_focusable_region():
    html = simple([2.314, 10.0]).html("en")
    for said in (
        "<caption>By unit</caption>",
        '<th scope="col">Unit',
        '<th scope="row" class="s">U00',
        'tabindex="0" role="region" aria-label="By unit"',
    ):
        assert said in html
    assert '<span class="unit">days</span>' in html
    assert html.count('class="n"') == 3


def test_a_column_has_one_precision_whatever_its_row():
    assert [row[1] for row in cells(simple([2.314, 1.0, 0.5]))[1:]] == ["2.31", "1.00", "0.50"]
    assert [row[1] for row in cells(simple([231.4, 1.25]))[1:]] == ["231", "1"]
    assert [row[1] for row in cells(simple([0.04, 99.97, 12.345], "%"))[1:]] == ["< 0.1", "> 99.9", "12.3"]


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf, pd.NaT])
def test_missing_cells_are_marked_and_the_mark_is_explained(nothing):
    block = simple([1.5, nothing])
    assert cells(block)[2][1] == "[x]"
    assert "[x] not available" in block.html("en")
    assert "[x] 无数据" in block.html("zh")
    assert "[x]" not in simple([1.5]).html("en")


def test_suppressed_cells_are_marked_and_explained_and_numbers_stay_numbers():
    block = simple([12.345, "[c]"], "%")
    assert [row[1] for row in cells(block)[1:]] == ["12.3", "[c]"]
    assert "[c] too few people to show" in block.html("en")


def test_twelve_rows_are_shown_and_the_page_says_where_the_rest_is():
    block = simple([float(i) for i in range(40)])
    assert len(cells(block)) == 13
    assert len(block.data) == 40
    assert "12 of 40 rows" in block.html("en")
    assert cells(simple([float(i) for i in range(40)], newest=True))[-1] == ["U39", "39"]


def test_the_total_stands_last_and_apart():
    rows = cells(simple([2.0, 3.5], total={"value": 2.75}))
    assert rows[-1] == ["Total", "2.75"]
    assert cells(simple([2.0], total={"unit": "All units", "value": None}))[-1] == ["All units", "[x]"]


def test_changes_carry_their_sign_periods_and_dates_are_said():
    assert [row[1] for row in cells(simple([0.31, -1.0, 0.0], kind="change"))[1:]] == ["+0.31", "−1.00", "no change"]
    assert [row[1] for row in cells(simple([1.2, -0.5], "%", kind="change"))[1:]] == ["+1.2", "−0.5"]
    frame = pd.DataFrame({"period": ["2026-06"], "day": [pd.Timestamp("2026-07-05")]})
    columns = {"period": Column(UNIT, kind="period"), "day": Column(CYCLE, kind="date")}
    assert cells(table(frame, columns=columns, caption=CAPTION), "zh")[1] == ["2026年6月", "2026年7月5日"]


def test_names_are_picked_by_language_masked_and_escaped():
    frame = pd.DataFrame({"name": [{"en": "Leak", "zh": "漏水"}, "<b>13800138000</b>"]})
    block = table(frame, columns={"name": Column(UNIT)}, caption=CAPTION)
    assert [row[0] for row in cells(block, "zh")[1:]] == ["漏水", "<b>[电话]</b>"]


def test_a_mistaken_column_or_kind_is_named():
    with pytest.raises(KeyError, match="no column 'valu'"):
        table(pd.DataFrame({"value": [1]}), columns={"valu": Column(CYCLE)}, caption=CAPTION)
    with pytest.raises(ValueError, match="kind 'money'"):
        table(pd.DataFrame({"value": [1]}), columns={"value": Column(CYCLE, kind="money")}, caption=CAPTION)


def test_an_empty_frame_is_an_empty_table_not_a_crash():
    assert len(cells(simple([]))) == 1


def test_one_share_of_a_hundred_does_not_round_the_others_past_their_intervals():
    # Linked 99.6 % with an interval of 98.5–99.9 % stood as 100, outside its own interval.
    assert [row[1] for row in cells(simple([79.2, 99.6, 100.0], "%"))[1:]] == ["79.2", "99.6", "100.0"]
    assert [row[1] for row in cells(simple([79.0, 100.0], "%"))[1:]] == ["79", "100"]
