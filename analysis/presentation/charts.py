"""Every chart of the suite: a table of contents. Each family stands in its own module, the shared steps in
`charting`.
"""

from analysis.presentation.charts_curves import chart_curves
from analysis.presentation.charts_expected import chart_expected
from analysis.presentation.charts_forecast import chart_forecast
from analysis.presentation.charts_funnel import chart_funnel
from analysis.presentation.charts_intervals import chart_intervals
from analysis.presentation.charts_pairs import Side, chart_pairs
from analysis.presentation.charts_panels import chart_small_multiples
from analysis.presentation.charts_process_map import chart_process_map
from analysis.presentation.charts_rank import chart_heat, chart_pareto
from analysis.presentation.charts_rising import chart_rising
from analysis.presentation.charts_scatter import chart_scatter
from analysis.presentation.charts_season import chart_decomposition
from analysis.presentation.charts_stack import chart_ageing, chart_stages
from analysis.presentation.charts_survival import chart_survival
from analysis.presentation.charts_trend import chart_trend
from analysis.presentation.charts_waterfall import chart_waterfall
from analysis.presentation.charts_window import chart_window
from analysis.presentation.sparkline import Spark, sparkline

__all__ = [
    "Side",
    "Spark",
    "chart_ageing",
    "chart_curves",
    "chart_decomposition",
    "chart_expected",
    "chart_forecast",
    "chart_funnel",
    "chart_heat",
    "chart_intervals",
    "chart_pairs",
    "chart_pareto",
    "chart_process_map",
    "chart_rising",
    "chart_scatter",
    "chart_small_multiples",
    "chart_stages",
    "chart_survival",
    "chart_trend",
    "chart_waterfall",
    "chart_window",
    "sparkline",
]
