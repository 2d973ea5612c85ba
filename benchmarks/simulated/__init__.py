"""A simulated after-sales business whose truth is known: canonical tables of many units, each with one planted effect
or none. It shares no code with the sample business and imports nothing of the suite.
"""

from benchmarks.simulated.business import Business, Simulated, simulate, write_tables
from benchmarks.simulated.effects import Effect

__all__ = ["Business", "Effect", "Simulated", "simulate", "write_tables"]
