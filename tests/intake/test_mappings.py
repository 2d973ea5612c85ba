"""Mappings: what they can say, what they may not (X6, X12), and that mistakes come all at once with the nearest names
(I6, I10).
"""

import pandas as pd
import pytest

from analysis.faults import UserFault
from analysis.intake.locked_sql import faults_of_expression, faults_of_select
from analysis.intake.mapping import read_mapping

ORDERS = """Ticket;Team;Opened;State;Closed;Grade
1;North;29/2/2024 08:00;Neu;?;A
2;South;01.03.2024;Zu;2/3/2024 09:30;B
3;South;1/3/2024 10:15;Weg;;C
"""
MAPPING = r"""
name: trial
meta: {data_cutoff_at: "2024-04-01", timezone: Europe/Berlin, currency: EUR}
tables:
  work_orders:
    from: export_*
    where: "Grade <> 'C'"
    columns:
      work_order_id: Ticket
      business_unit: Team
      submitted_at: {column: Opened, formats: ["%d/%m/%Y %H:%M", "%d.%m.%Y"]}
      completed_at: {column: Closed, format: "%d/%m/%Y %H:%M", null: ["?"]}
      status: {column: State, values: {"Neu": open, "Zu": completed}}
      service_mode: {constant: depot}
      priority: {sql: "CASE WHEN Grade = 'A' THEN 'P1' ELSE 'P2' END"}
"""


def lines_of(mapping, load, files):
    with pytest.raises(UserFault) as fault:
        load(files, mapping=mapping)
    return list(fault.value.lines)


def test_a_mapping_renames_translates_fills_and_leaves_out(load):
    store = load({"export_2024.csv": ORDERS}, mapping=MAPPING)
    rows = store.records("work_orders", "all").sort_values("work_order_id")
    entry = store.manifest["tables"]["work_orders"]

    assert rows[["work_order_id", "business_unit", "status", "service_mode", "priority"]].to_numpy().tolist() == [
        ["1", "North", "open", "depot", "P1"],
        ["2", "South", "completed", "depot", "P2"],
    ]
    assert rows["submitted_at"].tolist() == [pd.Timestamp("2024-02-29 08:00"), pd.Timestamp("2024-03-01")]
    assert pd.isna(rows["completed_at"].iloc[0])
    assert (entry["read"], entry["rows"], entry["left_out"]) == (3, 2, 1)
    assert (store.manifest["mapping"], store.manifest["cutoff_from"], store.manifest["currency"]) == (
        "trial",
        "mapping",
        "EUR",
    )


def test_several_files_make_one_table_and_their_rows_are_told_apart(load):
    head = ORDERS.splitlines()[0]
    files = {
        f"export_{year}.csv": f"{head}\n{year}1;North;1/1/{year} 08:00;Neu;?;A\n{year}2;North;soon;Neu;?;A\n"
        for year in (2022, 2023)
    }
    store = load(files, mapping=MAPPING.replace("tables:", "quarantine_limit: 0.6\ntables:"))

    assert sorted(store.records("work_orders", "North")["work_order_id"]) == ["20221", "20231"]
    assert sorted(store.quarantine("work_orders")[["_file", "_line"]].to_numpy().tolist()) == [
        ["export_2022.csv", 3],
        ["export_2023.csv", 3],
    ]


def test_every_mistake_of_a_mapping_is_told_at_once(tmp_path):
    path = tmp_path / "wrong.yml"
    path.write_text(
        """
tabels: {}
meta: {timezon: UTC}
tables:
  workorders: {from: x}
  complaints:
    from: x
    columns:
      complaintid: A
      received_at: {column: B, format: iso8601}
      category: {column: C, constant: x}
      closed_at: {column: D, formats: ["%d/%m/%Y", "%m/%d/%Y"]}
      channel: {colum: E}
""",
        encoding="utf-8",
    )
    with pytest.raises(UserFault) as fault:
        read_mapping(path)

    columns = "wrong.yml: tables.complaints.columns"
    assert fault.value.lines == (
        "wrong.yml: unknown key 'tabels'; did you mean 'tables'?",
        "wrong.yml: meta: unknown key 'timezon'; did you mean 'timezone'?",
        "wrong.yml: tables.workorders: no such table; did you mean 'work_orders' or 'work_order_events'?",
        f"{columns}.complaintid: complaints has no such column; did you mean 'complaint_id' or 'compensation'?",
        f"{columns}.received_at: format 'iso8601' is neither a pattern with % nor one of epoch_ms, epoch_s, excel, iso",
        f"{columns}.category: give exactly one of column, constant, sql",
        f"{columns}.closed_at: formats '%d/%m/%Y' and '%m/%d/%Y' read the same text as two different days; keep one",
        f"{columns}.channel: unknown key 'colum'; did you mean 'column'?",
        f"{columns}.channel: give exactly one of column, constant, sql",
    )


def test_an_unknown_source_column_names_the_nearest(load):
    wrong = MAPPING.replace("business_unit: Team", "business_unit: Teams").replace(
        "'A' THEN", "'A' AND Gradd = 'x' THEN"
    )
    lines = lines_of(wrong, load, {"export_1.csv": ORDERS})

    assert (
        lines[0]
        == "trial: tables.work_orders.columns.business_unit: export_1.csv has no column 'Teams'; did you mean 'Team'?"
    )
    assert lines[1].startswith("trial: tables.work_orders.columns.priority.sql: Binder Error:")
    assert lines[1].endswith("did you mean 'Grade'?")


def test_a_file_that_is_not_there_names_the_nearest(load):
    lines = lines_of(MAPPING.replace("export_*", "exports"), load, {"export.csv": ORDERS})

    assert lines == [
        "trial: tables.work_orders.from: nothing in the source is called 'exports'; did you mean 'export'?"
    ]


def test_a_folder_without_a_canonical_name_asks_for_a_mapping(load):
    with pytest.raises(
        UserFault, match=r"no file is named after a table of the data model \(workorders; did you mean 'work_orders'"
    ):
        load({"workorders.csv": ORDERS})


def test_yaml_that_would_build_objects_is_refused(load):
    with pytest.raises(UserFault, match="could not determine a constructor for the tag"):
        load({"export_1.csv": ORDERS}, mapping="name: !!python/object/apply:os.system ['true']\n")


def test_a_key_twice_in_yaml_is_refused(load):
    with pytest.raises(UserFault, match=r"trial\.yml: line 3: key 'meta' stands twice"):
        load({"export_1.csv": ORDERS}, mapping="meta: {}\nname: x\nmeta: {timezone: UTC}\n")


def test_source_words_that_yaml_reads_as_something_else_must_be_quoted(load):
    mapping = MAPPING.replace('{"Neu": open, "Zu": completed}', "{Neu: open, No: completed}")
    assert lines_of(mapping, load, {"export_1.csv": ORDERS}) == [
        "trial.yml: tables.work_orders.columns.status.values: False is not text in YAML; "
        "put quotes around it as it stands in the source"
    ]


@pytest.mark.parametrize(
    ("text", "formats", "moment"),
    [
        ("2026年10月3日", ("%Y年%m月%d日",), "2026-10-03"),
        ("46298", ("excel",), "2026-10-03"),
        ("46298.75", ("excel",), "2026-10-03 18:00"),
        ("10/11/2026", ("%d/%m/%Y",), "2026-11-10"),
        ("10/11/2026", (), None),
        ("2026/10/3", (), "2026-10-03"),
        ("20261003", ("%Y%m%d",), "2026-10-03"),
        ("1790985600", ("epoch_s",), "2026-10-03 08:00"),
        ("1790985600000", ("epoch_ms",), "2026-10-03 08:00"),
        ("10/03/2026 06:05:00 PM", ("%m/%d/%Y %I:%M:%S %p",), "2026-10-03 18:05"),
        ("2026-02-30", (), None),
        ("infinity", (), None),
        ("2026-10-03 +08", (), None),
        ("2026-10-03T00:00:00.5+01:00", (), "2026-10-03 07:00:00.5"),
    ],
)
def test_times_are_read_by_declared_formats_only(text, formats, moment):
    import duckdb

    from analysis.data_model import Column
    from analysis.intake.parsing import typed_value

    sql = typed_value("x", "VARCHAR", Column("at", "datetime", "o"), formats=formats, timezone="Asia/Shanghai")
    found = duckdb.execute(f"SELECT {sql} FROM (SELECT $1::VARCHAR AS x)", [text]).fetchall()[0][0]

    assert found == (None if moment is None else pd.Timestamp(moment).to_pydatetime())


@pytest.mark.parametrize(
    "sql",
    [
        "a; DROP TABLE x",
        "read_csv('/etc/passwd')",
        "(SELECT a FROM other)",
        "a) AS v, (b",
        "a) FROM (SELECT 1",
        "getenv('HOME')",
        "current_setting('home_directory')",
        "now()",
        "current_date",
        "random()",
        "a /*",
        "COPY x TO 'y'",
    ],
)
def test_an_expression_is_an_expression_and_nothing_else(sql):
    assert faults_of_expression(sql)


@pytest.mark.parametrize(
    "sql", ["a", "a || '; --'", "CASE WHEN a > 1 THEN 'read_csv' END", "strptime(a, '%d')", "a::DATE - b::DATE"]
)
def test_plain_expressions_pass(sql):
    assert faults_of_expression(sql) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT 2",
        "SELECT * FROM log;",
        "COPY log TO 'x.csv'",
        "ATTACH 'x.db'",
        "PRAGMA database_list",
        "INSTALL httpfs",
        "SELECT * FROM read_csv('x.csv')",
        "SELECT * FROM 'x.csv'",
        "SELECT * FROM other",
        "SELECT * FROM main.log",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM log WHERE a IN (SELECT content FROM read_text('/etc/passwd'))",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM log USING SAMPLE 10%",
        "DESCRIBE log",
    ],
)
def test_a_select_reads_the_source_and_nothing_else(sql):
    assert faults_of_select(sql, ["log"])


def test_the_connection_itself_is_locked_as_the_second_wall(tmp_path):
    import duckdb

    from analysis.intake.locked_sql import lock

    inside, outside = tmp_path / "in", tmp_path / "out.csv"
    inside.mkdir()
    outside.write_text("a\n1\n")
    with duckdb.connect() as connection:
        lock(connection, files=[], folder=inside)
        for sql in (
            f"SELECT * FROM read_csv('{outside}')",
            f"COPY (SELECT 1) TO '{tmp_path}/stolen.csv'",
            "SET enable_external_access = true",
            f"ATTACH '{tmp_path}/x.db'",
        ):
            with pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException)):
                connection.execute(sql)


def test_a_select_folds_a_log_into_orders_and_its_files_count_as_read(load):
    log = "ticket,team,what,moment\n" + "".join(
        f"{t},North,{what},2024-01-0{day} 08:00\n"
        for t in (1, 2)
        for day, what in enumerate(("opened", "done"), start=t)
    )
    mapping = """
name: log
meta: {data_cutoff_at: "2024-04-01"}
tables:
  work_orders:
    select: |
      SELECT ticket, any_value(team) AS team,
        min(moment) FILTER (what = 'opened') AS opened, max(moment) FILTER (what = 'done') AS done
      FROM history GROUP BY ticket
    columns:
      work_order_id: ticket
      business_unit: team
      submitted_at: opened
      completed_at: done
      status: {constant: completed}
"""
    store = load({"history.csv": log + "9,North\n"}, mapping=mapping)
    rows = store.records("work_orders", "North").sort_values("work_order_id")

    assert rows["completed_at"].tolist() == [pd.Timestamp("2024-01-02 08:00"), pd.Timestamp("2024-01-03 08:00")]
    assert store.manifest["sources"][0]["rows"] == 5
    refused = store.quarantine("work_orders")
    assert refused[["_file", "_line", "_text"]].to_numpy().tolist() == [["history.csv", 6, "9,North"]]


def test_an_expression_that_fails_on_a_value_is_a_fault_of_the_mapping(load):
    mapping = MAPPING.replace(
        "priority: {sql: \"CASE WHEN Grade = 'A' THEN 'P1' ELSE 'P2' END\"}", 'visits: {sql: "Grade::INT"}'
    )
    lines = lines_of(mapping, load, {"export_1.csv": ORDERS})

    assert lines[0].startswith("work_orders: Conversion Error: Could not convert string 'A' to INT32")
