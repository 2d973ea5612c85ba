"""One sample for all tests of this folder, and a DuckDB connection that sees its tables."""

from pathlib import Path

import duckdb
import pytest

from analysis.sample import write_sample

ORDERS = 60_000


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, work_orders=ORDERS, format="parquet")
    return folder


@pytest.fixture(scope="session")
def sample(sample_folder: Path) -> duckdb.DuckDBPyConnection:
    """A view per table, and `clean_orders`: the work orders that carry no planted dirt and are known at the cut-off."""
    con = duckdb.connect()
    con.execute("SET threads = 1")
    for file in sorted(sample_folder.glob("*.parquet")):
        con.execute(f"CREATE VIEW {file.stem} AS SELECT * FROM '{file}'")
    con.execute(
        """
        CREATE TABLE clean_orders AS
        SELECT *, date_trunc('month', submitted_at) AS submitted_month,
               epoch(completed_at - submitted_at) / 86400 AS cycle
        FROM work_orders
        WHERE submitted_at <= TIMESTAMP '2026-07-05 23:59:59'
          AND NOT coalesce(completed_at < arrived_at, false) AND NOT (status = 'completed' AND completed_at IS NULL)
          AND work_order_id NOT IN (SELECT work_order_id FROM work_orders GROUP BY 1 HAVING count(*) > 1)
        """
    )
    return con
