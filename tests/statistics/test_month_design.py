"""The columns of a monthly regression: named, scaled, and no more Fourier pairs than the history can bear."""

import numpy as np
import pandas as pd
import pytest

from analysis.statistics.month_design import fourier_pairs, month_design, months_per_period


def months(count, start="2022-01"):
    return pd.period_range(start, periods=count, freq="M")


def test_the_design_names_its_columns_and_drops_what_does_not_vary():
    index = months(36)
    terms = pd.DataFrame({"workdays": np.arange(36) % 5 + 18.0, "festival_days": 0.0}, index=index)
    terms.iloc[3, 0] = np.nan
    design = month_design(index, pairs=2, regressors=terms)
    assert design.names == ("level", "trend", "sin1", "cos1", "sin2", "cos2", "workdays")
    assert design.seasonal.tolist() == [False, False] + [True] * 5
    assert design.columns[3, 6] == pytest.approx(0)
    assert design.columns[:, 6].std() == pytest.approx(1)


def test_length_decides_the_fourier_pairs():
    assert [fourier_pairs(count) for count in (0, 23, 24, 59, 60, 120)] == [0, 0, 1, 1, 2, 2]
    assert months_per_period(pd.period_range("2024Q1", periods=2, freq="Q")) == 3


def test_what_is_no_row_of_months_is_refused_by_name():
    with pytest.raises(ValueError, match="months, quarters or years"):
        months_per_period(pd.period_range("2024-01-01", periods=2, freq="D"))
    with pytest.raises(TypeError, match="must be a PeriodIndex, not list"):
        month_design(["2024-01"], pairs=0)
    with pytest.raises(ValueError, match="2 rows for 3 months"):
        month_design(months(3), pairs=0, regressors=np.ones((2, 1)))
    with pytest.raises(ValueError, match="must be in order"):
        month_design(months(4)[::-1], pairs=0)
