"""The sample business in a database gives what it gives from files: the same records and the same reports; and two
million rows travel in bounded memory.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from analysis.data_model import read_tables
from analysis.intake import intake
from analysis.reporting.parameters import Suite
from analysis.reporting.prepare import prepare
from analysis.reporting.settled import settled
from analysis.reporting.steps import suite_steps
from analysis.sample import write_sample
from analysis.store import Store

ROOT = Path(__file__).resolve().parents[2]
MYSQL_TYPES = {
    "str": "TEXT",
    "int": "BIGINT",
    "float": "DOUBLE",
    "money": "DOUBLE",
    "bool": "VARCHAR(5)",
    "date": "DATE",
    "datetime": "DATETIME",
}
AT_ONCE = 2_000
MAIN = ("meta", "work_orders", "work_order_events", "complaints", "surveys", "customers")
REPORTS = ("repair_cycle", "complaints", "service_cost")
SOME = ("U01", "U02", "U03", "U05")
MEASURED = (
    "measurements.parquet",
    "curves.parquet",
    "kpis.parquet",
    "adjusted.parquet",
    "findings.json",
    "measures.json",
)


def fill(server, source, *, only=None):
    """Every CSV file of the folder, or only these, as a table of its name, with the types of the data model."""
    connection = server.connect("postgres" if server.kind == "postgresql" else "mysql")
    if server.kind == "postgresql":
        connection.adbc_connection.set_autocommit(True)
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS business")
        cursor.execute("CREATE DATABASE business")
    connection.close()
    with server.cursor("business") as cursor, duckdb.connect() as reader:
        for file in sorted(source.glob("*.csv")):
            if only is not None and file.stem not in only:
                continue
            table = read_tables()[file.stem]
            head = [row[0] for row in reader.execute(f"DESCRIBE FROM read_csv('{file}', all_varchar=true)").fetchall()]
            casts = ", ".join(f'CAST("{name}" AS {table.column(name).sql_type}) AS "{name}"' for name in head)
            select = f"SELECT {casts} FROM read_csv('{file}', all_varchar=true)"
            if server.kind == "postgresql":
                cursor.adbc_ingest(file.stem, reader.sql(select).to_arrow_reader(100_000), mode="create")
                continue
            rows = reader.execute(select)
            columns = ", ".join(f"`{name}` {MYSQL_TYPES[table.column(name).type]}" for name in head)
            cursor.execute(f"CREATE TABLE {file.stem} ({columns}) CHARACTER SET utf8mb4")
            insert = f"INSERT INTO {file.stem} VALUES ({', '.join(['%s'] * len(head))})"
            while some := rows.fetchmany(AT_ONCE):
                cursor.executemany(
                    insert, [[str(v).lower() if isinstance(v, bool) else v for v in row] for row in some]
                )


def prepared(data, home):
    params = home / "params"
    params.mkdir(parents=True)
    suite = Suite(params=params, data=data, store=home / "store")
    return prepare(suite, steps=suite_steps(), report_progress=lambda *_, **__: None)


def same_records(one, other, names):
    for name in names:
        table = read_tables()[name]
        keys = [column.name for column in table.stored]
        left, right = (
            store.records(name, "all").sort_values(keys, ignore_index=True, key=lambda c: c.astype(str))
            for store in (one, other)
        )
        pd.testing.assert_frame_equal(left, right)


@pytest.mark.parametrize("kind", ["postgresql", pytest.param("mariadb", marks=pytest.mark.prove)])
def test_a_small_sample_in_a_database_gives_the_same_records(kind, sample_run, request, tmp_path, password):
    """The small sample of all tests: its store was made from files, here its main tables are read from a server."""
    source = next(folder for folder in sample_run.parents if folder.name == "run-sample") / "source"
    from_files = Store(Path(json.loads((sample_run / "run_data.json").read_text(encoding="utf-8"))["store"]))
    server = request.getfixturevalue(f"{kind}_server")
    fill(server, source, only=MAIN)
    from_database = intake(server.address("business"), mapping=None, params=tmp_path, store_root=tmp_path / "stores")

    assert set(from_database.tables) == set(MAIN)
    same_records(from_files, from_database, MAIN)


@pytest.mark.prove
@pytest.mark.parametrize(
    ("kind", "orders", "units"), [("postgresql", 12_000, SOME), ("mariadb", 12_000, SOME), ("postgresql", 60_000, None)]
)
def test_the_sample_business_in_a_database_gives_the_same_reports_to_the_byte(
    kind, orders, units, request, tmp_path, password, run_notebook
):
    source = tmp_path / "source"
    write_sample(source, work_orders=orders, business_units=units)
    server = request.getfixturevalue(f"{kind}_server")
    fill(server, source)
    runs = [prepared(str(source), tmp_path / "files"), prepared(server.address("business"), tmp_path / "database")]

    assert stored(runs[0].store.path) == stored(runs[1].store.path)
    for file in MEASURED:
        assert (runs[0].folder / file).read_bytes() == (runs[1].folder / file).read_bytes(), file
    for report in REPORTS:
        for unit in ("all", "U03"):
            told = [run_notebook(report, unit, run.folder)[-1].record for run in runs]
            assert told[0]["kpis"]
            one, other = (json.dumps(settled(record), ensure_ascii=False, allow_nan=False) for record in told)
            assert one == other, f"{report} {unit}"


def stored(store: Path) -> dict[str, str]:
    """The files of a store's tables and what they hold, byte for byte."""
    folder = store / "tables"
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.rglob("*.parquet")}


@pytest.mark.prove
def test_two_million_orders_are_read_from_postgresql_within_500_mib(postgresql_server, tmp_path, password, capsys):
    postgresql_server.run(
        "postgres",
        "DROP TABLE IF EXISTS work_orders",
        """
        CREATE TABLE work_orders AS
        SELECT 'W' || n AS work_order_id, 'U' || lpad((n % 24)::text, 2, '0') AS business_unit,
            timestamp '2024-01-01' + n * interval '36 seconds' AS submitted_at,
            timestamp '2024-01-01' + n * interval '36 seconds' + interval '20 minutes' AS handled_at,
            timestamp '2024-01-01' + n * interval '36 seconds' + (n % 90) * interval '1 hour' + interval '1 hour'
                AS completed_at,
            'completed' AS status, 'repair' AS work_order_type, 'phone' AS channel, 'C' || n % 700000 AS customer_id,
            'P' || n % 40 AS product_id, 'F' || n % 90 AS fault_code, 1 + n % 3 AS visits
        FROM generate_series(1, 2000000) AS n""",
    )
    program = """
import resource, sys
from pathlib import Path
from analysis.intake import intake
store = intake(sys.argv[1], mapping=None, params=Path(sys.argv[2]), store_root=Path(sys.argv[2]), memory_limit="200MiB")
print(store.manifest["tables"]["work_orders"]["rows"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
    command = [sys.executable, "-c", program, postgresql_server.address("postgres"), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows, peak = map(int, done.stdout.split())
    with capsys.disabled():
        sys.stdout.write(f"\n{rows:,} orders from PostgreSQL to the store: peak {peak} MiB\n")

    assert rows == 2_000_000
    assert peak <= 500
