"""First-time fix of a unit and of its technicians against what the same work would give with the company's rates: the
share fixed at the first visit less the one expected from product lines and faults (indirect standardisation).

Over the last `months` (12) whose 30 days have passed. For technicians (breakdown technician_id) value, interval and
standard error are the plain ones: nobody is to be ranked on them; the section draws them towards their common figure.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.periods import Periods
from analysis.statistics.intervals import CONFIDENCE, normal_quantile

MONTHS = 12


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """The card's rows for the newest period."""
    months = int(card.how.options.get("months", MONTHS))
    found = con.execute(_SQL, [months]).df()
    wholes = found.groupby("business_unit", as_index=False)[_SUMS].sum().assign(breakdown="", technician_id="")
    company = found[_SUMS].sum().to_frame().T.assign(breakdown="", technician_id="", business_unit=ALL_UNITS)
    people = found.assign(breakdown="technician_id")
    everywhere = found.groupby("technician_id", as_index=False)[_SUMS].sum()  # who works in two units is one person
    everywhere = everywhere.assign(breakdown="technician_id", business_unit=ALL_UNITS)
    parts = [wholes, company, people, everywhere] if len(found) else [wholes]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[rows["n"] > 0]
    n = rows["n"].to_numpy(float)
    value = 100 * (rows["fixed"] - rows["expected"]).to_numpy(float) / n
    se = 100 * np.sqrt(rows["variance"].to_numpy(float)) / n
    reach = normal_quantile(CONFIDENCE) * se
    return pd.DataFrame(
        {
            "business_unit": rows["business_unit"],
            "period": periods.last,
            "breakdown": rows["breakdown"],
            "segment": rows["technician_id"],
            "value": value,
            "low": value - reach,
            "high": value + reach,
            "se": se,
            "n": n,
            "numerator": rows["fixed"],
            "denominator": n,
        }
    )


_SUMS = ["fixed", "expected", "variance", "n"]
_SQL = """
    WITH recent AS (
        SELECT * FROM technician_results
        WHERE field_repairs > 0 AND worked_in >= (SELECT max(worked_in) FROM technician_results WHERE field_repairs > 0)
            - to_months(CAST(? AS INTEGER) - 1)
    ), usual AS (
        -- a kind of work that is rare borrows from its product line: 20 repairs' worth
        SELECT k.product_line, k.fault_code, (k.fixed + 20 * l.rate) / (k.n + 20) AS rate
        FROM (
            SELECT product_line, fault_code, sum(first_fixes) AS fixed, sum(field_repairs) AS n FROM recent GROUP BY ALL
        ) AS k
        JOIN (SELECT product_line, sum(first_fixes) / sum(field_repairs) AS rate FROM recent GROUP BY ALL) AS l
            USING (product_line)
    )
    SELECT
        r.business_unit, r.technician_id, CAST(sum(r.first_fixes) AS DOUBLE) AS fixed,
        CAST(sum(r.field_repairs) AS DOUBLE) AS n, sum(r.field_repairs * u.rate) AS expected,
        sum(r.field_repairs * u.rate * (1 - u.rate)) AS variance
    FROM recent AS r
    JOIN usual AS u USING (product_line, fault_code)
    GROUP BY ALL
    ORDER BY ALL
"""
