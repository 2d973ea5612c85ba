"""Words exist in both languages; a pattern is never evaluated; a lost translation is found by name and line."""

import json
import re
from pathlib import Path

import pytest

import analysis.presentation.language as language_module
from analysis.metrics.cards import read_catalogue
from analysis.metrics.chinese import closed_up
from analysis.presentation.language import both, each, join, missing_translations, pick, plain, translations, words

PACKAGE = Path(language_module.__file__).parent


def test_every_word_of_the_package_exists_in_chinese():
    mine = [path for path in sorted(PACKAGE.glob("*.py")) if not path.stem.startswith("narrative")]
    assert missing_translations(mine) == []


def test_no_translation_stands_in_two_catalogues_with_different_words():
    told: dict[str, tuple[str, str]] = {}
    from babel.messages.pofile import read_po

    for path in sorted(PACKAGE.glob("locale/zh*.po")):
        with path.open("rb") as file:
            for entry in read_po(file, locale="zh"):
                if entry.id:
                    name, said = told.setdefault(str(entry.id), (path.name, str(entry.string)))
                    assert said == entry.string, f"{entry.id!r}: {name} and {path.name} differ"


def test_places_are_filled_per_language_and_texts_are_picked():
    said = both("Data as of {day}", day={"en": "5 July", "zh": "7月5日"})
    assert said == {"en": "Data as of 5 July", "zh": "数据截至7月5日"}


def test_an_untranslated_pattern_shows_as_written():
    assert words("Nobody translated this", "zh") == "Nobody translated this"


def test_a_place_without_its_value_is_an_error():
    with pytest.raises(KeyError, match="day"):
        words("Data as of {day}", "en", period="June")


@pytest.mark.parametrize("hostile", ["{x.__class__}", "{0}", "{x!r}", "{x:>99999999}", "%(x)s", "{day}"])
def test_neither_pattern_nor_value_is_ever_evaluated(hostile):
    assert words(hostile, "en") == hostile
    assert words("Data as of {day}", "en", day=hostile) == f"Data as of {hostile}"


def test_texts_join_and_names_read_the_same_everywhere():
    assert join((plain("P-100"), both("target")), " · ") == {"en": "P-100 · target", "zh": "P-100 · 目标"}
    assert each(str.upper) == {"en": "EN", "zh": "ZH"}
    assert (pick({"en": "a"}, "zh"), pick(3, "zh")) == ("a", "3")


def test_a_missing_translation_is_named_with_file_and_line(tmp_path):
    source = tmp_path / "area.py"
    source.write_text(
        'x = both("target")\ny = words(\n    "Nobody " "translated this", "zh"\n)\nz = both(f"n = {x}")\n'
    )
    notebook = tmp_path / "area.ipynb"
    cells = [
        {"cell_type": "markdown", "source": ["# A title ", "nobody translated"]},
        {"cell_type": "code", "source": "1"},
    ]
    notebook.write_text(json.dumps({"cells": cells}))
    found = missing_translations([tmp_path])
    assert found[0] == f"{notebook}:1: no Chinese for '# A title nobody translated'"
    assert found[1:] == [
        f"{source}:2: no Chinese for 'Nobody translated this'",
        f"{source}:5: an f-string cannot be translated; use {{named}} places and pass the values",
    ]


def test_a_translation_that_loses_a_place_is_found(tmp_path, monkeypatch):
    (tmp_path / "zh.po").write_text('msgid ""\nmsgstr "Language: zh\\n"\n\nmsgid "{n} orders"\nmsgstr "工单"\n')
    source = tmp_path / "area.py"
    source.write_text('both("{n} orders", n=1)\n')
    monkeypatch.setattr(language_module, "LOCALE_FOLDER", tmp_path)
    translations.cache_clear()
    try:
        assert "differ in the places ['n']" in missing_translations([source])[0]
    finally:
        monkeypatch.undo()
        translations.cache_clear()


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("locale/zh*.po")), ids=lambda path: path.stem)
def test_no_blank_stands_beside_a_chinese_character_in_any_translation(path):
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        told = [str(entry.string) for entry in read_po(file, locale="zh") if entry.id]
    assert [text for text in told if text != closed_up(text)] == []


def test_no_card_of_the_catalogue_has_one_nor_a_half_width_bracket_behind_chinese():
    for card in read_catalogue().values():
        for text in (card.name["zh"], card.definition["zh"], card.why["zh"], card.caveats["zh"]):
            assert text == closed_up(text)
        assert not re.search(r"[\u4e00-\u9fff] ?\(", card.name["zh"]), card.name["zh"]
        assert not card.name["zh"][-1].isascii(), f"a figure may follow at once: {card.name['zh']}"


@pytest.mark.parametrize(
    ("written", "set_as"),
    [
        ("30 天内完工的工单； 按 P90 计", "30天内完工的工单；按P90计"),
        ("第一行 第二行。 第三行", "第一行第二行。第三行"),
        ("完工 ÷ 新增，n = 30 时", "完工 ÷ 新增，n = 30时"),
        ("体验 − 期望，变化 −3.2%", "体验 − 期望，变化−3.2%"),
        ("完整率 ≥ 98 / 90 %；剔除率 ≤ 1 %", "完整率 ≥ 98 / 90 %；剔除率 ≤ 1 %"),
        ("95 % of two words", "95 % of two words"),
    ],
)
def test_chinese_text_is_closed_up_and_arithmetic_stays_apart(written, set_as):
    assert closed_up(written) == set_as


def test_names_in_latin_letters_do_not_run_into_the_figure_that_follows():
    told = {
        unit: words("{unit} {value} ({change})", "zh", unit=unit, value="6.8%", change="+1")
        for unit in ("EIRE", "华东")
    }
    assert told == {"EIRE": "EIRE 6.8%（+1）", "华东": "华东6.8%（+1）"}


def test_less_than_a_figure_needs_no_is_before_it():
    pattern, about = "{name}: {value} in {period}, {verdict}", {"name": "错误率", "period": "6月", "verdict": "稳"}
    told = {value: words(pattern, "zh", value=value, **about) for value in ("不到0.1%", "2%")}
    assert list(told.values()) == ["6月的错误率不到0.1%，稳", "6月的错误率为2%，稳"]
    assert words("{name} {value}", "zh", name="客户认为", value="不到位") == "客户认为不到位"


def test_a_month_and_a_number_of_days_are_not_read_as_a_date():
    pattern = "{subject} missed its target in {period}: {value} against {target}"
    told = {"period": "2026年6月", "value": "56.6%", "target": "90%"}
    assert words(pattern, "zh", subject="7天完工率", **told).startswith("2026年6月的7天完工率未达目标")
    assert words(pattern, "zh", subject="满意率", **told).startswith("2026年6月满意率未达目标")
