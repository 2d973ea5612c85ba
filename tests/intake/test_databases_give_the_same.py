"""The sample business in a database gives what it gives from files: the same records and the same reports; and two
million rows travel in bounded memory.
"""

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from analysis.data_model import read_tables
from analysis.reporting.parameters import Suite
from analysis.reporting.prepare import prepare
from analysis.reporting.steps import suite_steps
from analysis.sample import write_sample

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
SMALL, AT_ONCE = 400, 2_000


def fill(server, source):
    """Every CSV file of the folder as a table of its name, with the types of the data model."""
    connection = server.connect("postgres" if server.kind == "postgresql" else "mysql")
    if server.kind == "postgresql":
        connection.adbc_connection.set_autocommit(True)
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS business")
        cursor.execute("CREATE DATABASE business")
    connection.close()
    with server.cursor("business") as cursor, duckdb.connect() as reader:
        for file in sorted(source.glob("*.csv")):
            table = read_tables()[file.stem]
            head = [row[0] for row in reader.execute(f"DESCRIBE FROM read_csv('{file}', all_varchar=true)").fetchall()]
            casts = ", ".join(f'CAST("{name}" AS {table.column(name).sql_type}) AS "{name}"' for name in head)
            rows = reader.sql(f"SELECT {casts} FROM read_csv('{file}', all_varchar=true)")
            if server.kind == "postgresql":
                cursor.adbc_ingest(file.stem, rows.to_arrow_reader(100_000), mode="create")
                continue
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


def same_records(one, other):
    assert one.tables.keys() == other.tables.keys()
    for name, table in one.tables.items():
        keys = [column.name for column in table.stored]
        left, right = (
            store.records(name, "all").sort_values(keys, ignore_index=True, key=lambda c: c.astype(str))
            for store in (one, other)
        )
        pd.testing.assert_frame_equal(left, right)


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    home = tmp_path_factory.mktemp("small")
    write_sample(home / "source", work_orders=SMALL)
    return prepared(str(home / "source"), home), home / "source"


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_small_sample_in_a_database_gives_the_same_records_and_report(
    kind, small, request, tmp_path, password, run_notebook
):
    from_files, source = small
    server = request.getfixturevalue(f"{kind}_server")
    fill(server, source)
    from_database = prepared(server.address("business"), tmp_path)

    same_records(from_files.store, from_database.store)
    told = [run_notebook("complaints", "all", run.folder)[-1].record for run in (from_files, from_database)]
    assert told[0]["kpis"]
    assert json.dumps(told[0]) == json.dumps(told[1])
