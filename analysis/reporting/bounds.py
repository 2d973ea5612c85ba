"""What a report may cost, and how much of what newer results replaced is kept."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one report may cost at most; beyond it the report fails and the others go on. And what must be free on the
    disk before anything begins."""

    cell_seconds: int = 300
    report_seconds: int = 900
    report_megabytes: int = 2000
    page_kilobytes: int = 1000
    printed_kilobytes: int = 256
    free_megabytes: int = 500


@dataclass(frozen=True)
class Keep:
    """How much of what newer results replaced stays; what the index links always does.

    Parameters
    ----------
    versions : replaced versions of a report
    stores, runs : prepared data and measurements of the newest inputs, whatever was used in the last day besides
    """

    versions: int = 12
    stores: int = 6
    runs: int = 24
