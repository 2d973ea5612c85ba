"""The card of the how-to on own metrics is one that the suite takes."""

import re
from pathlib import Path

from analysis.metrics.cards import read_catalogue
from analysis.reporting.own_metrics import check_own

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-metric.md"


def test_the_card_of_the_page_is_sound(tmp_path):
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    file = tmp_path / "metrics.yml"
    file.write_text(example[1], encoding="utf-8")
    catalogue = read_catalogue(file)
    check_own(catalogue)
    assert catalogue["order_escalated_share"].area == "service_quality"
