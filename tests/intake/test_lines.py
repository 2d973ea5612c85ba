"""Where in the file a refused row stands: by counting where every line is a record, else by reading."""

import random

from analysis.intake.text_files import lines_by_counting, lines_of_bytes, lines_of_rows


def test_counting_and_reading_find_the_same_lines(tmp_path):
    chance = random.Random(7)
    readable = [chance.random() > 0.2 for _ in range(300)]
    file = tmp_path / "x.csv"
    file.write_text("a,b\n" + "".join("1,2\n" if good else "short\n" for good in readable))
    refused = [(line, line) for line, good in enumerate(readable, start=2) if not good]
    expected = dict(enumerate((n for n, good in enumerate(readable, start=2) if good), start=1))

    assert lines_by_counting(expected, refused=refused) == expected
    assert lines_of_rows(file, set(expected), delimiter=",", refused=refused) == expected


def test_blank_lines_and_line_ends_in_fields_are_counted_by_reading(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text('a,b\n1,"two\nlines"\n\n2,x\n')

    assert lines_of_rows(file, {1, 2}, delimiter=",") == {1: 2, 2: 5}
    assert lines_of_rows(file, {1, 2}, delimiter=",", by_record=True) == {1: 2, 2: 4}


def test_byte_positions_become_lines_across_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.intake.text_files.CHUNK", 7)
    file = tmp_path / "x.csv"
    file.write_bytes(b"a,b\n" + b"1,2\n" * 50)

    assert lines_of_bytes(file, [0, 4, 8, 196]) == {0: 1, 4: 2, 8: 3, 196: 50}
