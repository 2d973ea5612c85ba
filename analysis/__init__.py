"""After-sales operations analysis: what the notebooks and the runner import. `open_report` is where a notebook
begins.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["open_report"]

if TYPE_CHECKING:
    from analysis.report import open_report


def __getattr__(name: str) -> Any:
    """`open_report` is imported when it is asked for: the runner and the tests of a part need not load the whole."""
    if name == "open_report":
        from analysis.report import open_report

        return open_report
    raise AttributeError(f"module 'analysis' has no attribute {name!r}")
