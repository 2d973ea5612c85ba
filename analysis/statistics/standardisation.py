"""Shares made comparable where groups have different work: each group's shares by stratum, weighted as the whole is
mixed.

Source: direct standardisation, Breslow & Day 1987 (Statistical Methods in Cancer Research II), ch. 2; the variance by
stratum with half an event added, so that strata where all or none succeed do not count as certain.
"""

import numpy as np
import pandas as pd

from analysis.statistics.intervals import normal_quantile

FEWEST = 5


def standardised_shares(cells: pd.DataFrame, *, fewest: int = FEWEST) -> pd.DataFrame:
    """The share each group would have with the whole's mix of work.

    Parameters
    ----------
    cells : group, stratum, events, trials; one row a group and stratum
    fewest : trials below which a stratum of a group does not count; its weight goes to the others

    Returns
    -------
    By group: value, low, high, se (0 … 1), crude (events over trials), trials, covered (share of the whole's work that
    the group's strata stand for). A group without a stratum of that size has NaN.
    """
    weight = cells.groupby("stratum")["trials"].sum()
    enough = cells[cells["trials"] >= fewest]
    share = enough["events"] / enough["trials"]
    calm = (enough["events"] + 0.5) / (enough["trials"] + 1)
    whole_work = weight.reindex(enough["stratum"]).to_numpy(float)
    weighed = enough.assign(
        weight=whole_work,
        part=whole_work * share,
        spread=whole_work**2 * calm * (1 - calm) / enough["trials"],
    )
    sums = weighed.groupby("group")[["weight", "part", "spread"]].sum()
    whole = cells.groupby("group")[["events", "trials"]].sum()
    sums = sums.reindex(whole.index)
    value, se = sums["part"] / sums["weight"], np.sqrt(sums["spread"]) / sums["weight"]
    reach = normal_quantile() * se
    return pd.DataFrame(
        {
            "value": value,
            "low": (value - reach).clip(lower=0),
            "high": (value + reach).clip(upper=1),
            "se": se,
            "crude": whole["events"] / whole["trials"],
            "trials": whole["trials"],
            "covered": (sums["weight"] / weight.sum()).fillna(0.0),
        }
    )
