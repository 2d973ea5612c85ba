"""Why a report was not published: one kind, one line for people, and where in the notebook."""

import re
from dataclasses import dataclass, replace

from analysis.presentation.masking import mask_text

AT_MOST = 300
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")

CELL_ERROR = "cell raised"
ASKS_INPUT = "asks for input"
INCOMPLETE = "incomplete"
KERNEL_DIED = "kernel died"
WORKER_DIED = "worker died"
CELL_TIME = "cell time limit"
REPORT_TIME = "report time limit"
MEMORY = "memory"
GATE = "check failed"
PAGE = "page not made"
PUBLISH = "not published"
WORTH_A_RETRY = frozenset({KERNEL_DIED, WORKER_DIED})


@dataclass(frozen=True)
class Failure:
    """Why one report failed.

    Parameters
    ----------
    kind : one of this module's words
    reason : one line, told to the user and kept in the index
    cell : number of the cell in the notebook as the analyst sees it, from 1; None where no cell is to blame
    line : line in that cell, from 1
    traceback : what the kernel said, for the file beside the failed notebook
    """

    kind: str
    reason: str
    cell: int | None = None
    line: int | None = None
    traceback: str = ""

    @property
    def place(self) -> str:
        """ "cell 7, line 2", as far as known."""
        return place(self.cell, self.line)

    def told(self) -> str:
        """Place, then kind where the reason does not say it, then reason; one line."""
        return ": ".join(filter(None, (self.place, self.reason)))


class ReportFailed(Exception):
    """Carries a Failure out of the steps of one report."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure.told())


def place(cell: int | None, line: int | None) -> str:
    """ "cell 7, line 2", as far as known."""
    return ", ".join(filter(None, (f"cell {cell}" if cell else "", f"line {line}" if cell and line else "")))


def one_line(text: str) -> str:
    """Text from a cell as one harmless line of limited length: no colours, no control characters, nobody's name or
    number."""
    line = mask_text(_UNPRINTABLE.sub(" ", _COLOUR.sub("", text)).strip())
    return line if len(line) <= AT_MOST else line[: AT_MOST - 1] + "…"


def plain_traceback(lines: list[str]) -> str:
    """The kernel's traceback without its colours and without what names a person."""
    return mask_traceback(_COLOUR.sub("", "\n".join(lines)))


def mask_traceback(text: str) -> str:
    """A traceback with what names a person masked, its colours kept."""
    return "\x1b".join(mask_text(part) for part in text.split("\x1b"))


def with_reason(failure: Failure, addition: str) -> Failure:
    """The same failure with more said about it."""
    return replace(failure, reason=f"{failure.reason}; {addition}")
