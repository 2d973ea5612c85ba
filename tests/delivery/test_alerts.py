"""Alerts: what begins is told, what lasts is not, what is over is told; the sentence and the link in it."""

from datetime import timedelta

import pytest

from analysis.delivery.deliver import deliver

READER = {
    "people": {"li": {"address": "li@example.com", "language": "en", "when": "failure"}},
    "units": {"U03": ["li"]},
}
SLOW = {"name": "slow", "metric": "repair_cycle_median", "limit": "> 3", "to": ["li"]}


def told_by_month(tmp_path, drawn, post_office, rule, months) -> str:
    """What is sent month by month for a drawn series: b(egan), l(asts), o(ver), or a dot."""
    settings = drawn.settings(post_office.port, READER, alerts=[rule])
    drawing = ""
    for number, content in enumerate(months):
        period, before = f"2026-{number + 1:02d}", len(post_office.mails)
        item = drawn.publish(tmp_path, "repair_cycle", period=period, **content)
        for _ in range(2):  # called again in the same month: nothing more
            deliver(tmp_path, [item], settings, now=drawn.NOW + timedelta(days=30 * number))
        new = post_office.messages[before:]
        assert len(new) <= 1
        drawing += {"Over": "o", "Stil": "l"}.get(_heading(new[0])[:4], "b") if new else "."
    return drawing


def _heading(mail) -> str:
    return mail.get_body(("plain",)).get_content().splitlines()[1]


def _values(drawn, figures):
    return [{"kpis": [drawn.kpi(value=figure, reason=None if figure else "no records")]} for figure in figures]


LIMITS = """
> 3      2    4    4    4    2    2    4
         .    b    .    .    o    .    b
>= 3     3    2.9  3    .    .    2    -
         b    o    b    .    .    o    .
< 2      2    1    3
         .    b    o
"""


@pytest.mark.parametrize("number", range(3))
def test_an_alert_is_told_when_its_state_changes(tmp_path, drawn, post_office, number):
    lines = LIMITS.strip("\n").splitlines()[2 * number : 2 * number + 2]
    figures = [None if word in ".-" else float(word) for word in lines[0][9:].split()]
    told = told_by_month(tmp_path, drawn, post_office, {**SLOW, "limit": lines[0][:9].strip()}, _values(drawn, figures))
    assert told == "".join(lines[1].split())


def test_an_alert_that_lasts_is_told_again_after_the_declared_days(tmp_path, drawn, post_office):
    rule = {**SLOW, "repeat_days": 60}
    assert told_by_month(tmp_path, drawn, post_office, rule, _values(drawn, [4] * 6)) == "b.l.l."


def test_a_signal_begins_and_ends_and_too_few_records_change_nothing(tmp_path, drawn, post_office):
    signals = ["steady", "worsening", "insufficient", "worsening", "steady"]
    months = [{"kpis": [drawn.kpi(signal=signal)]} for signal in signals]
    rule = {"name": "worse", "signals": "worsening", "to": ["li"]}
    assert told_by_month(tmp_path, drawn, post_office, rule, months) == ".b..o"


def test_a_finding_is_told_once_and_again_when_it_comes_back(tmp_path, drawn, post_office):
    found, none = {"findings": [drawn.finding(since=None)]}, {"findings": []}
    rule = {"name": "news", "findings": "level_shift", "good": False, "to": ["li"]}
    assert told_by_month(tmp_path, drawn, post_office, rule, [found, found, none, found]) == "b..b"


def test_good_news_are_no_alert_where_bad_ones_are_asked_for(tmp_path, drawn, post_office):
    rule = {"name": "news", "findings": "level_shift", "good": False, "to": ["li"]}
    assert told_by_month(tmp_path, drawn, post_office, rule, [{"findings": [drawn.finding(good=True)]}]) == "."


def test_an_older_period_rendered_again_wakes_no_alert(tmp_path, drawn, post_office):
    settings = drawn.settings(post_office.port, READER, alerts=[SLOW])
    for period, figure in (("2026-06", 2.0), ("2026-05", 4.0), ("2026-06", 2.0)):
        item = drawn.publish(tmp_path, period=period, kpis=[drawn.kpi(value=figure)])
        deliver(tmp_path, [item], settings, now=drawn.NOW)
    deliver(tmp_path, [drawn.publish(tmp_path, period="2026-07", kpis=[drawn.kpi(value=4.0)])], settings, now=drawn.NOW)
    deliver(tmp_path, [drawn.publish(tmp_path, period="2026-06", kpis=[drawn.kpi(value=2.0)])], settings, now=drawn.NOW)
    (mail,) = post_office.messages
    assert "July 2026" in mail["Subject"]


def test_a_metric_told_by_several_reports_is_one_alert_that_leads_to_its_own_report(tmp_path, drawn, post_office):
    rules = [SLOW, {"name": "worse", "signals": ["worsening"], "to": ["li"]}]
    settings = drawn.settings(post_office.port, READER, alerts=rules, base_url="https://reports.example.com/")
    found = drawn.finding("Repairs take longer")
    items = [
        drawn.publish(tmp_path, report, kpis=[drawn.kpi(value=4.0)], findings=[found])
        for report in ("summary", "repair_cycle")
    ]
    deliver(tmp_path, items, settings, now=drawn.NOW)
    (mail,) = post_office.messages
    text = mail.get_body(("plain",)).get_content().replace("\xa0", " ")
    assert mail["Subject"].startswith("Alert · Unit U03 · June 2026: Median repair cycle: 4")
    assert "above the limit of 3 days" in text
    assert "- Repairs take longer" in text
    assert text.count("https://") == 1
    assert "https://reports.example.com/2026-06/U03/repair_cycle.en.html" in text


def test_nobody_is_alerted_of_a_unit_that_they_may_not_see(tmp_path, drawn, post_office):
    settings = drawn.settings(post_office.port, READER, alerts=[SLOW])
    items = [drawn.publish(tmp_path, unit=unit, kpis=[drawn.kpi(value=9.0)]) for unit in ("U05", "all")]
    assert list(deliver(tmp_path, items, settings, now=drawn.NOW)) == []
    assert post_office.mails == []
