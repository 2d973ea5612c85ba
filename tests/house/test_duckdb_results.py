"""Results of DuckDB are read to their end: a relation refuses to run on a connection that still holds half a result."""

from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "analysis"
ON_DUCKDB = ("metrics", "signals")


def test_no_result_of_duckdb_is_left_half_read():
    files = [file for part in ON_DUCKDB for file in sorted((PACKAGE / part).rglob("*.py"))] + [PACKAGE / "store.py"]
    assert len(files) > 50
    assert not [file.name for file in files if ".fetchone()" in file.read_text(encoding="utf-8")]
