"""The company's own metrics before they meet data: every expression of params/metrics.yml passes two walls.

The first is the catalogue's own check, which allows a list of harmless constructs and tries each expression on empty
tables. The second is the machinery that guards a mapping's SQL, which refuses what reads files, settings or the clock.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.faults import UserFault
from analysis.intake.locked_sql import faults_of_expression
from analysis.metrics.cards import Catalogue, MetricCard, read_catalogue
from analysis.metrics.check import check_catalogue
from analysis.metrics.kinds import EXPRESSIONS, Derived

FILE = "metrics.yml"
OF_THE_CATALOGUE = "'cutoff'"  # a macro that the second wall does not know and the measured tables speak


def check_own(catalogue: Mapping[str, MetricCard]) -> None:
    """Refuse own metrics that could not be measured, or should not be.

    Raises
    ------
    UserFault : one line per fault: file, metric, field, rule
    """
    suite = read_catalogue()
    own = {metric: card for metric, card in catalogue.items() if metric not in suite}
    if not own:
        return
    faults = [line for card in own.values() for line in _locked(card)]
    parts = {part: catalogue[part] for card in own.values() if isinstance(card.how, Derived) for part in card.how.of}
    try:
        check_catalogue(Catalogue(parts | own))
    except UserFault as fault:
        faults += [f"{FILE}: {line}" for line in fault.lines]
    if faults:
        raise UserFault(list(dict.fromkeys(faults)))


def _locked(card: MetricCard) -> Iterator[str]:
    how: Any = card.how
    for field in EXPRESSIONS:
        text = getattr(how, field, None)
        if not isinstance(text, str):
            continue
        for fault in faults_of_expression(text):
            if OF_THE_CATALOGUE not in fault:
                yield f"{FILE}: metric {card.id!r}: {field!r} {fault}"
