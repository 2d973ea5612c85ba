"""Businesses as no sample is: one that fills every list, chart and page, and one of almost nothing."""

import zlib
from pathlib import Path

import pandas as pd

from analysis.sample import write_sample

PARTS = 5  # of each unit of the sample
LINES = 3  # of each product
PLACES = (
    ("Regional Service and Spare Parts Distribution Centre for Household and Commercial Appliances",
     "家用及商用电器区域售后服务与备件配送中心（含周边县市特约服务网点）"),
    ("Authorised Franchise Partners of the Greater Metropolitan Area including Outlying Counties",
     "大都市圈授权加盟服务商联合管理办公室"),
    ("Directly Operated", "直营"),
    ("Field Service Cooperative North-by-Northwest", "西北偏北现场服务合作社"),
    ("Key Accounts and Institutional Customers (Hospitals, Schools, Hotels, Barracks)",
     "重点客户与机构客户服务部（医院、学校、酒店、部队）"),
)  # fmt: skip
PRODUCTS = (
    "Wall-mounted condensing combination boilers with integrated buffer storage and remote diagnosis",
    "家用中央空调多联机组与全热交换新风系统及其配套智能控制终端产品线",
    "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft appliances",
)
FAULT = "intermittent communication failure between indoor and outdoor unit"
SAID = (
    "The technician came twice, ordered the wrong part and left without telling anybody when he would be back, so we "
    "waited another two weeks in the middle of the summer. " * 12,
    "师傅来了两次都没有修好，零件订错了也没有人通知我们，大夏天等了两个多星期，打电话客服说没有记录，" * 20,
)


def write_overfull(folder: Path, *, work_orders: int) -> None:
    """The sample's business as sixty units, hundreds of fault codes, forty products and nine hundred technicians, all
    with long names; every comment is a page long. A customer stays in one unit with one product.
    """
    write_sample(folder, work_orders=work_orders)
    (folder / "installed_base_monthly.csv").unlink(missing_ok=True)  # counted for the units that are no more
    orders = _read(folder, "work_orders").drop_duplicates("work_order_id")
    customers = orders.set_index("work_order_id")["customer_id"]
    for file in sorted(folder.glob("*.csv")):
        _fill(_read(folder, file.stem), file.stem, customers).to_csv(file, index=False)


def write_tiny(folder: Path) -> None:
    """Work orders alone, with two columns more than they need: a unit with one of them in June, one whose only one is
    older, one with a dozen.
    """
    folder.mkdir(parents=True, exist_ok=True)
    orders = [("A", "2026-06-10"), ("B", "2026-03-10"), *(("C", f"2026-{1 + n // 2:02d}-1{n % 2}") for n in range(12))]
    orders.append(("C", "2026-07-03"))  # so that June is over
    rows = [
        (f"{unit}{number}", unit, "completed", *(f"{day}T{hour}:00" for hour in ("09", "10", "17")), "E1", "P1")
        for number, (unit, day) in enumerate(orders)
    ]
    columns = ["work_order_id", "business_unit", "status", "submitted_at", "handled_at", "completed_at"]
    frame = pd.DataFrame(rows, columns=[*columns, "fault_code", "product_id"])
    frame.to_csv(folder / "work_orders.csv", index=False)


def _read(folder: Path, table: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False)


def _fill(rows: pd.DataFrame, table: str, customers: pd.Series) -> pd.DataFrame:
    """A table of the sample as the overfull business has it."""
    if table == "business_units":
        return pd.concat([_unit(rows, number) for number in range(PARTS)])
    if table == "products":
        return pd.concat([_product(rows, number) for number in range(LINES)])
    if table == "technicians":
        return pd.concat([_renamed(rows, ("technician_id", "business_unit"), str(number)) for number in range(PARTS)])
    whose = _whose(rows, customers)
    part, line = _draw(whose, PARTS), _draw(whose + "x", LINES)
    filled = _renamed(_renamed(rows, ("business_unit", "technician_id"), part), ("product_id",), line)
    if "fault_code" in rows and "work_order_id" in rows:
        filled = _renamed(filled, ("fault_code",), _draw(rows["work_order_id"], 9) + f" {FAULT}")
    for column in {"text", "comment"} & {*rows}:
        texts = pd.Series([SAID[row % len(SAID)] for row in range(len(rows))], index=rows.index)
        filled[column] = texts.where(rows[column] != "", "")
    return filled


def _unit(rows: pd.DataFrame, number: int) -> pd.DataFrame:
    english, chinese = PLACES[number]
    named = rows.assign(name=rows["name"] + f" · {english}", name_zh=rows["name_zh"] + chinese)
    return _renamed(named, ("business_unit",), str(number))


def _product(rows: pd.DataFrame, number: int) -> pd.DataFrame:
    line = rows["product_line"] + " " + rows["product_id"] + " " + PRODUCTS[number]
    named = rows.assign(name=rows["name"] + " " + PRODUCTS[number], product_line=line)
    return _renamed(named, ("product_id",), str(number))


def _whose(rows: pd.DataFrame, customers: pd.Series) -> pd.Series:
    """Whom a row is about: its customer, else its order, else nobody."""
    nobody = pd.Series("", index=rows.index)
    own, order = rows.get("customer_id", nobody), rows.get("work_order_id", nobody)
    own = own.where(own != "", order.map(customers).fillna(""))
    return own.where(own != "", order)


def _draw(names: pd.Series, of: int) -> pd.Series:
    """A number below `of` for each name, the same wherever the name stands; 0 for none."""
    return names.map(lambda name: str(zlib.crc32(name.encode()) % of if name.strip("x") else 0))


def _renamed(rows: pd.DataFrame, columns: tuple[str, ...], ends: str | pd.Series) -> pd.DataFrame:
    """The columns' names, where there are any, with an end that tells their parts apart."""
    for name in {*columns} & {*rows}:
        there = ~rows[name].isin(["", "all"])
        rows = rows.assign(**{name: rows[name].mask(there, rows[name] + "-" + ends)})
    return rows
