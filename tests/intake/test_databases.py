"""Databases as sources, against real servers: the same figures as from files, only reading, no password told, and only
what is new or changed travels.
"""

import json
import sqlite3
import textwrap

import duckdb
import pandas as pd
import pytest

from analysis.faults import UserFault
from analysis.intake import intake
from analysis.intake.databases.server_sql import faults_of_query

KINDS = ("postgresql", "mysql", "sqlite", "duckdb")
META = "data_cutoff_at: '2026-07-05T23:59:59', timezone: Asia/Shanghai"


class Database:
    """A database of any kind with the same few words to fill and change it."""

    def __init__(self, kind, request, folder):
        self.kind, self.folder, self.name = kind, folder, "service"
        if kind in ("postgresql", "mysql"):
            self.server = request.getfixturevalue(f"{'mariadb' if kind == 'mysql' else kind}_server")
            first = "postgres" if kind == "postgresql" else "mysql"
            connection = self.server.connect(first)
            try:
                if kind == "postgresql":
                    connection.adbc_connection.set_autocommit(True)
                with connection.cursor() as cursor:
                    cursor.execute("DROP DATABASE IF EXISTS service")
                    cursor.execute("CREATE DATABASE service")
            finally:
                connection.close()
            self.address = self.server.address("service")
        else:
            self.file = folder / f"service.{kind}"
            self.address = f"{kind}:///{self.file}"

    def run(self, *statements):
        if self.kind in ("postgresql", "mysql"):
            self.server.run("service", *statements)
            return
        connection = sqlite3.connect(self.file) if self.kind == "sqlite" else duckdb.connect(str(self.file))
        for statement in statements:
            connection.execute(statement)
        if self.kind == "sqlite":
            connection.commit()
        connection.close()


@pytest.fixture(params=KINDS)
def database(request, tmp_path, password):
    return Database(request.param, request, tmp_path)


@pytest.fixture(params=["postgresql"])
def one_database(request, tmp_path, password):
    """For what does not depend on the kind."""
    return Database(request.param, request, tmp_path)


@pytest.fixture
def read(tmp_path):
    """`read(database, "queries: …")`: intake from it by a mapping, with what it said on the way."""

    def run(address, mapping=None):
        params = tmp_path / "params"
        params.mkdir(exist_ok=True)
        rules = None
        if mapping is not None:
            rules = params / "trial.yml"
            rules.write_text(textwrap.dedent(mapping), encoding="utf-8")
        said: list[str] = []
        store = intake(
            address, mapping=rules, params=params, store_root=tmp_path / "stores", report_progress=said.append
        )
        return store, said

    return run


ORDERS = [
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, branch VARCHAR(20), opened TIMESTAMP, done TIMESTAMP NULL, "
    "state VARCHAR(20), changed TIMESTAMP, gone INTEGER)",
    *(
        f"INSERT INTO orders VALUES ({n}, '0{n % 3}', '2026-0{1 + n % 6}-10 08:00:00', "
        f"'2026-0{1 + n % 6}-12 09:30:00', 'Solved', '2026-07-01 0{n % 10}:00:00', 0)"
        for n in range(1, 31)
    ),
]
COLUMNS = """
    columns:
      work_order_id: id
      business_unit: branch
      submitted_at: opened
      completed_at: done
      status: {column: state, values: {Solved: completed, New: open}}
"""
FOLLOWED = f"""
meta: {{{META}}}
database:
  queries:
    tickets: {{table: orders, watermark: changed, key: id%s}}
tables:
  work_orders:
    from: tickets{COLUMNS}"""


def test_every_kind_of_database_gives_the_rows_as_they_stand(database, read):
    database.run(*ORDERS)
    store, said = read(
        database.address,
        f"""
meta: {{{META}}}
tables:
  work_orders:
    from: orders{COLUMNS}""",
    )
    rows = store.records("work_orders", "all").sort_values("work_order_id", key=lambda ids: ids.astype(int))

    assert len(rows) == 30
    assert rows["business_unit"].tolist()[:3] == ["01", "02", "00"]
    assert rows["completed_at"].iloc[0] == pd.Timestamp("2026-02-12 09:30")
    assert "orders: 30 rows read, 30 in all" in said


def test_the_database_filters_and_aggregates_before_rows_travel(one_database, read):
    one_database.run(*ORDERS)
    store, said = read(
        one_database.address,
        f"""
meta: {{{META}}}
database:
  queries:
    few: |
      SELECT min(id) AS id, branch, min(opened) AS opened, max(done) AS done, 'Solved' AS state -- the oldest;
      FROM orders WHERE branch <> '00' GROUP BY branch;
tables:
  work_orders:
    from: few{COLUMNS}""",
    )

    assert len(store.records("work_orders", "all")) == 2
    assert "few: 2 rows read, 2 in all" in said


def test_only_new_and_changed_rows_travel_and_an_unchanged_table_is_not_read(database, read):
    database.run(*ORDERS)
    mapping = FOLLOWED % ""
    first, said = read(database.address, mapping)
    assert "tickets: 30 rows read, 30 in all" in said

    same, said = read(database.address, mapping)
    assert "tickets: unchanged, no row read, 30 in all" in said
    assert same.path == first.path

    database.run(
        "INSERT INTO orders VALUES (31, '01', '2026-07-02 08:00:00', NULL, 'New', '2026-07-03 00:00:00', 0)",
        "UPDATE orders SET branch = '07', changed = '2026-07-03 00:00:01' WHERE id = 5",  # a late correction
    )
    later, said = read(database.address, mapping)
    rows = later.records("work_orders", "all").set_index("work_order_id")

    read_now = next(line for line in said if line.startswith("tickets:"))
    travelled = int(read_now.split(": ")[1].split()[0])
    assert travelled < 10, read_now  # the two, and those that share the highest watermark of before
    assert len(rows) == 31
    assert rows.loc["5", "business_unit"] == "07"
    assert rows.loc["31", "status"] == "open"


def test_rows_deleted_on_the_server_go(one_database, read):
    one_database.run(*ORDERS)
    mapping = FOLLOWED % ""
    read(one_database.address, mapping)
    one_database.run("DELETE FROM orders WHERE id IN (3, 4)")
    store, said = read(one_database.address, mapping)

    assert len(store.records("work_orders", "all")) == 28
    assert "tickets: 28 rows read, 28 in all" in said  # no rule for deletions: counts differ, so everything travels


def test_rows_marked_as_deleted_go_by_the_declared_rule(database, read):
    database.run(*ORDERS)
    mapping = FOLLOWED % ", deleted_when: gone = 1"
    read(database.address, mapping)
    database.run("UPDATE orders SET gone = 1, changed = '2026-07-04 00:00:00' WHERE id = 9")
    store, said = read(database.address, mapping)

    assert "9" not in store.records("work_orders", "all")["work_order_id"].tolist()
    assert any(line.startswith("tickets:") and " 30 " not in line and "29 in all" in line for line in said), said


def test_rows_that_turn_up_late_are_found_within_the_declared_span(one_database, read):
    one_database.run(*ORDERS)
    mapping = FOLLOWED % ", late: 2 days"
    read(one_database.address, mapping)
    one_database.run(
        "UPDATE orders SET branch = '08', changed = '2026-06-30 12:00:00' WHERE id = 9"
    )  # below the highest
    store, _ = read(one_database.address, mapping)

    assert store.records("work_orders", "08")["work_order_id"].tolist() == ["9"]


def test_a_new_column_on_the_server_makes_everything_travel_again(one_database, read):
    one_database.run(*ORDERS)
    mapping = FOLLOWED % ""
    read(one_database.address, mapping)
    one_database.run(
        "ALTER TABLE orders ADD COLUMN note VARCHAR(20)",
        "INSERT INTO orders VALUES (31, '01', '2026-07-02 08:00:00', NULL, 'New', '2026-07-03 00:00:00', 0, 'x')",
    )
    store, said = read(one_database.address, mapping)

    assert len(store.records("work_orders", "all")) == 31
    assert "tickets: 31 rows read, 31 in all" in said


def test_a_missing_table_is_told_with_the_nearest_name(database, read):
    database.run(*ORDERS)
    mapping = f"""
meta: {{{META}}}
tables:
  work_orders:
    from: ordres{COLUMNS}"""
    with pytest.raises(UserFault, match=r"nothing in the source is called 'ordres'; did you mean 'orders'\?"):
        read(database.address, mapping)
    in_sql = (FOLLOWED % "").replace("{table: orders, watermark: changed, key: id}", "SELECT * FROM ordres")
    with pytest.raises(UserFault, match=r"no table or view 'ordres'; did you mean 'orders'\?"):
        read(database.address, in_sql)


def test_a_watermark_that_is_no_column_is_told_with_the_nearest_name(one_database, read):
    one_database.run(*ORDERS)
    with pytest.raises(UserFault, match=r"no column 'chnged'; did you mean 'changed'\?"):
        read(one_database.address, (FOLLOWED % "").replace("watermark: changed", "watermark: chnged"))


def test_a_key_that_stands_twice_is_refused(one_database, read):
    one_database.run(*ORDERS)
    with pytest.raises(UserFault, match=r"key branch = '0[012]' stands 10 times"):
        read(one_database.address, (FOLLOWED % "").replace("key: id", "key: branch"))


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("DELETE FROM orders", "begins with 'DELETE'"),
        ("SELECT 1; DROP TABLE orders", "more than one statement"),
        ("WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone", "holds DELETE, which writes"),
        ("SELECT * INTO copied FROM orders", "holds INTO, which writes"),
        ("SELECT 1 /*! INTO OUTFILE '/tmp/x' */", "a comment that the server would run"),
        ("SELECT set_config('transaction_read_only', 'off', false)", "holds SET_CONFIG"),
        ("SELECT 'a' -- ;\n", None),
        ("SELECT 'delete; from', \"update\", $$ insert; $$ FROM t;", None),
        ("WITH a AS (SELECT 1) SELECT * FROM a", None),
        ("SELECT deleted, updated_at FROM t", None),
    ],
)
def test_sql_that_writes_is_refused_before_it_is_sent(sql, fault):
    faults = faults_of_query(sql, kind="postgresql")

    assert (faults == []) if fault is None else any(fault in line for line in faults), faults


def test_a_write_that_we_did_not_see_is_refused_by_the_server(database, read, monkeypatch):
    database.run(*ORDERS)
    monkeypatch.setattr("analysis.intake.databases.rules.faults_of_query", lambda *_, **__: [])
    if database.kind == "postgresql":
        database.run(
            "CREATE FUNCTION wipe() RETURNS integer LANGUAGE sql AS 'DELETE FROM orders; SELECT 1'",
        )
        sql = "SELECT wipe() AS id"
    elif database.kind == "mysql":
        database.run("CREATE FUNCTION wipe() RETURNS INTEGER BEGIN DELETE FROM orders; RETURN 1; END")
        sql = "SELECT wipe() AS id"
    else:
        sql = "SELECT 1) AS q; DELETE FROM orders; --"
    with pytest.raises(UserFault) as fault:
        read(database.address, (FOLLOWED % "").replace("{table: orders, watermark: changed, key: id}", sql))
    if database.kind in ("postgresql", "mysql"):
        assert "the query writes and was refused by the server; a database is only read" in str(fault.value)
    monkeypatch.undo()
    monkeypatch.setenv("AFTER_SALES_DATABASE_PASSWORD", "gehe1m/@:'pw")

    assert len(read(database.address, FOLLOWED % "")[0].records("work_orders", "all")) == 30


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_what_is_wrong_with_a_connection_is_one_line_without_the_password(kind, request, tmp_path, read, monkeypatch):
    server = request.getfixturevalue("mariadb_server" if kind == "mysql" else "postgresql_server")
    good = Database(kind, request, tmp_path)
    monkeypatch.setenv("AFTER_SALES_DATABASE_PASSWORD", "wrong-pw")
    with pytest.raises(UserFault, match="'reader' in: the password in AFTER_SALES_DATABASE_PASSWORD is wrong") as told:
        read(good.address)
    assert "wrong-pw" not in str(told.value)
    monkeypatch.delenv("AFTER_SALES_DATABASE_PASSWORD")
    with pytest.raises(UserFault, match="it asks for a password; set AFTER_SALES_DATABASE_PASSWORD"):
        read(good.address)
    with pytest.raises(UserFault, match=r"the environment has no SERVICE_PW, which `database.password_env`"):
        read(good.address, (FOLLOWED % "").replace("database:", "database:\n  password_env: SERVICE_PW"))
    monkeypatch.setenv("AFTER_SALES_DATABASE_PASSWORD", "gehe1m/@:'pw")
    with pytest.raises(UserFault, match=r"host 'no-such-host\.invalid' is not found"):
        read(good.address.replace("127.0.0.1", "no-such-host.invalid"))
    with pytest.raises(UserFault, match=r"nothing answers at 127\.0\.0\.1:1; check port and firewall"):
        read(good.address.replace(str(server.port), "1"))
    with pytest.raises(UserFault, match="there is no database 'nowhere'"):
        read(good.address.replace("/service", "/nowhere"))
    with pytest.raises(UserFault, match="holds a password; leave it out") as told:
        read(good.address.replace("reader@", "reader:pw1234@"))
    assert "pw1234" not in str(told.value)
    with pytest.raises(UserFault, match="unknown option 'sslmod' in the address" if kind == "postgresql" else "sslmod"):
        read(good.address + "?sslmod=require")


def test_the_password_is_in_nothing_that_is_kept(one_database, read, tmp_path, password):
    one_database.run(*ORDERS)
    store, said = read(one_database.address, FOLLOWED % "")
    kept = [file.read_bytes() for file in (tmp_path / "stores").rglob("*") if file.is_file()]

    assert not any(password.encode() in content for content in (*kept, *(line.encode() for line in said)))
    assert json.dumps(store.manifest).count("reader") == 0


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_query_that_takes_too_long_is_stopped_by_the_server(kind, request, tmp_path, read, password):
    database = Database(kind, request, tmp_path)
    database.run(*ORDERS)
    sleep = "SELECT pg_sleep(60), id FROM orders" if kind == "postgresql" else "SELECT sleep(60), id FROM orders"
    mapping = (FOLLOWED % "").replace("{table: orders, watermark: changed, key: id}", sleep)
    mapping = mapping.replace("database:", "database:\n  statement_seconds: 0.2")
    with pytest.raises(UserFault, match=r"a query ran longer than 0\.2 s and was stopped"):
        read(database.address, mapping)


def test_what_only_a_server_knows_comes_as_its_text(postgresql_server, request, tmp_path, read, password):
    database = Database("postgresql", request, tmp_path)
    database.run(
        "CREATE TYPE mood AS ENUM ('repair', 'install')",
        "CREATE TABLE orders (id uuid, big numeric(30, 0), kind mood, branch char(5), "
        "at timestamptz, paid numeric(9, 2))",
        "INSERT INTO orders VALUES ('b1d7d3a0-0000-4000-8000-000000000001', 123456789012345678901, 'repair', '喆', "
        "'2026-01-02 03:04:05+00', 12.30), (gen_random_uuid(), 2, 'install', '㛃', '2026-01-03 00:00:00+08', 'NaN')",
    )
    store, _ = read(
        database.address,
        f"""
meta: {{{META}}}
tables:
  work_orders:
    from: orders
    columns:
      work_order_id: id
      business_unit: branch
      submitted_at: at
      customer_id: big
      work_order_type: kind
      status: {{constant: open}}
""",
    )
    row = store.records("work_orders", "all").set_index("work_order_id").loc["b1d7d3a0-0000-4000-8000-000000000001"]

    assert row["customer_id"] == "123456789012345678901"
    assert row["work_order_type"] == "repair"
    assert row["submitted_at"] == pd.Timestamp("2026-01-02 11:04:05")  # the declared zone
    assert row["business_unit"] == "喆"


def test_a_zero_date_of_mysql_is_refused_with_its_reason(mariadb_server, request, tmp_path, read, password):
    database = Database("mysql", request, tmp_path)
    database.run(
        "SET sql_mode = ''",
        *ORDERS,
        "ALTER TABLE orders MODIFY opened DATETIME",
        "UPDATE orders SET opened = '0000-00-00' WHERE id = 3",
    )
    store, _ = read(database.address, FOLLOWED % "")

    assert store.manifest["tables"]["work_orders"]["reasons"] == {"submitted_at is not a time as declared": 1}


def test_a_column_of_sqlite_may_change_its_mind(tmp_path, read):
    connection = sqlite3.connect(tmp_path / "a.sqlite")
    connection.execute("CREATE TABLE costs (cost_id, business_unit, incurred_on, cost_type, amount)")
    rows = [(n, None if n < 1500 else "U02", "2026-01-05", "labour", 0.1 + n) for n in range(2000)]
    rows += [("late-text", "U01", "2026-01-05", "labour", "1,234.5")]
    connection.executemany("INSERT INTO costs VALUES (?, ?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    store, _ = read(f"sqlite:///{tmp_path / 'a.sqlite'}")
    costs = store.records("costs", "all").set_index("cost_id")

    assert costs.loc["late-text", "amount"] == 1234.5
    assert costs.loc["17", "amount"] == 17.1
    assert len(costs) == 2001


def test_a_probe_says_whether_a_table_without_watermark_changed(tmp_path, read):
    connection = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    for statement in ORDERS:
        connection.execute(statement)
    mapping = (FOLLOWED % "").replace(
        "{table: orders, watermark: changed, key: id}",
        "{table: orders, probe: 'SELECT max(changed), count(*) FROM orders'}",
    )
    address = f"sqlite:///{tmp_path / 'a.sqlite'}"
    read(address, mapping)
    assert "tickets: unchanged, no row read, 30 in all" in read(address, mapping)[1]
    connection.execute("DELETE FROM orders WHERE id = 1")

    assert "tickets: 29 rows read, 29 in all" in read(address, mapping)[1]
    connection.close()
