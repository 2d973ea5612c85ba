"""The sample's products, what goes wrong with them and which parts that takes. Facts only."""

from dataclasses import dataclass

import numpy as np

from analysis.sample.days import day_number, day_of_year
from analysis.sample.writing import Columns


@dataclass(frozen=True)
class Line:
    """A product line. Factors are 1 on average; `hazard` is repairs per unit and year; shares are 0 to 1."""

    name: str
    hazard: float
    response: float
    repair: float
    parts: float  # share of repairs that need a part
    install: float  # share of sold units the maker's own service installs
    remote: float  # share of repairs solved without a visit
    depot: float  # share of repairs done in the workshop
    faults: tuple[str, ...]  # most frequent first


@dataclass(frozen=True)
class Product:
    """A product; `share` is its share of the units sold, `price` in CNY."""

    id: str
    name: str
    line: int
    model: str
    launched: str
    warranty_months: int
    price: float
    supplier: str
    share: float


# fmt: off
LINES = (
    # refrigerant leak, indoor/outdoor communication, compressor protection, noise, dripping, power board, fan motor
    Line("Air conditioner", 0.16, 1.05, 1.15, 0.42, 0.36, 0.09, 0.0,
         ("AC-E03", "AC-E01", "AC-F02", "AC-N11", "AC-D05", "AC-P08", "AC-E06")),
    # not cooling, temperature sensor, door seal, noise, defrost heater, ice maker
    Line("Refrigerator", 0.09, 0.95, 1.1, 0.38, 0.05, 0.12, 0.0,
         ("RF-C01", "RF-T04", "RF-S02", "RF-N07", "RF-D03", "RF-I05")),
    # no water intake, drain pump blocked or failed, spin failure, drum bearing, door lock, control board
    Line("Washing machine", 0.13, 0.95, 1.0, 0.4, 0.12, 0.14, 0.0,
         ("WM-E10", "WM-E21", "WM-V03", "WM-D07", "WM-L05", "WM-C02")),
    # ignition failure, flame lost, leaking tank or valve, heating element, control board, thermostat
    Line("Water heater", 0.14, 1.75, 1.5, 0.48, 0.24, 0.1, 0.0,
         ("WH-E1", "WH-E2", "WH-L04", "WH-P06", "WH-C03", "WH-T08")),
    # backlight, power board, system hangs, wireless module, remote control
    Line("TV", 0.08, 0.9, 0.95, 0.35, 0.14, 0.26, 0.18,
         ("TV-B01", "TV-P02", "TV-S05", "TV-W03", "TV-R06")),
    # not heating, battery, sensor, noise, motor
    Line("Small appliance", 0.1, 0.8, 0.7, 0.22, 0.0, 0.34, 0.52,
         ("SA-H01", "SA-B04", "SA-S02", "SA-N03", "SA-M05")),
)
# fmt: on
FAULT_WEIGHTS = np.array([0.26, 0.20, 0.16, 0.13, 0.11, 0.08, 0.06])

# fmt: off
PRODUCTS = (
    Product("P01", "1.5 HP inverter air conditioner 1.5匹变频空调", 0,
            "KFR-35GW/A1", "2012-01-01", 72, 2899.0, "Meizhi", 0.125),
    Product("P02", "3 HP floor-standing air conditioner 3匹柜机空调", 0,
            "KFR-72LW/C2", "2012-01-01", 72, 6299.0, "Lingda", 0.065),
    Product("P03", "1 HP air conditioner 1匹壁挂空调", 0, "KFR-26GW/E1", "2012-03-01", 72, 2199.0, "Meizhi", 0.085),
    Product("P04", "502 L cross-door refrigerator 502升十字门冰箱", 1,
            "BCD-502WTP", "2012-01-01", 36, 4599.0, "Jiaxi", 0.075),
    Product("P05", "218 L three-door refrigerator 218升三门冰箱", 1, "BCD-218T",
            "2012-01-01", 36, 1699.0, "Jiaxi", 0.085),
    Product("P06", "10 kg front-load washer 10公斤滚筒洗衣机", 2, "XQG100-D10",
            "2012-05-01", 36, 2499.0, "Weiling", 0.075),
    Product("P07", "9 kg top-load washer 9公斤波轮洗衣机", 2, "XQB90-T9", "2012-01-01", 36, 1299.0, "Weiling", 0.065),
    Product("P08", "12 kg washer-dryer 12公斤洗烘一体机", 2, "XQG120-DX", "2022-09-01", 36, 4999.0, "Hanyu", 0.055),
    Product("P09", "16 L gas water heater 16升燃气热水器", 3, "JSQ30-G3", "2012-01-01", 24, 2399.0, "Ruimei", 0.06),
    Product("P10", "60 L electric water heater 60升电热水器", 3, "ES60-V1", "2012-01-01", 24, 1199.0, "Ruimei", 0.07),
    Product("P11", "Heat-pump water heater 空气能热水器", 3, "KF80-200L", "2018-04-01", 72, 6999.0, "Lingda", 0.012),
    Product("P12", "65-inch 4K TV 65英寸4K电视", 4, "65U8", "2015-09-01", 12, 3999.0, "Huaxing", 0.05),
    Product("P13", "55-inch TV 55英寸电视", 4, "55E4", "2013-09-01", 12, 2299.0, "Huaxing", 0.055),
    Product("P14", "Rice cooker 电饭煲", 5, "FB40-IH", "2012-01-01", 12, 499.0, "Kangjia", 0.055),
    Product("P15", "Air fryer 空气炸锅", 5, "AF60", "2017-05-01", 12, 399.0, "Kangjia", 0.04),
    Product("P16", "Robot vacuum 扫地机器人", 5, "RV8-S", "2019-08-01", 12, 2799.0, "Yunjing", 0.028),
)
# fmt: on
PRODUCT_INDEX = {product.id: number for number, product in enumerate(PRODUCTS)}
PRODUCT_LINE = np.array([product.line for product in PRODUCTS])
PRICE = np.array([product.price for product in PRODUCTS])
WARRANTY_MONTHS = np.array([product.warranty_months for product in PRODUCTS])
FAULTS = tuple(fault for line in LINES for fault in line.faults)
FAULT_OFFSET = np.cumsum([0, *(len(line.faults) for line in LINES)])
"""FAULTS[FAULT_OFFSET[line] : FAULT_OFFSET[line + 1]] are the line's fault codes."""


def product_rows() -> Columns:
    """The products table."""
    return {
        "product_id": [product.id for product in PRODUCTS],
        "name": [product.name for product in PRODUCTS],
        "product_line": [LINES[product.line].name for product in PRODUCTS],
        "model": [product.model for product in PRODUCTS],
        "launched_on": [day_number(product.launched) for product in PRODUCTS],
        "warranty_months": [product.warranty_months for product in PRODUCTS],
        "price": [product.price for product in PRODUCTS],
        "supplier": [product.supplier for product in PRODUCTS],
    }


def season_of_requests(line: int, *, heat: float, heat_days: float) -> np.ndarray:
    """How often units of a line fail on each day of the axis, 1 on average over the year."""
    year = day_of_year()
    if line == 0:  # air conditioners: a summer peak, a small one in the heating weeks
        weight = 0.55 + 2.1 * heat * _bump(year, 0.545, heat_days / 365) + 0.25 * _bump(year, 0.02, 20 / 365)
    elif line == 1:
        weight = 0.9 + 0.45 * _bump(year, 0.55, 55 / 365)
    elif line == 3:  # water heaters: winter
        weight = 0.75 + 0.75 * _bump(year, 0.02, 45 / 365)
    else:
        weight = np.ones(len(year))
    return weight / weight.mean()


def season_of_sales(line: int) -> np.ndarray:
    """Units sold on each day of the axis against the average day: 618, 11.11, and the early summer for air
    conditioners.
    """
    year = day_of_year()
    weight = 1.0 + 2.4 * _bump(year, 0.452, 5 / 365) + 2.8 * _bump(year, 0.853, 4 / 365)
    return weight * (0.8 + 0.9 * _bump(year, 0.44, 45 / 365)) if line == 0 else weight


def _bump(year: np.ndarray, centre: float, width: float) -> np.ndarray:
    distance = np.abs(year - centre)
    return np.exp(-0.5 * (np.minimum(distance, 1.0 - distance) / width) ** 2)
