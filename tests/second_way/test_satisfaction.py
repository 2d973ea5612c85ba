"""Every metric of satisfaction a second way: plain pandas on the store's surveys, statsmodels and scikit-learn for the
models. Shares no code with analysis.metrics or analysis.statistics.
"""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import optimize, special, stats
from statsmodels.stats.contingency_tables import StratifiedTable

from analysis.intake import intake
from analysis.metrics.cards import Catalogue, read_catalogue
from analysis.metrics.measure import measure
from analysis.sample import write_sample
from analysis.store import Store
from tests.second_way.conftest import bounded

Frame = pd.DataFrame
Answer = dict[str, float]
AREA = "satisfaction"
UNITS = ("all", "U01", "U06", "U11")
MONTHS = ("2023-03", "2024-05", "2025-02", "2026-05", "2026-06")
NEWEST = "2026-06"
Z = stats.norm.ppf(0.975)
WINDOW = pd.Timedelta(days=14)
ASPECTS = ("response_speed", "problem_solving", "attitude", "service_quality", "feedback_handling", "accessibility",
           "transparency", "reliability")  # fmt: skip


def wilson(k: float, n: float) -> tuple[float, float]:
    centre, spread = k + Z**2 / 2, Z * np.sqrt(k * (n - k) / n + Z**2 / 4)
    return (centre - spread) / (n + Z**2), (centre + spread) / (n + Z**2)


def share(hits: Any) -> Answer:
    """A share of records in per cent with Wilson's interval."""
    told = pd.Series(hits).dropna().astype(bool)
    n, k = len(told), int(told.sum())
    if not n:
        return {"value": np.nan, "n": 0}
    low, high = wilson(k, n)
    low, high = (0.0 if k == 0 else low), (1.0 if k == n else high)
    return {"value": 100 * k / n, "numerator": k, "denominator": n, "n": n, "low": 100 * low, "high": 100 * high}


def mean(values: pd.Series, *, times: float = 1, signed: bool = False) -> Answer:
    """A mean with the normal interval of its standard error; none where all say the same. Scores are not below
    0."""
    told = values.dropna().astype(float)
    if told.empty:
        return {"value": np.nan, "n": 0}
    answer = {"value": times * told.mean(), "n": len(told)}
    if told.nunique() > 1:
        reach = Z * told.std(ddof=1) / np.sqrt(len(told))
        low, high = (told.mean() - reach, told.mean() + reach) if signed else bounded(told.mean(), reach / Z)
        if times == 100 and signed:  # a share less a share
            low, high = max(low, -1.0), min(high, 1.0)
        answer |= {"low": times * low, "high": times * high}
    return answer


@pytest.fixture(scope="module")
def surveys(store: Store) -> Frame:
    """The sample's surveys with what a careful analyst would note beside each; its scales are 1–5, 0–10 and 1–7."""
    s = store.records("surveys", "all")
    w = store.records("work_orders", "all").set_index("work_order_id")
    lines = store.records("products", "all").set_index("product_id")["product_line"]
    units = store.records("installed_units", "all").set_index("serial_no")["product_id"]
    assert set(s["instrument"]) == {"csat5", "nps", "ces7"}
    test = s["work_order_id"].map(w["is_test"]).fillna(False).astype(bool)
    s = s[~test].copy()
    counted = w[~w["is_test"].fillna(False).astype(bool) & ~w["is_duplicate"].fillna(False).astype(bool)]
    product = counted["product_id"].fillna(counted["serial_no"].map(units))
    s["line"] = s["work_order_id"].map(product.map(lines)).fillna("unknown")
    s["work"] = s["work_order_id"].map(counted["work_order_type"]).fillna("unknown")
    s["in_time"] = s["answered_at"] <= s["sent_at"] + WINDOW
    s["top"], s["low"] = s["score"] >= 4, s["score"] <= 2
    s["service"] = s["instrument"].eq("csat5") & s["complaint_id"].isna()
    s["asked"] = ~(s["method"].eq("online_review") & s["answered_at"].eq(s["sent_at"]))
    return s


def answered(s: Frame, p: Any) -> Frame:
    return s[p.holds(s["answered_at"])]


def service(s: Frame, p: Any) -> Frame:
    return answered(s[s["service"]], p)


def nps(s: Frame, p: Any) -> pd.Series:
    about = s["work_order_id"].notna() | s["complaint_id"].notna()
    return answered(s[s["instrument"].eq("nps") & about], p)["score"]


def ces(s: Frame, p: Any) -> pd.Series:
    return answered(s[s["instrument"].eq("ces7")], p)["score"]


def invited(s: Frame, p: Any, cutoff: pd.Timestamp, days: int = 14) -> Frame:
    due = s["sent_at"] + pd.Timedelta(days=days) <= cutoff
    return s[s["asked"] & p.holds(s["sent_at"]) & due]


def low_scores(s: Frame, p: Any, cutoff: pd.Timestamp) -> Answer:
    csat, recommend = s["instrument"].eq("csat5") & (s["score"] <= 2), s["instrument"].eq("nps") & (s["score"] <= 6)
    rows = answered(s[csat | recommend], p)
    rows = rows[rows["answered_at"] + pd.Timedelta(days=7) <= cutoff]
    return share(rows["followed_up_at"] <= rows["answered_at"] + pd.Timedelta(days=7))


def index(s: Frame, p: Any) -> Answer:
    three = answered(s, p)[["acsi_overall", "acsi_expectation", "acsi_ideal"]].dropna()
    return mean((three.sum(axis=1) - 3) / 27 * 100)


def gap(s: Frame, p: Any) -> Answer:
    rows = service(s, p)
    return mean(rows["score"] - rows["expectation"], signed=True)


def aspect(name: str) -> Callable[..., Answer]:
    return lambda s, p, _: mean(answered(s[s["complaint_id"].isna()], p)[name])


def bound(s: Frame, p: Any, cutoff: pd.Timestamp, *, best: bool) -> Answer:
    rows = invited(s[s["service"]], p, cutoff)
    return share((rows["in_time"] & rows["top"]) | (~rows["in_time"] if best else False))


WAYS: dict[str, Callable[..., Answer]] = {
    "csat_top2_share": lambda s, p, _: share(service(s, p)["top"]),
    "csat_mean": lambda s, p, _: mean(service(s, p)["score"]),
    "csat_low_share": lambda s, p, _: share(service(s, p)["low"]),
    "nps": lambda s, p, _: mean((nps(s, p) >= 9) * 1.0 - (nps(s, p) <= 6), times=100, signed=True),
    "nps_relationship": lambda s, p, _: {"value": np.nan, "n": 0},
    "nps_promoter_share": lambda s, p, _: share(nps(s, p) >= 9),
    "nps_detractor_share": lambda s, p, _: share(nps(s, p) <= 6),
    "ces_mean": lambda s, p, _: mean(ces(s, p)),
    "ces_easy_share": lambda s, p, _: share(ces(s, p) >= 5),
    "survey_answers": lambda s, p, _: {"value": len(answered(s, p)), "n": len(answered(s, p))},
    "survey_response_rate": lambda s, p, cutoff: share(invited(s, p, cutoff)["in_time"]),
    "csat_worst_case": lambda s, p, cutoff: bound(s, p, cutoff, best=False),
    "csat_best_case": lambda s, p, cutoff: bound(s, p, cutoff, best=True),
    **{f"csat_{name}": aspect(name) for name in ASPECTS},
    "aspect_top2_share": lambda s, p, _: share(
        answered(s[s["complaint_id"].isna()], p)[list(ASPECTS)].stack().dropna() >= 4
    ),
    "expectation_gap": lambda s, p, _: gap(s, p),
    "satisfaction_index": lambda s, p, _: index(s, p),
    "low_score_follow_up_rate": low_scores,
    "complaint_handling_satisfaction": lambda s, p, _: share(
        answered(s[s["complaint_id"].notna() & s["instrument"].eq("csat5")], p)["top"]
    ),
}
APART = {"csat_weighted", "csat_driver_share", "csat_drivers_explained", "csat_driver_odds", "csat_method_gap",
         "negative_comment_share", "comment_reading_accuracy", "comment_unclassified_share",
         "low_score_follow_up_time_median"}  # fmt: skip
OF_THE_AREA = [card.id for card in read_catalogue().of_area(AREA) if card.id not in APART]


def of(surveys: Frame, unit: str) -> Frame:
    return surveys if unit == "all" else surveys[surveys["business_unit"] == unit]


@pytest.fixture(scope="module")
def told(of_area: Callable[[str], Frame]) -> Callable[[str], Frame]:
    """`told("nps")`: the measured rows of a metric of the area."""
    tables = dict(list(of_area(AREA).groupby("metric", observed=True)))
    return lambda metric: tables[metric]


@pytest.mark.parametrize("metric", OF_THE_AREA)
def test_a_second_way_comes_to_the_same_by_unit_and_month(metric, surveys, store, told, period, differences):
    assert metric in WAYS, f"{metric} has no second way"
    rows = told(metric)
    found = [
        line
        for unit in UNITS
        for month in MONTHS
        for line in differences(
            f"{unit} {month}",
            WAYS[metric](of(surveys, unit), period(month), store.cutoff),
            rows[rows["business_unit"].eq(unit) & rows["period"].eq(month) & rows["breakdown"].eq("")],
        )
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("metric", ["csat_top2_share", "survey_response_rate", "nps"])
@pytest.mark.parametrize(("breakdown", "column"), [("product_line", "line"), ("method", "method")])
def test_a_second_way_comes_to_the_same_by_segment(
    metric, breakdown, column, surveys, store, told, period, differences
):
    rows, found = told(metric), []
    for segment in surveys[column].dropna().unique():
        for month in ("2024-02", "2025-07"):
            here = rows["segment"].eq(segment) & rows["breakdown"].eq(breakdown) & rows["period"].eq(month)
            expected = WAYS[metric](surveys[surveys[column] == segment], period(month), store.cutoff)
            found += differences(f"{segment} {month}", expected, rows[here & rows["business_unit"].eq("all")])
    assert not found, "\n" + "\n".join(found)


def test_the_median_time_to_a_follow_up_is_that_of_the_curve(surveys, store, told, period, differences, books):
    rows, found = told("low_score_follow_up_time_median"), []
    low = surveys["instrument"].eq("csat5") & (surveys["score"] <= 2)
    low |= surveys["instrument"].eq("nps") & (surveys["score"] <= 6)
    for unit in UNITS:
        for month in MONTHS:
            cohort = answered(of(surveys[low], unit), period(month))
            expected = books("all").cohort(cohort, "answered_at", "followed_up_at", None).quantile(0.5)
            here = rows["business_unit"].eq(unit) & rows["period"].eq(month) & rows["breakdown"].eq("")
            found += differences(f"{unit} {month}", expected, rows[here])
    assert not found, "\n" + "\n".join(found)


def _last_year(surveys: Frame) -> Frame:
    rows = surveys[surveys["service"] & surveys["score"].notna()]
    return rows[rows["answered_at"].between("2025-07-01", "2026-07-01", inclusive="left")]


@pytest.fixture(scope="module")
def busier(tmp_path_factory: pytest.TempPathFactory) -> tuple[Frame, Callable[[str], Frame]]:
    """Two units with enough answers for the models: their surveys, and the measured rows of a metric."""
    folder = tmp_path_factory.mktemp("busier")
    tables = ("meta", "surveys", "work_orders", "customers", "products", "installed_units")
    write_sample(folder / "sample", seed=4, work_orders=40_000, tables=tables, business_units=("U01", "U03"))
    store = intake(str(folder / "sample"), mapping=None, params=folder, store_root=folder / "store")
    whole = read_catalogue()
    models = ("csat_driver_share", "csat_drivers_explained", "csat_driver_odds")
    rows = measure(store, Catalogue({name: whole[name] for name in models}), out=folder / "out").read()
    s = store.records("surveys", "all")
    s["service"] = s["instrument"].eq("csat5") & s["complaint_id"].isna()
    return s, lambda metric: rows[(rows["metric"] == metric) & (rows["business_unit"] == "all")]


def _scored(surveys: Frame) -> Frame:
    return _last_year(surveys)[["score", *ASPECTS]].dropna()


def test_the_parts_of_the_aspects_are_shapley_values_of_least_squares(busier):
    """By subsets of formula regressions: the gain of an aspect over every coalition, with Shapley's weights."""
    surveys, told = busier
    scored = _scored(surveys)
    few = {}
    for size in range(len(ASPECTS) + 1):
        for chosen in combinations(ASPECTS, size):
            design = sm.add_constant(scored[list(chosen)]) if chosen else np.ones(len(scored))
            few[frozenset(chosen)] = float(sm.OLS(scored["score"], design).fit().rsquared)
    parts = {}
    for name in ASPECTS:
        others = [subset for subset in few if name not in subset]
        weight = [
            1 / (len(ASPECTS) * len(list(combinations(range(len(ASPECTS) - 1), len(subset))))) for subset in others
        ]
        parts[name] = sum(w * (few[subset | {name}] - few[subset]) for w, subset in zip(weight, others, strict=True))
    whole = sum(parts.values())
    rows = told("csat_driver_share")
    rows = rows.set_index("segment")["value"]
    for name, part in parts.items():
        assert rows[name] == pytest.approx(100 * part / whole, abs=1e-6)
    explained = told("csat_drivers_explained")
    assert explained["value"].iloc[0] == pytest.approx(100 * whole, abs=1e-6)


def test_the_odds_are_those_of_an_ordered_logit_written_out(busier):
    """The likelihood of proportional odds by hand, maximised by scipy."""
    surveys, told = busier
    scored = _scored(surveys)
    level, x = scored["score"].astype(int).to_numpy() - 1, scored[list(ASPECTS)].to_numpy(float)
    middle = x.mean(axis=0)

    def surprise(parameters: np.ndarray) -> float:
        effects, first, steps = parameters[:8], parameters[8], parameters[9:]
        cuts = np.concatenate([[-np.inf, first], first + np.cumsum(np.exp(steps)), [np.inf]])
        felt = (x - middle) @ effects
        chance = special.expit(cuts[level + 1] - felt) - special.expit(cuts[level] - felt)
        return -float(np.log(np.maximum(chance, 1e-300)).sum())

    start = np.concatenate([np.full(8, 0.5), [-4.0], np.zeros(3)])
    found = optimize.minimize(surprise, start, method="BFGS", options={"gtol": 1e-4})
    rows = told("csat_driver_odds").set_index("segment")["value"]
    for name, effect in zip(ASPECTS, found.x[:8], strict=True):
        assert rows[name] == pytest.approx(np.exp(effect), rel=1e-3)


def test_the_difference_by_way_of_asking_is_within_unit_work_and_line(surveys, told):
    year = _last_year(surveys).dropna(subset="method")
    above = below = 0.0
    tables = []
    for _, stratum in year.groupby(["business_unit", "work", "line"]):
        one, other = (stratum[stratum["method"] == name]["top"] for name in ("phone_callback", "questionnaire"))
        if len(one) and len(other):
            weight = len(one) * len(other) / (len(one) + len(other))
            above, below = above + weight * (one.mean() - other.mean()), below + weight
            tables.append(np.array([[one.sum(), (~one).sum()], [other.sum(), (~other).sum()]]))
    rows = told("csat_method_gap")
    found = rows[rows["business_unit"].eq("all") & rows["segment"].eq("phone_callback")].iloc[0]
    assert found["value"] == pytest.approx(100 * above / below)
    p = StratifiedTable(tables).test_null_odds(correction=False).pvalue
    assert (p < 0.05) == (found["low"] > 0 or found["high"] < 0)


def test_the_weighted_share_is_that_of_a_logistic_regression_of_single_invitations(surveys, store, told, period):
    """Invitation by invitation with scikit-learn instead of cells: the same traits, nearly no penalty."""
    from sklearn.linear_model import LogisticRegression

    w = store.records("work_orders", "all").set_index("work_order_id")
    customers = store.records("customers", "all").set_index("customer_id")
    kept = ~w["is_test"].fillna(False).astype(bool) & ~w["is_duplicate"].fillna(False).astype(bool)
    rows = surveys[surveys["service"] & surveys["asked"] & (surveys["sent_at"] + WINDOW <= store.cutoff)].copy()
    order = rows["work_order_id"].where(rows["work_order_id"].isin(w.index[kept]))
    whose = rows["customer_id"].fillna(order.map(w["customer_id"]))
    days = order.map((w["completed_at"] - w["submitted_at"]).dt.total_seconds() / 86400)
    traits = pd.DataFrame(
        {
            "unit": rows["business_unit"],
            "work": rows["work"],
            "channel": order.map(w["channel"]).fillna("unknown"),
            "region": whose.map(customers["region"]).fillna("unknown"),
            "line": rows["line"],
            "method": rows["method"].fillna("unknown"),
            "cycle": pd.cut(days, [-np.inf, 1, 3, 7, np.inf], right=False).astype(str),
            "year": rows["sent_at"].dt.year.astype(str),
        }
    )
    for name in traits:
        rare = traits[name].map(traits[name].value_counts()) < 30
        traits.loc[rare, name] = "rare"
    design = pd.get_dummies(traits, drop_first=True).astype(float)
    model = LogisticRegression(C=1e3, max_iter=5_000, tol=1e-8).fit(design, rows["in_time"])
    rows["weight"] = 1 / model.predict_proba(design)[:, 1]
    found = told("csat_weighted")
    for month in ("2025-03", "2026-05"):
        one = rows[period(month).holds(rows["sent_at"]) & rows["in_time"]]
        expected = 100 * np.average(one["top"], weights=one["weight"])
        here = found[found["business_unit"].eq("all") & found["period"].eq(month)].iloc[0]
        assert here["n"] == len(one)
        assert here["value"] == pytest.approx(expected, abs=0.7), "another penalty, and no weight is cut here"


def test_negative_comments_are_those_of_the_dissatisfied_as_far_as_the_reading_is_right(surveys, told, period):
    """The sample writes by mood: the share of negative comments lies near the share of clearly low scores."""
    rows = surveys[surveys["comment"].notna() & surveys["score"].notna()]
    rows = rows[rows["answered_at"] < "2026-07-01"]
    bad = np.select(
        [rows["instrument"].eq("nps"), rows["instrument"].eq("ces7")],
        [np.select([rows["score"] <= 6, rows["score"] >= 9], [1.0, 0.0], np.nan),
         np.select([rows["score"] <= 3, rows["score"] >= 5], [1.0, 0.0], np.nan)],
        np.select([rows["score"] <= 2, rows["score"] >= 4], [1.0, 0.0], np.nan),
    )  # fmt: skip
    right = told("comment_reading_accuracy")
    right = right[right["business_unit"] == "all"]
    assert right["denominator"].sum() == np.isfinite(bad).sum()
    accuracy = right["numerator"].sum() / right["denominator"].sum()
    assert accuracy > 0.85
    negative, open_ = (told(name) for name in ("negative_comment_share", "comment_unclassified_share"))
    negative = negative[negative["business_unit"].eq("all") & negative["breakdown"].eq("")]
    open_ = open_[open_["business_unit"] == "all"]
    assert open_["denominator"].sum() == len(rows)
    assert negative["denominator"].sum() == len(rows) - open_["numerator"].sum()
    found = negative["numerator"].sum() / negative["denominator"].sum()
    assert found == pytest.approx(np.nanmean(bad), abs=0.08)


def test_the_models_know_the_newest_year_only_and_name_their_period(told, busier):
    for rows in (told("csat_method_gap"), busier[1]("csat_driver_share"), busier[1]("csat_driver_odds")):
        assert set(rows["period"]) == {NEWEST}
