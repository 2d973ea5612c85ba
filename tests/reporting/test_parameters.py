"""params/suite.yml: what it may say, and that all its mistakes are told at once, each with the way out."""

from pathlib import Path

import pytest

from analysis.faults import UserFault
from analysis.reporting.parameters import PARAMS, Suite, override, read_suite, read_yaml


def _suite(folder: Path, text: str) -> Suite:
    (folder / "suite.yml").write_text(text, encoding="utf-8")
    return read_suite(folder)


def test_the_suites_own_file_is_sound() -> None:
    suite = read_suite(PARAMS)
    assert suite.languages == ("en", "zh")
    assert suite.reports[0] == "summary"
    assert set(suite.reports) == {path.stem for path in (PARAMS.parent / "notebooks").glob("*.ipynb")}
    assert suite.data is None


def test_a_folder_without_suite_yml_has_the_defaults(tmp_path: Path) -> None:
    assert read_suite(tmp_path).period == "last"


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = "languges: [en]\nlanguages: [fr]\nworkers: 0\nlimits: {cell_second: 3}\nreports: 5\nperiod: true\n"
    with pytest.raises(UserFault) as told:
        _suite(tmp_path, text)
    assert told.value.lines == (
        "suite.yml: unknown key 'languges'; did you mean 'languages'?",
        "suite.yml: languages must be among en, zh, got ['fr']",
        "suite.yml: workers must be a whole number of at least 1, got 0",
        "suite.yml: limits: unknown key 'cell_second'; did you mean 'cell_seconds' or 'report_seconds'?",
        "suite.yml: reports must be a list of names, or 'every', got 5",
        "suite.yml: period must be text, got True",
    )


@pytest.mark.parametrize("text", ["x: !!python/object/apply:os.system [id]", "x: !!python/name:os.system"])
def test_yaml_that_builds_objects_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.yml").write_text(text)
    with pytest.raises(UserFault, match=r"x\.yml: line 1: could not determine a constructor"):
        read_yaml(tmp_path / "x.yml")


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserFault, match=r"suite\.yml: line 2: 'out' is given twice"):
        _suite(tmp_path, "out: a\nout: b\n")


def test_a_bare_year_is_a_period(tmp_path: Path) -> None:
    assert _suite(tmp_path, "period: 2025").period == "2025"


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(UserFault) as told:
        override(Suite(), {"data": "postgresql://reader:s3cret@host/db"})
    assert "s3cret" not in str(told.value)
    assert "set it in the environment" in str(told.value)


def test_an_unknown_mapping_is_named_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "boston311.yml").write_text("")
    suite = Suite(params=tmp_path)
    assert override(suite, {"mapping": "boston311"}).mapping == tmp_path / "mappings" / "boston311.yml"
    with pytest.raises(UserFault, match=r"no file 'boston3111' and no mapping of that name.*did you mean 'boston311'"):
        override(suite, {"mapping": "boston3111"})
