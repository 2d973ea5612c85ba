"""What a reader of the channels report would notice: sentences agree with figures, and what is not known is said."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.areas import channels as area
from analysis.presentation.blocks import Note
from analysis.report import Report, open_report
from analysis.sections.contacts import saved_contacts

CUTOFF = "2026-07-01T00:00:00"
SECTIONS = (
    "channel_mix", "decomposition", "switching", "self_service", "remote", "segments", "telephone",
    "resolution", "hours", "units",
)  # fmt: skip


def contacts(months: int, per_month: int) -> pd.DataFrame:
    """Contacts of the newest months over two channels, nothing but the required columns and a customer."""
    rng = np.random.default_rng(2)
    start = np.repeat(pd.period_range(end="2026-06", periods=months, freq="M").start_time.to_numpy(), per_month)
    at = pd.Series(start) + pd.to_timedelta(rng.uniform(0, 27, len(start)), unit="D").round("min")
    frame = pd.DataFrame({"business_unit": "A", "started_at": at, "channel": rng.choice(["phone", "web"], len(start))})
    frame["customer_id"] = [f"C{n}" for n in rng.integers(0, 60, len(start))]
    return frame.assign(interaction_id=[f"N{n:05d}" for n in range(len(frame))])


@pytest.fixture
def drawn(tables_run: Callable[..., Path]) -> Callable[[str, dict[str, pd.DataFrame]], Report]:
    meta = pd.DataFrame({"data_cutoff_at": [CUTOFF], "timezone": ["Asia/Shanghai"], "currency": ["CNY"]})
    return lambda name, tables: open_report(
        "channels", "all", language="en,zh", run=tables_run(f"channels-{name}", tables | {"meta": meta})
    )


def test_every_section_says_something_of_the_sample_in_both_languages(sample_report, words_of):
    report = sample_report("channels")
    for name in SECTIONS:
        block = getattr(area, name)(report)
        assert not isinstance(block, Note), name
        for language in ("en", "zh"):
            assert not re.search(r"\bnan\b|\{\w+\}", words_of([block], language)), name
        assert re.search(r"[\u4e00-\u9fff]", words_of([block], "zh"))


def test_the_largest_channel_heads_the_mix_with_its_share(sample_report):
    report = sample_report("channels")
    rows = report.segments("interactions_received", "channel")
    newest = rows[rows["period"] == report.period].set_index("segment")["value"]
    share = 100 * newest.max() / newest.sum()
    assert area.channel_mix(report).headline["en"].startswith(f"Telephone takes {share:.1f}%")
    assert newest.idxmax() == "phone"


def test_what_self_service_spared_is_a_range_whose_ends_are_told(sample_report):
    report = sample_report("channels")
    low, high = (
        int(n.replace(",", "")) for n in re.findall(r"at (?:least|most) ([\d,]+) \(", saved_contacts(report)["en"])
    )
    history = report.series("self_service_deflection_rate")
    year = history[history["mature"] & history["value"].notna()].tail(12)
    assert low < high == year["numerator"].sum()
    assert "taking that" in saved_contacts(report)["en"]


def test_the_vendors_ratio_is_called_a_ratio(sample_report, words_of):
    said = words_of([area.self_service(sample_report("channels"))], "en")
    assert "a ratio, no share of solved cases" in said


def test_channels_are_compared_at_equal_work_and_choice_is_owned_up_to(sample_report, words_of):
    said = words_of([area.resolution(sample_report("channels"))], "en")
    assert "At equal work" in said
    assert "who chooses which channel" in said


def test_the_hours_of_the_week_add_up_to_the_contacts_with_a_person(sample_report):
    report = sample_report("channels")
    figure = area.hours(report).parts[0]
    whole = report.kpi("contacts_by_hour")["value"]
    assert figure.data["value"].sum() == pytest.approx(whole)
    assert len(figure.data) == 7 * 12


def test_without_contacts_the_report_says_what_it_would_need(drawn, words_of):
    orders = pd.DataFrame(
        {"work_order_id": ["W1"], "business_unit": ["A"], "submitted_at": ["2026-06-01"], "status": ["open"]}
    )
    report = drawn("none", {"work_orders": orders})
    for name in ("channel_mix", "switching", "self_service", "telephone", "resolution", "hours"):
        block = getattr(area, name)(report)
        assert isinstance(block, Note), name
        assert "interactions" in words_of([block], "en"), name


def test_contacts_alone_give_mix_and_hours_and_name_the_columns_of_the_rest(drawn, words_of):
    report = drawn("bare", {"interactions": contacts(14, 60)})
    assert "takes" in words_of([area.channel_mix(report)], "en")
    assert "No hours of the day stand out beyond chance" in words_of([area.hours(report)], "en")
    assert "interactions.abandoned" in words_of([area.telephone(report)], "en")
    assert saved_contacts(report) is None


def test_one_channel_is_no_comparison(drawn, words_of):
    given = contacts(14, 60).assign(channel="phone", work_order_id="W1")
    given = given.assign(resolved=[number % 3 > 0 for number in range(len(given))])
    orders = pd.DataFrame(
        {"work_order_id": ["W1"], "business_unit": ["A"], "submitted_at": ["2026-06-01"], "status": ["open"]}
    )
    report = drawn("phone", {"interactions": given, "work_orders": orders})
    assert "Fewer than two channels" in words_of([area.resolution(report)], "en")


def test_two_months_have_no_year_to_compare_with(drawn, words_of):
    said = words_of([area.channel_mix(drawn("young", {"interactions": contacts(2, 80)}))], "en")
    assert "no year before to compare" in said


def test_on_a_unit_s_page_no_other_unit_is_named(sample_report, words_of):
    report = sample_report("channels", "U03")
    said = words_of([getattr(area, name)(report) for name in SECTIONS], "en")
    others = {report.run.unit_name(unit)["en"] for unit in report.run.business_units} - {report.unit_name["en"]}
    assert not [name for name in others if name in said]
