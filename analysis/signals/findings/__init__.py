"""What was found: dated changes, units and segments that stand out, causes, targets missed; each once, most
consequential first."""

from analysis.signals.findings.collect import find

__all__ = ["find"]
