"""Measurements → what changed, why and how sure: signals and findings, once per run."""

from analysis.signals.evaluate import Signals, evaluate

__all__ = ["Signals", "evaluate"]
