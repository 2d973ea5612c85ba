"""Faults I15, X5, X11: whatever a unit is called, its rows stay its own, its folder stays in the store, and nobody
passes for the company.
"""

import pytest

from analysis.faults import UserFault

META = "data_cutoff_at\n2024-02-01T00:00:00\n"
HEAD = "work_order_id,business_unit,submitted_at,status\n"


def quoted(unit):
    return '"' + unit.replace('"', '""') + '"'


def test_strange_ids_stay_inside_the_store_and_apart(load):
    units = [
        "../../x",
        "a/b",
        "CON",
        ".",
        "..",
        "{x.__class__}",
        "a=b&c%20",
        "华北 一区",
        "NA",
        "001",
        "it's",
        'say "x"',
        "*",
        "[a]",
    ]
    rows = "".join(f"{n},{quoted(unit)},2024-01-01,open\n" for n, unit in enumerate(units))
    store = load({"meta.csv": META, "work_orders.csv": HEAD + rows})

    assert store.business_units == sorted(units)
    for number, unit in enumerate(units):
        own = store.records("work_orders", unit)
        assert own[["work_order_id", "business_unit"]].to_numpy().tolist() == [[str(number), unit]]
    inside = (store.path / "tables" / "work_orders").resolve()
    assert all(file.resolve().is_relative_to(inside) for file in inside.rglob("*"))
    assert len(list(inside.iterdir())) == len(units)
    with store.connect() as connection:
        counted = connection.execute("SELECT business_unit, count(*) FROM work_orders GROUP BY 1").fetchall()
    assert dict(counted) == dict.fromkeys(units, 1)


@pytest.mark.parametrize("unit", ["all", "ALL"])
def test_the_name_of_the_whole_company_is_reserved(load, unit):
    with pytest.raises(UserFault, match="is reserved for the whole company"):
        load({"meta.csv": META, "work_orders.csv": f"{HEAD}1,{unit},2024-01-01,open\n"})


def test_a_name_too_long_for_a_folder_is_refused_with_the_way_out(load):
    with pytest.raises(
        UserFault, match=r"too long for a folder; give it a short id and its name in params/business_units\.yml"
    ):
        load({"meta.csv": META, "work_orders.csv": f"{HEAD}1,{'华' * 90},2024-01-01,open\n"})


def test_rows_without_a_unit_go_to_unknown_and_totals_reconcile(load):
    store = load(
        {
            "meta.csv": META,
            "work_orders.csv": f"{HEAD}1,,2024-01-01,open\n2,  ,2024-01-01,open\n3,U01,2024-01-01,open\n",
        }
    )

    assert store.business_units == ["U01", "unknown"]
    assert len(store.records("work_orders", "unknown")) == 2
    assert len(store.records("work_orders", "all")) == 3


def test_units_are_described_by_the_data_and_by_params_and_the_rest_is_said(load):
    store = load(
        {
            "meta.csv": META,
            "work_orders.csv": f"{HEAD}1,EMEA,2024-01-01,open\n2,EMAE,2024-01-01,open\n3,CN,2024-01-01,open\n",
            "business_units.csv": "business_unit,name,region\nCN,China,Asia\nUS,Americas,\n",
        },
        units="units:\n  EMEA: {name: Europe, name_zh: 欧洲}\n  CN: {name_zh: 中国}\n",
    )
    units = {unit["business_unit"]: unit for unit in store.manifest["business_units"]}

    assert units["CN"] == {
        "business_unit": "CN",
        "name": {"en": "China", "zh": "中国"},
        "region": "Asia",
        "described": True,
        "rows": {"work_orders": 1},
    }
    assert units["EMEA"]["name"] == {"en": "Europe", "zh": "欧洲"}
    assert units["EMAE"]["described"] is False
    assert store.business_units == ["CN", "EMAE", "EMEA"]
    assert "business units not described: EMAE; did you mean 'EMEA'?" in store.manifest["notes"]
    assert "business units without a row: US" in store.manifest["notes"]


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ("units: {all: {name: x}}", "reserved for the whole company"),
        ("units: {001: {name: x}}", "unit 1 is not text in YAML; put quotes around the id"),
        ("units: {U1: {nmae: x}}", "unknown key 'nmae'; did you mean 'name'"),
        ('units: {"U1\\r\\nBcc: x": {}}', "a line end in an id or name"),
        ("unit: {}", "unknown key 'unit'; did you mean 'units'"),
    ],
)
def test_wrong_parameters_are_refused(load, units, message):
    with pytest.raises(UserFault, match=message):
        load({"meta.csv": META, "work_orders.csv": f"{HEAD}1,U1,2024-01-01,open\n"}, units=units)


def test_units_that_differ_in_letter_case_only_are_said(load):
    store = load({"meta.csv": META, "work_orders.csv": f"{HEAD}1,North,2024-01-01,open\n2,NORTH,2024-01-01,open\n"})

    assert "business units that differ in letter case only: NORTH, North" in store.manifest["notes"]
    assert len(store.records("work_orders", "North")) == 1
