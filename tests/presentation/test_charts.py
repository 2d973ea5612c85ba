"""Every chart draws what it is given in both languages, escapes it, and says so when there is nothing to draw."""

import re
import warnings
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from analysis.presentation import charts
from analysis.presentation.figure import Figure
from analysis.presentation.page import Note
from analysis.presentation.scales import value_ticks
from tests.presentation.conftest import MONTHS

HOSTILE = "<script>alert(1)</script>\" onerror='x' & \x00 13800138000"


def test_a_chart_is_one_well_formed_drawing_per_language_with_its_words_as_text(case):
    figure = case.drawn
    assert isinstance(figure, Figure)
    assert set(figure.svg) == {"en", "zh"}
    for language, svg in figure.svg.items():
        root = ET.fromstring(svg)
        assert root.get("role") == "img"
        title, description = root[0], root[1]
        assert (title.tag, description.tag) == ("title", "desc")
        assert title.text in (figure.title[language],)
        assert root.get("aria-labelledby") == title.get("id")
        assert root.get("aria-describedby") == description.get("id")
        assert len(list(root.iter("text"))) >= 5


def test_a_chart_takes_its_colours_from_the_page_and_nothing_from_elsewhere(case):
    svg = case.drawn.svg["en"]
    assert "#" not in svg.replace("url(#", "")
    assert "var(--" in svg
    for stranger in ("http", "style=", "<style", "<script", "metadata", "<?xml", 'class="fig'):
        assert stranger not in svg


def test_a_chart_is_small_and_its_letters_are_legible_on_a_phone(case):
    svg = case.drawn.svg["en"]
    root = ET.fromstring(svg)
    width = float(root.get("viewBox").split()[2])
    sizes = {float(text.get("font-size", root.get("font-size"))) for text in root.iter("text")}
    assert min(sizes) * (390 - 24) / width >= 9
    assert len(svg) < 16_000


def test_no_word_leaves_the_sheet(case):
    from analysis.presentation.lettering import width_of

    for svg in case.drawn.svg.values():
        root = ET.fromstring(svg)
        _, _, width, height = map(float, root.get("viewBox").split())
        for text in root.iter("text"):
            size = float(text.get("font-size", root.get("font-size")))
            wide = width_of(text.text, size, bold=text.get("font-weight") is not None)
            start = (
                float(text.get("x")) - {"start": 0, "middle": wide / 2, "end": wide}[text.get("text-anchor", "start")]
            )
            assert start >= -2, text.text
            assert start + wide <= width + 2, text.text
            assert size * 0.7 <= float(text.get("y")) <= height, text.text


def test_the_same_figures_give_the_same_bytes_and_other_figures_other_ids(case):
    first, again = case.drawn, case.draw()
    assert first.svg == again.svg
    other = case.draw(description={"en": "Another one.", "zh": "另一张。"})
    ids = [set(_ids(figure.svg["en"])) for figure in (first, other)]
    assert all(ids)
    assert not ids[0] & ids[1]


def test_ids_are_made_safe(cases):
    figure = cases["pareto"].draw(name='U03 <b>"修')
    assert figure.svg["en"].startswith("<svg")
    assert all(set(one) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for one in _ids(figure.svg["en"]))


def test_two_figures_share_no_id_on_a_page(cases):
    everything = "".join(case.drawn.html("en") for case in cases.values())
    ids = _ids(everything)
    assert len(ids) == len(set(ids))


def test_hostile_words_are_text_in_every_place_of_a_chart(case):
    data = case.data.copy()
    for name in case.names:
        data[name] = [f"{HOSTILE}{value}" for value in data[name]]
    words = {"en": HOSTILE, "zh": HOSTILE}
    figure = case.draw(data, title=words, description=words, subtitle=words)
    for language in ("en", "zh"):
        html = figure.html(language)
        ET.fromstring(figure.svg[language])
        assert "<script" not in html
        assert "onerror='" not in html
        assert "\x00" not in html
        assert "13800138000" not in html


def test_a_chart_of_nothing_is_a_composed_note(case):
    empty = case.draw(case.data.iloc[:0])
    nulls = case.data.assign(**dict.fromkeys(case.numbers, np.nan))
    nones = case.data.assign(**dict.fromkeys(case.numbers))
    for block in (empty, case.draw(nulls), case.draw(nones)):
        assert isinstance(block, Note)
        assert "no figures" in block.html("en")
        assert "没有数据" in block.html("zh")


def test_a_chart_of_one_row_or_of_constants_still_draws_or_says_why_not(case):
    for data in (
        case.data.iloc[:1],
        case.data.assign(**dict.fromkeys(case.numbers, 2.0)),
        case.data.assign(**dict.fromkeys(case.numbers, 0.0)),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            block = case.draw(data)
        for language in ("en", "zh"):
            assert "nan" not in block.html(language).lower().replace("governance", "")


def test_a_chart_changes_no_frame_and_no_setting_of_its_caller(case):
    before, settings = case.data.copy(deep=True), dict(mpl.rcParams)
    case.draw()
    pd.testing.assert_frame_equal(case.data, before)
    assert dict(mpl.rcParams) == settings


def test_a_chart_unfolds_its_figures_as_a_table_of_at_most_twelve_rows(case):
    html = case.drawn.html("zh")
    assert "<details><summary>查看数据表</summary>" in html
    assert html.count("<tr>") <= 14


def test_rows_out_of_order_draw_the_same(cases):
    case = cases["trend"]
    assert case.drawn.svg == case.draw(case.data.iloc[::-1]).svg


def test_a_hole_in_the_months_is_a_gap_in_the_line(cases):
    case = cases["trend"]
    whole, holed = (case.draw(data, limits=None) for data in (case.data, case.data.drop(index=range(10, 13))))
    assert _line_pieces(holed.svg["en"]) > _line_pieces(whole.svg["en"])


def test_immature_months_are_hollow_and_dotted(cases):
    case = cases["trend"]
    unripe, ripe = case.draw(), case.draw(case.data.assign(mature=True))
    assert unripe.svg["en"].count("stroke-dasharray") == ripe.svg["en"].count("stroke-dasharray") + 1
    assert unripe.svg["en"].count("var(--paper)") > ripe.svg["en"].count("var(--paper)")


def test_a_forecast_is_hatched_and_dashed(cases):
    svg = cases["forecast"].drawn.svg["en"]
    assert "<pattern" in svg
    assert "url(#" in svg
    assert "stroke-dasharray" in svg


def test_bars_start_at_zero(cases):
    for name in ("pareto", "stages", "ageing"):
        texts = [text.text for text in ET.fromstring(cases[name].draw().svg["en"]).iter("text")]
        assert name == "pareto" or "0" in texts


@pytest.mark.parametrize(("better", "worse"), [("lower", "bad"), ("higher", "good")])
def test_the_metrics_direction_colours_what_is_beyond_the_limits(cases, better, worse):
    svg = cases["trend"].draw(better=better).svg["en"]
    assert f"var(--{worse})" in svg
    assert f"var(--{'good' if worse == 'bad' else 'bad'})" not in svg


def test_peers_without_a_name_stay_without_one(cases):
    html = cases["funnel"].drawn.html("en")
    assert "another unit" in html
    assert ">U02<" in html


def test_no_gridlines_beyond_ten(cases):
    for value in (0.0001, 1, 99.9, 12345678, 1e-9):
        figure = charts.chart_trend(
            pd.DataFrame({"period": ["2026-05", "2026-06"], "value": [value, value * 1.01]}),
            title=cases["trend"].draw().title,
            description=cases["trend"].draw().title,
        )
        grid = [part for part in figure.svg["en"].split("<path ")[1:] if "var(--grid)" in part]
        assert grid[0].count("M") <= 10


def test_quarters_and_years_are_periods_too():
    for periods in (["2025-Q3", "2025-Q4", "2026-Q1"], ["2023", "2024", "2025"]):
        words = {"en": "t", "zh": "t"}
        figure = charts.chart_trend(
            pd.DataFrame({"period": periods, "value": [1, 2, 3]}), title=words, description=words
        )
        assert isinstance(figure, Figure)
        assert "2025" in figure.svg["zh"] or "25年" in figure.svg["zh"]


def test_the_median_of_a_curve_is_the_one_the_page_tells_or_only_about(cases):
    case = cases["survival"]
    told = case.draw(median=2.49, naive_median=1.9).svg["en"]
    assert "half done within 2.49" in told
    assert "closed ones only: 1.9" in told
    unknown = case.drawn.svg["en"]
    assert "half done within about 2.8" in unknown  # 4 ln 2 = 2.77
    assert "closed ones only:" not in unknown


def test_the_words_of_a_late_half_stay_on_the_sheet(cases):
    time = np.arange(0.0, 11.0)
    late = pd.DataFrame({"time": time, "survival": np.linspace(1.0, 0.45, 11), "low": 0.4, "high": 1.0})
    drawn = cases["survival"].draw(late, median=9.6, naive_median=4.0, horizon=10.0)
    said = next(text for text in ET.fromstring(drawn.svg["en"]).iter() if "half done" in (text.text or ""))
    assert said.get("text-anchor") == "end", "there is no room right of the point"


def test_a_label_moved_away_from_its_line_keeps_a_leader():
    rows = pd.DataFrame({"period": ["2026-05", "2026-06"], "value": [2.0, 2.0], "year_ago": [2.0, 2.0]})
    words = {"en": "t", "zh": "t"}
    crowded, alone = (
        charts.chart_trend(rows[columns], title=words, description=words).svg["en"].count("var(--g3)")
        for columns in (["period", "value", "year_ago"], ["period", "value"])
    )
    assert crowded >= alone + 3


def test_one_language_asked_is_one_drawing(case):
    assert list(case.draw(languages=("zh",)).svg) == ["zh"]


@pytest.mark.parametrize("months", [2, 9, 33])
def test_what_is_left_over_of_few_months_covers_no_figure_of_the_axis(cases, months):
    svg = cases["decomposition"].draw(cases["decomposition"].data.assign(seasonal=0.0).iloc[3:][:months]).svg["en"]
    root = ET.fromstring(svg)
    bars = next(path.get("d") for path in root.iter("path") if path.get("fill") == "var(--g4)")
    figures = [float(text.get("x")) for text in root.iter("text") if text.get("text-anchor") == "end"]
    starts = [float(corner.split()[0]) for corner in re.findall(r"M([\d. ]+)", bars)]
    assert min(starts) > max(figures)


def test_figures_of_windows_close_to_each_other_do_not_overlap(cases):
    data = pd.DataFrame({"time": [0.0, 50.0, 55.0, 180.0], "value": [86.0, 81.0, 80.4, 79.5]})
    svg = cases["window"].draw(data, windows=(0, 50, 55, 180)).svg["en"]
    places = {text.text: text for text in ET.fromstring(svg).iter("text") if text.get("class") == "halo"}
    assert {"86%", "81%", "80.4%", "79.5%"} <= set(places)
    assert float(places["80.4%"].get("y")) - float(places["81%"].get("y")) > 15, "the second stands under its point"


def _ids(html: str) -> list[str]:
    return [part.split('"')[0] for part in html.split(' id="')[1:]]


def _line_pieces(svg: str) -> int:
    thick = [part for part in svg.split("<path ")[1:] if 'stroke-width="2.4"' in part]
    return sum(part.split('"')[1].count("M") for part in thick)


def test_one_month_alone_is_told_instead_of_drawn(cases):
    case = cases["trend"]
    note = case.draw(case.data.iloc[[-1]])
    assert isinstance(note, Note)
    assert "One period alone is no trend yet: 1.98\u00a0days in June 2026." in note.html("en")


def test_a_missing_cell_of_a_grid_stays_blank(cases):
    svg = cases["heat"].draw(cases["heat"].data.assign(value=[None, 2.0, 3.0, 4.0])).svg["en"]
    assert "–" not in svg
    assert svg.count('text-anchor="middle"') == 2 + 3


def test_a_name_too_long_for_its_row_takes_two_lines_and_the_row_grows(cases):
    case = cases["intervals"]
    names = [f"{label} of the outdoor unit in the first two years" for label in case.data["label"]]
    long = case.data.assign(label=names)
    short, tall = case.drawn, case.draw(long)
    assert "first two years" in "".join(ET.fromstring(tall.svg["en"]).itertext())
    height = [float(figure.svg["zh"].split('viewBox="0 0 480 ')[1].split('"')[0]) for figure in (short, tall)]
    assert height[1] - height[0] == 3 * 8


def test_limits_of_a_month_of_few_records_do_not_flatten_the_line(cases):
    case = cases["trend"]
    limits = case.others["limits"]
    wild = limits.assign(high=limits["high"].where(limits["period"] != MONTHS[30], 200.0))
    texts = [text.text for text in ET.fromstring(case.draw(limits=wild).svg["en"]).iter("text")]
    ticks = [float(text) for text in texts if re.fullmatch(r"\d+(\.\d+)?", text or "")]
    assert max(tick for tick in ticks if tick < 1000) <= 5, "the figures lie around two days"


def test_of_many_parts_the_smallest_are_one_and_the_sum_stays(cases):
    names = [f"Channel {number}" for number in range(30)]
    rows = [(month, name, float(30 - number)) for month in MONTHS[-3:] for number, name in enumerate(names)]
    figure = cases["stages"].draw(pd.DataFrame(rows, columns=["period", "stage", "value"]), highlight="Channel 29")
    said = [text.text for text in ET.fromstring(figure.svg["en"]).iter("text")]
    assert sum("Channel" in text for text in said) == 12, "the eleven largest and the one asked for"
    assert any(text.startswith("18 others") for text in said)
    assert any(text.startswith(str(sum(range(1, 31)))) for text in said)


def test_the_newest_figure_of_a_short_past_stays_on_the_sheet(cases):
    case = cases["forecast"]
    svg = case.draw(case.data.tail(1)).svg["en"]
    bold = [text for text in ET.fromstring(svg).iter("text") if text.get("font-weight")]
    assert all(text.get("text-anchor", "start") != "end" or float(text.get("x")) > 60 for text in bold)


def test_the_newest_figure_stands_clear_of_a_line_that_rises_and_falls_steeply(cases):
    case = cases["forecast"]
    values = [5.0] * (len(case.data) - 3) + [2.0, 13.0, 8.0]
    svg = ET.fromstring(case.draw(case.data.assign(value=values), unit="n").svg["en"])
    label = next(text for text in svg.iter("text") if text.text == "8" and text.get("class"))
    right, baseline = float(label.get("x")), float(label.get("y"))
    line = max(
        (path for path in svg.iter("path") if path.get("stroke") == "currentColor"), key=lambda path: len(path.get("d"))
    )
    points = np.array(re.findall(r"([\d.]+) ([\d.]+)", line.get("d")), dtype=float)
    along = np.linspace(right - 11, right, 50)  # a digit with its halo is some 11 wide and 9 high
    drawn = np.interp(along, points[:, 0], points[:, 1])
    assert not ((drawn > baseline - 9) & (drawn < baseline)).any()


@pytest.mark.parametrize("kind", ["scatter", "funnel"])
def test_ones_own_place_among_the_units_is_named_however_crowded(kind, cases):
    own = {"x": 165.0, "n": 165.0, "y": 81.0, "value": 50.0, "label": "Northeast China", "own": True, "out": False}
    around = [
        own | {"x": 165 + dx, "n": 165 + dx, "y": 81 + dy, "value": 50 + 5 * dy, "own": False, "label": None}
        for dx in range(-12, 13, 3) for dy in range(-4, 5)
        if dx or dy
    ]  # fmt: skip
    figure = cases[kind].draw(pd.DataFrame([*around, own, own | {"x": 400, "n": 400, "own": False, "label": None}]))
    said = [text.text for text in ET.fromstring(figure.svg["en"]).iter("text")]
    assert "Northeast China" in said


def test_an_axis_of_counts_has_no_fractions():
    assert value_ticks([[3.0, 2.0, np.nan]], "n") == [2, 3]
    assert value_ticks([[1.0, 1.0]], "n") == [0, 1, 2]
    assert value_ticks([[3.0, 2.0]], "d") == [2, 2.25, 2.5, 2.75, 3]


def test_no_band_of_a_curve_hides_another_curve(cases):
    svg = cases["curves"].drawn.svg["en"]
    assert svg.rindex("var(--band)") < min(svg.index("var(--c1)"), svg.index("var(--c2)"))


def test_figures_of_which_no_two_follow_each_other_are_told_instead_of_drawn(cases):
    case = cases["trend"]
    sparse = case.data.assign(value=[2.0 if place % 5 == 0 else np.nan for place in range(len(case.data))])
    note = case.draw(sparse, limits=None)
    assert isinstance(note, Note)
    assert "January 2026: 2 days; June 2026: 2 days" in note.html("en").replace("\xa0", " ")
    assert "2026年1月：2天；2026年6月：2天" in note.html("zh")
