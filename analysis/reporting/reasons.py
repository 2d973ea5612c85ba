"""A failure as the readers of an index are told it: what happened and where, in their language, then the exact words.

The exact words are the kernel's or the system's own and stay as they are.
"""

from collections.abc import Mapping

from analysis.presentation.language import Text, both, pick, words
from analysis.reporting import failures
from analysis.reporting.failures import place
from analysis.reporting.run_record import Failed


def say_failure(failed: Failed, language: str) -> str:
    """Why a report was not published, in one line.

    Example
    -------
    >>> failed = Failed("", failures.MEMORY, "cell 4: held 900 MB", 4, None, 1.0, 1, {}, {})
    >>> say_failure(failed, "en")
    'it needed more memory than it may have (cell 4): held 900 MB'
    """
    what = pick(_kinds().get(failed.kind, {"en": failed.kind}), language)
    where = _where(failed, language)
    exact = failed.reason.removeprefix(place(failed.cell, failed.line)).removeprefix(": ")
    if not where:
        return words("{what}: {exact}", language, what=what, exact=exact)
    return words("{what} {where}: {exact}", language, what=what, where=where, exact=exact)


def _where(failed: Failed, language: str) -> str:
    if not failed.cell:
        return ""
    if not failed.line:
        return words("(cell {cell})", language, cell=str(failed.cell))
    return words("(cell {cell}, line {line})", language, cell=str(failed.cell), line=str(failed.line))


def _kinds() -> Mapping[str, Text]:
    return {
        failures.CELL_ERROR: both("a cell stopped with an error"),
        failures.ASKS_INPUT: both("a cell asks for input"),
        failures.INCOMPLETE: both("the notebook did not reach its end"),
        failures.KERNEL_DIED: both("the process that ran it died"),
        failures.WORKER_DIED: both("the process that made it died"),
        failures.CELL_TIME: both("a cell took longer than it may"),
        failures.REPORT_TIME: both("it took longer than a report may"),
        failures.MEMORY: both("it needed more memory than it may have"),
        failures.GATE: both("it did not pass the checks before publishing"),
        failures.PAGE: both("its page could not be made"),
        failures.PUBLISH: both("it could not be published"),
    }
