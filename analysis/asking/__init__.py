"""Questions in words, offline and without a model: what was asked, of which unit and period, and what was not
understood. The words are data; nothing is learned, sent or guessed.
"""

from analysis.asking.near_misses import Near, near_misses
from analysis.asking.reading import Reading, read_question
from analysis.asking.vocabulary import Unit, Vocabulary, make_vocabulary

__all__ = ["Near", "Reading", "Unit", "Vocabulary", "make_vocabulary", "near_misses", "read_question"]
