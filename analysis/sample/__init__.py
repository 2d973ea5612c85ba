"""A sample business to try the reports on: `write_sample` writes all tables of the data model; stories.py says
what is planted in it.
"""

from analysis.sample.build import write_sample

__all__ = ["write_sample"]
