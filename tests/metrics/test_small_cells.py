"""Cells about too few people are empty, a second one goes with them where a total would tell the first, and what pools
over months still adds up."""

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.metrics.cards import read_catalogue
from analysis.metrics.small_cells import TOO_FEW_PEOPLE, about_people, hide_small_cells, too_few, with_kept_parts

CARDS = {
    "csat": SimpleNamespace(area="satisfaction", needs=("surveys.score",)),
    "repairs": SimpleNamespace(area="repair_cycle", needs=("work_orders",)),
    "survey_rows": SimpleNamespace(area="data_quality", needs=("surveys",)),
}


def rows(*drawn: str) -> pd.DataFrame:
    """ "csat U1 2026-06 customer_segment=vip 3": metric, unit, month, breakdown=segment ("-" for none), n."""
    told = [line.split() for line in drawn]
    cells = [cell.partition("=") for _, _, _, cell, _ in told]
    count = [float(line[4]) for line in told]
    return pd.DataFrame(
        {
            "metric": [line[0] for line in told], "business_unit": [line[1] for line in told], "grain": "month",
            "period": [line[2] for line in told], "breakdown": ["" if name == "-" else name for name, _, _ in cells],
            "segment": [segment for _, _, segment in cells], "numerator": 1.0, "denominator": count, "n": count,
            "value": 50.0, "low": 40.0, "high": 60.0, "se": 5.0, "immature_share": 0.0, "reason": None,
        }
    )  # fmt: skip


def hidden(frame: pd.DataFrame, fewest: int = 5) -> list[str]:
    """The cells that are empty afterwards, as unit/segment."""
    told = hide_small_cells(frame, CARDS, fewest=fewest)
    gone = told[told["value"].isna()]
    assert (gone["reason"] == TOO_FEW_PEOPLE).all()
    assert gone[["numerator", "denominator", "low", "high", "se"]].isna().all(axis=None)
    assert (gone["n"] == 0).all()
    return sorted(gone["business_unit"] + "/" + gone["segment"])


def test_a_small_cell_of_a_survey_and_of_a_customers_attribute_is_hidden_and_no_other():
    assert hidden(rows("csat U1 2026-06 - 4", "csat U2 2026-06 - 90", "csat all 2026-06 - 94")) == ["U1/", "U2/"]
    segments = ("repairs U1 2026-06 customer_segment=a 4", "repairs U1 2026-06 customer_segment=b 9")
    assert hidden(rows(*segments)) == ["U1/a", "U1/b"]
    assert hidden(rows("repairs U1 2026-06 product_line=a 4", "repairs U1 2026-06 - 4")) == []
    assert hidden(rows("survey_rows U1 2026-06 - 3")) == []


def test_the_smallest_of_the_others_goes_with_a_single_small_segment_and_two_small_ones_keep_each_other():
    three = [f"csat U1 2026-06 region={name} {n}" for name, n in (("a", 3), ("b", 20), ("c", 30))]
    assert hidden(rows(*three)) == ["U1/a", "U1/b"]
    four = [*three, "csat U1 2026-06 region=d 4"]
    assert hidden(rows(*four)) == ["U1/a", "U1/d"]


def test_zero_is_told_and_five_are_enough():
    assert hidden(rows("csat U1 2026-06 - 0", "csat U2 2026-06 - 5", "csat U3 2026-06 - 80")) == []


def test_the_company_is_never_the_second_cell_among_units():
    assert hidden(rows("csat U1 2026-06 - 3", "csat U2 2026-06 - 500", "csat all 2026-06 - 400")) == ["U1/", "U2/"]


def test_a_segment_hidden_in_one_unit_is_hidden_in_a_second_since_the_company_has_the_sum():
    drawn = [f"csat {unit} 2026-06 region=a {n}" for unit, n in (("U1", 3), ("U2", 40), ("U3", 60), ("all", 103))]
    drawn += [f"csat {unit} 2026-06 region=b 50" for unit in ("U1", "U2", "U3", "all")]
    drawn += [f"csat {unit} 2026-06 region=c 70" for unit in ("U1", "U2", "U3", "all")]
    assert hidden(rows(*drawn)) == ["U1/a", "U1/b", "U2/a", "U2/b"]


def test_nothing_hidden_leaves_the_rows_as_they_are():
    frame = rows("csat U1 2026-06 - 50")
    assert hide_small_cells(frame, CARDS, fewest=5) is frame


def test_what_months_together_need_is_kept_beside():
    frame = rows(*(f"csat U1 2026-0{month} region={name} {n}" for month in (5, 6) for name, n in (("a", 3), ("b", 9))))
    told = hide_small_cells(frame, CARDS, fewest=5)
    kept = with_kept_parts(told).groupby("segment")[["numerator", "denominator", "n"]].sum()
    assert (
        kept.to_numpy().tolist()
        == frame.groupby("segment")[["numerator", "denominator", "n"]].sum().to_numpy().tolist()
    )
    assert not too_few(kept, fewest=5).any()
    assert too_few(kept, fewest=7).tolist() == [True, True]


@pytest.mark.parametrize(
    ("metric", "breakdown", "people"),
    [
        ("csat_top2_share", "", True),
        ("nps", "product_line", True),
        ("survey_response_rate", "region", True),
        ("orders_submitted", "customer_segment", True),
        ("orders_submitted", "", False),
        ("completeness", "", False),
    ],
)
def test_the_catalogue_says_which_cells_are_about_people(metric: str, breakdown: str, people: bool):
    assert about_people(read_catalogue()[metric], breakdown) is people
