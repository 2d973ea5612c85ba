"""Exploring in a notebook cell: the pieces that the areas are made of, called by a metric's name, and questions in
words answered through them.
"""

from analysis.exploring.verbs import Exploring

__all__ = ["Exploring"]
