"""The two examples of how to deliver are read as they stand."""

import re
from pathlib import Path

import yaml

from analysis.delivery.reading import read_settings
from analysis.delivery.settings import WHEN

PAGE = (Path(__file__).parents[2] / "docs/how-to/delivery.md").read_text(encoding="utf-8")
SUITE, RECIPIENTS = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.S))


def test_the_examples_are_read_without_a_fault(tmp_path):
    settings = read_settings(SUITE["delivery"], SUITE["alerts"], RECIPIENTS, base=tmp_path)
    assert [reader.person.id for reader in settings.readers_of("U01")] == ["li.hua", "ops-room", "wu"]
    assert [reader.when for reader in settings.readers_of("U01")] == [("worsening", "failure")] * 2 + [("always",)]
    assert [rule.name for rule in settings.alerts] == ["slow repairs", "worsening", "bad news"]
    assert settings.may_see("li.hua@example.com", "all")
    assert not settings.may_see("wu@example.com", "all")


def test_every_rule_for_when_to_tell_is_explained():
    assert re.findall(r"^\| `(\w+)`", PAGE, flags=re.M)[1:] == list(WHEN)


def test_the_shipped_examples_are_read_without_a_fault_once_their_marks_are_taken_off(tmp_path):
    params = Path(__file__).parents[2] / "params"
    suite = (params / "suite.yml").read_text(encoding="utf-8")
    part = suite[suite.index("# delivery:\n") : suite.index("\ndelivery:\n")]
    given = yaml.safe_load(re.sub(r"^# ", "", part, flags=re.M))
    people = (params / "recipients.yml").read_text(encoding="utf-8")
    people = people[people.index("# people:") : people.index("\npeople: {}")]
    settings = read_settings(
        given["delivery"], given["alerts"], yaml.safe_load(re.sub(r"^# ?", "", people, flags=re.M)), base=tmp_path
    )
    assert [reader.person.id for reader in settings.readers_of("U01")] == ["li.hua", "ops-room"]
