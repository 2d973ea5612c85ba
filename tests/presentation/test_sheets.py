"""What the workbook gets of a page's sections."""

import pandas as pd

from analysis.presentation.blocks import Column, Sentences, table
from analysis.presentation.language import plain
from analysis.presentation.sheets import Sheets

HEADLINE = {"en": "Repair takes longest", "zh": "维修最慢"}


def test_a_table_is_a_sheet_under_its_caption_and_all_sentences_are_one():
    sheets = Sheets()
    frame = pd.DataFrame({"n": [1, 2]})
    for _ in range(2):  # a cell run again shows the same once more
        sheets.add(table(frame, columns={"n": Column(plain("n"))}, caption=plain("Orders"), name="orders"), HEADLINE)
        sheets.add(Sentences([{"en": "One.", "zh": "一。"}, plain("Two.")]), HEADLINE)
    held = sheets.all()
    assert [(name, sheet.title["en"]) for name, sheet in held.items()] == [
        ("orders", "Orders"), ("sentences", "What the page says in words"),
    ]  # fmt: skip
    assert held["orders"].frame is frame
    assert held["sentences"].frame.to_dict("list") == {
        "section (en)": ["Repair takes longest"] * 2, "sentence (en)": ["One.", "Two."],
        "section (zh)": ["维修最慢"] * 2, "sentence (zh)": ["一。", "Two."],
    }  # fmt: skip


def test_a_page_without_figures_has_no_sheets():
    assert Sheets().all() == {}
