"""The sample's business units: a home-appliance maker's service regions, their size, climate and habits. Facts only."""

from dataclasses import dataclass

from analysis.sample.days import day_number
from analysis.sample.writing import Columns


@dataclass(frozen=True)
class Unit:
    """One business unit. `weight` is its share of sales against the others; the factors are 1 in the average unit."""

    id: str
    name: str
    name_zh: str
    region: str
    weight: float
    timezone: str = "Asia/Shanghai"
    parent: str = "Mainland China"
    opened: str = "2015-03-01"
    sales_from: str = "2012-01"
    sales_growth: float = 0.03  # a year
    festival: float = 1.0  # how far the Spring Festival empties the weeks around it
    heat: float = 1.0  # how strong the summer peak of air conditioners is
    heat_days: float = 42.0  # half-width of the summer peak in days
    dispatch: float = 1.0
    response: float = 1.0
    fix: float = 0.0  # added to the log-odds of a fix at the first visit
    complaints: float = 1.0
    cost: float = 1.0


# fmt: off
UNITS = (
    Unit("U01", "East China", "华东大区", "华东", 20.0, sales_growth=0.035, response=0.92),
    Unit("U02", "South China", "华南大区", "华南", 15.0, heat=0.8, heat_days=60.0, complaints=0.95),
    Unit("U03", "North China", "华北大区", "华北", 12.0, heat=0.9, heat_days=36.0),
    Unit("U04", "Central China", "华中大区", "华中", 10.0, heat=1.15, complaints=1.05),
    Unit("U05", "Southwest China", "西南大区", "西南", 8.5, heat=0.6, response=1.08, cost=1.08),
    Unit("U06", "Northeast China", "东北大区", "东北", 6.5, heat=0.45, heat_days=30.0, fix=0.1),
    Unit("U07", "Northwest China", "西北大区", "西北", 5.0, heat=0.55, dispatch=1.75, response=1.15, cost=1.12),
    Unit("U08", "E-commerce Service Centre", "电商服务中心", "全国", 4.6,
         sales_growth=0.06, response=0.9, complaints=1.1),
    Unit("U09", "Shandong", "山东大区", "华东", 4.2, fix=-0.1),
    Unit("U10", "Hong Kong", "香港分公司", "香港", 2.4,
         timezone="Asia/Hong_Kong", parent="Overseas", festival=0.6, heat=0.7,
         heat_days=62.0, dispatch=0.9, response=0.8, complaints=0.8, cost=1.6),
    Unit("U11", "Europe, Middle East and Africa", "欧洲、中东及非洲", "EMEA", 1.5,
         timezone="Europe/Berlin", parent="Overseas", opened="2016-09-01", sales_from="2016-09", festival=0.0, heat=0.5,
         heat_days=34.0, response=1.3, cost=1.7),
    Unit("U12", "Hainan", "海南分公司", "华南", 3.6,
         opened="2025-10-01", sales_from="2024-04", heat=0.6, heat_days=75.0, response=1.1, fix=-0.15),
)
# fmt: on
UNIT_INDEX = {unit.id: number for number, unit in enumerate(UNITS)}


def business_unit_rows() -> Columns:
    """The business_units table."""
    return {
        "business_unit": [unit.id for unit in UNITS],
        "name": [unit.name for unit in UNITS],
        "timezone": [unit.timezone for unit in UNITS],
        "name_zh": [unit.name_zh for unit in UNITS],
        "region": [unit.region for unit in UNITS],
        "parent": [unit.parent for unit in UNITS],
        "opened_on": [day_number(unit.opened) for unit in UNITS],
    }
