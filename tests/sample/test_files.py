"""The files: all tables and columns, the same bytes again, any size, and one line for a wrong argument."""

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from analysis.data_model import read_tables
from analysis.faults import UserFault
from analysis.sample import write_sample
from analysis.sample.writing import written_columns

NEVER_KNOWN = {"business_units": {"closed_on"}, "sla_policies": {"stops_for"}}
"""Columns that are empty in the sample: no unit closes, and no clock of a promise stands: the due times in the sample's
orders run on through every pause, and a policy that said otherwise would contradict them and move deadlines."""


def test_every_table_of_the_data_model_has_rows_and_every_column_has_values(sample, sample_folder: Path):
    for name, table in read_tables().items():
        written = pq.read_schema(sample_folder / f"{name}.parquet").names
        assert written == list(written_columns(table)), name
        counts = ", ".join(f'count("{column}")' for column in written)
        filled = sample.execute(f"SELECT count(*), {counts} FROM {name}").fetchall()[0]
        empty = {column for column, count in zip(written, filled[1:], strict=True) if count == 0}
        assert filled[0] > 0, name
        assert empty == NEVER_KNOWN.get(name, set()), name


def test_values_of_closed_lists_are_those_of_the_data_model(sample):
    for name, table in read_tables().items():
        for column in table.columns:
            if column.allowed and column.name in written_columns(table):
                found = {row[0] for row in sample.execute(f"SELECT DISTINCT {column.name} FROM {name}").fetchall()} - {
                    None
                }
                assert found <= set(column.allowed), (name, column.name)


def test_the_same_arguments_write_the_same_bytes_and_another_seed_does_not(tmp_path: Path):
    for folder, seed in (("first", 3), ("again", 3), ("other", 4)):
        write_sample(tmp_path / folder, seed=seed, work_orders=60_000, business_units=["U12"])
    names = sorted(read_tables())
    first, again, other = (
        {name: (tmp_path / folder / f"{name}.csv").read_bytes() for name in names}
        for folder in ("first", "again", "other")
    )
    assert first == again
    facts = {"meta", "business_units", "calendar", "products", "targets", "benchmarks", "interventions", "sla_policies"}
    assert {name for name in names if first[name] == other[name]} == facts


def test_a_part_of_the_sample_has_the_rows_of_the_whole(sample, tmp_path: Path):
    write_sample(
        tmp_path, work_orders=60_000, format="parquet", tables=["work_orders", "customers"], business_units=["U11"]
    )
    assert sorted(file.name for file in tmp_path.iterdir()) == ["customers.parquet", "work_orders.parquet"]
    part = duckdb.connect()
    for table, key, mask in (("work_orders", "work_order_id", "U11-%"), ("customers", "customer_id", "C11-%")):
        mine = part.execute(f"SELECT * FROM '{tmp_path / table}.parquet' ORDER BY ALL").fetchall()
        whole = sample.execute(f"SELECT * FROM {table} WHERE {key} LIKE '{mask}' ORDER BY ALL").fetchall()
        assert mine == whole


def test_csv_reads_back_as_the_parquet_rows(sample, tmp_path: Path):
    write_sample(tmp_path, work_orders=60_000, tables=["complaints"], business_units=["U10"])
    back = duckdb.connect().execute(
        f"SELECT complaint_id, received_at, text, compensation FROM read_csv('{tmp_path}/complaints.csv') ORDER BY ALL"
    )
    whole = sample.execute(
        "SELECT complaint_id, received_at, text, compensation FROM complaints "
        "WHERE complaint_id LIKE 'K10%' ORDER BY ALL"
    )
    assert back.fetchall() == whole.fetchall()


def test_the_number_of_orders_is_the_number_asked_for(sample, tmp_path: Path):
    assert sample.execute("SELECT count(*) FROM work_orders").fetchall()[0][0] == pytest.approx(60_000, rel=0.03)
    write_sample(tmp_path, work_orders=600_000, format="parquet", tables=["work_orders"], business_units=["U10"])
    small = sample.execute("SELECT count(*) FROM work_orders WHERE business_unit = 'U10'").fetchall()[0][0]
    assert pq.read_metadata(tmp_path / "work_orders.parquet").num_rows == pytest.approx(10 * small, rel=0.08)


def test_wrong_arguments_are_refused_with_a_line_each(tmp_path: Path):
    with pytest.raises(UserFault) as refused:
        write_sample(tmp_path / "none", work_orders=5, format="xlsx", tables=["work_order"], business_units=["U77"])
    assert len(refused.value.lines) == 4
    assert "did you mean 'work_orders'" in str(refused.value)
    assert not (tmp_path / "none").exists()
