"""What a user can put right: faults that print as lines, not as tracebacks. Programming errors are not for this
module.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class UserFault(Exception):
    """One or more mistakes in parameters, mapping or data, each a line that names the thing, the rule, the value and
    the next step.

    Parameters
    ----------
    lines : the messages, all faults of one kind collected before raising. A single string is one line.
    """

    def __init__(self, lines: str | Sequence[str]) -> None:
        self.lines: tuple[str, ...] = (lines,) if isinstance(lines, str) else tuple(lines)
        super().__init__("\n".join(self.lines))


def nearest(name: str, candidates: Iterable[str], *, limit: int = 3) -> list[str]:
    """The candidates that look most like `name`, best first; empty when none is near.

    Compared without regard to case, spaces, hyphens and underscores, so that 'Submitted At' finds 'submitted_at'.
    """
    known = {_folded(candidate): candidate for candidate in candidates}
    return [known[match] for match in get_close_matches(_folded(name), known, n=limit, cutoff=0.6)]


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """The tail of an error line: `; did you mean 'EMEA'?`, or nothing when no candidate is near."""
    found = nearest(name, candidates)
    return f"; did you mean {' or '.join(repr(match) for match in found)}?" if found else ""


def _folded(name: str) -> str:
    return "".join(ch for ch in name.casefold() if ch.isalnum())
