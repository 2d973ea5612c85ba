"""What customers write, read offline in Chinese and English: which themes a comment touches, and whether it is
negative.

Themes and moods are reviewed lists of words (comment_words.yml). Where enough comments carry a clear score, whether a
comment is negative is learned from the business's own scores instead, every comment read by a model that never saw it.
Refuses to learn from few: then the word lists read, and say so (`how`).
Sources: Pedregosa et al. 2011 (TF-IDF of character n-grams, logistic regression); Stone 1974 (cross-validation).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

WORDS = Path(__file__).with_name("comment_words.yml")
LEARN_FROM, LEARN_FROM_EACH = 200, 30
LEARN_AT_MOST = 20_000
FOLDS = 5
UNSURE = (0.4, 0.6)
CJK = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Readings:
    """How each comment was read.

    negative : 1 negative, 0 not, NaN unclassified. how : "learned" from the scores, or by "words".
    """

    negative: Floats
    how: str


@dataclass(frozen=True)
class Accuracy:
    """How well readings agree with clear scores that the reader had not seen: counts of comments.

    right ÷ n : accuracy. found ÷ dissatisfied : dissatisfied customers whose comment was read as negative.
    false_alarms ÷ satisfied : satisfied customers whose comment was.
    """

    n: int
    right: int
    dissatisfied: int
    found: int
    satisfied: int
    false_alarms: int


def theme_names() -> tuple[str, ...]:
    """The themes of the word lists, in their order."""
    return tuple(_word_lists()["themes"])


def read_themes(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Which themes each comment touches: (comments, themes)."""
    patterns = [_theme_patterns()[name] for name in theme_names()]
    found = {text: [bool(pattern.search(text)) for pattern in patterns] for text in set(texts)}
    return np.array([found[text] for text in texts], dtype=bool).reshape(len(texts), len(patterns))


def read_mood(texts: Sequence[str], dissatisfied: ArrayLike, *, seed: int = 0) -> Readings:
    """Whether each comment is negative, each read by a model that was fitted without it.

    Parameters
    ----------
    texts : the comments
    dissatisfied : what the score of the same answer says: 1 clearly dissatisfied, 0 clearly satisfied, NaN neither
    seed : of the folds; the same comments are always read alike

    Returns
    -------
    Readings ; by word lists with fewer than 200 clear scores or 30 of either kind, or hardly any different texts
    """
    label = np.asarray(dissatisfied, dtype=float)
    bad, good = label == 1, label == 0
    enough = bad.sum() + good.sum() >= LEARN_FROM and min(bad.sum(), good.sum()) >= LEARN_FROM_EACH
    fold = _folds(texts, np.random.default_rng(seed)) if enough else np.zeros(len(texts), dtype=np.intp)
    both_kinds = all((kind & (fold != number)).any() for number in range(FOLDS) for kind in (bad, good))
    if not enough or not both_kinds:
        return Readings(_by_words(texts), "words")
    return Readings(_learned(texts, label, fold, np.random.default_rng(seed)), "learned")


def check_mood(readings: Readings, dissatisfied: ArrayLike) -> Accuracy:
    """The readings against the clear scores; an unclassified comment is not right, found or a false alarm."""
    label = np.asarray(dissatisfied, dtype=float)
    bad, good = label == 1, label == 0
    read_bad, read_good = readings.negative == 1, readings.negative == 0
    return Accuracy(
        n=int((bad | good).sum()),
        right=int(((bad & read_bad) | (good & read_good)).sum()),
        dissatisfied=int(bad.sum()),
        found=int((bad & read_bad).sum()),
        satisfied=int(good.sum()),
        false_alarms=int((good & read_bad).sum()),
    )


def _learned(texts: Sequence[str], label: Floats, fold: NDArray[np.intp], rng: np.random.Generator) -> Floats:
    """Each fold read by the model of the others, also what has no clear score; what lies near a half stays
    unclassified.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer  # costs 1.5 s, so only where it is used
    from sklearn.linear_model import LogisticRegression

    terms = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True, max_features=60_000)
    matrix = terms.fit_transform(text.lower() for text in texts)
    probability = np.empty(len(texts))
    for number in range(FOLDS):
        if not (fold == number).any():  # fewer different texts than folds
            continue
        learn = np.flatnonzero((fold != number) & np.isfinite(label))
        learn = learn if len(learn) <= LEARN_AT_MOST else rng.choice(learn, LEARN_AT_MOST, replace=False)
        model = LogisticRegression(class_weight="balanced", max_iter=500).fit(matrix[learn], label[learn] == 1)
        probability[fold == number] = model.predict_proba(matrix[fold == number])[:, 1]
    low, high = UNSURE
    return np.where(probability >= high, 1.0, np.where(probability <= low, 0.0, np.nan))


def _folds(texts: Sequence[str], rng: np.random.Generator) -> NDArray[np.intp]:
    """A fold for each comment; comments of the same words stand in one, so that no model has seen a text it reads."""
    _, number = np.unique(np.array(["".join(text.lower().split()) for text in texts]), return_inverse=True)
    return (rng.permutation(int(number.max()) + 1) % FOLDS)[number]


def _by_words(texts: Sequence[str]) -> Floats:
    """More bad words than good ones is negative, more good ones is not; equal or none is unclassified. A word turned
    by a "not" close before it counts for the other side.
    """
    read = {text: _balance(text) for text in set(texts)}
    return np.array([np.nan if read[text] == 0 else float(read[text] < 0) for text in texts], dtype=float)


def _balance(text: str) -> int:
    balance = 0
    for side, sign in (("positive", 1), ("negative", -1)):
        for found in _mood_patterns()[side].finditer(text):
            before = text[max(found.start() - (2 if CJK.match(found[0]) else 12), 0) : found.start()]
            turned = sign > 0 and _mood_patterns()["turned_by"].search(before) is not None
            balance += -sign if turned else sign
    return balance


@cache
def _word_lists() -> Mapping[str, Any]:
    return yaml.safe_load(WORDS.read_text(encoding="utf-8"))


@cache
def _theme_patterns() -> dict[str, re.Pattern[str]]:
    return {name: _pattern(lists) for name, lists in _word_lists()["themes"].items()}


@cache
def _mood_patterns() -> dict[str, re.Pattern[str]]:
    return {side: _pattern(lists) for side, lists in _word_lists()["mood"].items()}


def _pattern(lists: Mapping[str, Sequence[str]]) -> re.Pattern[str]:
    """One pattern for the Chinese and English words of a list, longest first."""
    chinese = sorted((re.escape(word) for word in lists["zh"]), key=len, reverse=True)
    english = sorted((_english(word) for word in lists["en"]), key=len, reverse=True)
    return re.compile("|".join([*chinese, *english]), re.IGNORECASE)


def _english(word: str) -> str:
    stem, star, _ = word.partition("*")
    before = "" if stem.startswith("n'") else r"\b"
    return before + re.escape(stem) + ("" if star else r"\b")
