"""What else a question could have meant, each with its reason: offered, never taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from analysis.asking.lexicon import Said, Term
from analysis.asking.reading import Reading, read_question
from analysis.asking.tokens import is_chinese, normal
from analysis.asking.vocabulary import Text, Vocabulary
from analysis.presentation.language import both, plain

OFFERED = 4
_UNSAID = str.maketrans("", "", " （）()")  # 维修周期 P90 is the whole name of 维修周期（P90）
ALIKE, ALIKE_CHINESE = 0.72, 0.66
"""Likeness from which a known phrase is offered for an unknown word; of three Chinese characters one may differ."""
WORD_ALIKE = 0.6
"""Likeness of an unknown word to one of a phrase's words from which its neighbours are looked at too."""
TRIED = 8
"""Phrases tried for one unknown word."""
TELLING = ("metric", "unit", "breakdown", "value")


@dataclass(frozen=True)
class Near:
    """Something that could have been meant: what, why it is offered, and the question to ask for it."""

    name: Text
    reason: Text
    question: str = ""
    metric: str | None = None


def near_misses(reading: Reading, vocabulary: Vocabulary) -> tuple[Near, ...]:
    """What else could have been meant: of words not understood, of a word of several metrics, of the metric read."""
    text = normal(reading.question)
    if reading.asks == "unknown":
        return _of_words([part for part in reading.said if part.term is None], text, vocabulary)
    if reading.asks in ("ambiguous", "several"):
        named = [part for part in reading.said if part.term is not None and part.term.kind == "metric"]
        return _of_unclear(named, text, vocabulary)
    return _of_metric(reading.metric, reading.said, vocabulary) if reading.metric else ()


def _of_words(words: Sequence[Said], text: str, vocabulary: Vocabulary) -> tuple[Near, ...]:
    """For words that nothing covers: known phrases that look alike, with the question as it would then read."""
    found: list[tuple[float, Near]] = []
    for part in words:
        for start, end, phrase, likeness, term in _alike(part, text, vocabulary):
            asked = f"{text[:start]}{phrase}{text[end:]}"
            reason = both("“{word}” looks like “{phrase}”", word=text[start:end], phrase=phrase)
            found.append((likeness, Near(name_of(term, vocabulary), reason, asked)))
    found.sort(key=lambda pair: -pair[0])
    unique = {near.question: near for _, near in reversed(found)}
    ordered = sorted(unique.values(), key=lambda near: [n for _, n in found].index(near))
    return tuple(near for near in ordered if _leads_on(near.question, len(words), vocabulary))[:OFFERED]


def _leads_on(question: str, lost: int, vocabulary: Vocabulary) -> bool:
    """Whether a question is worth offering: it is understood, asks which of several is meant, or has fewer words left
    that nobody knows.
    """
    reading = read_question(question, vocabulary)
    if not any(part.term is not None and part.term.kind == "metric" for part in reading.said):
        return False  # neither the weather nor a share price is a slip of the pen
    if reading.asks == "unknown":
        return sum(part.term is None for part in reading.said) < lost
    return reading.asks in ("", "ambiguous")


def _of_unclear(words: Sequence[Said], text: str, vocabulary: Vocabulary) -> tuple[Near, ...]:
    """For a word of several metrics, and for several metrics: each of them, with the question as it would then read."""
    found = []
    for part in words:
        meant = part.term.meaning if part.term is not None else ()
        reason = vocabulary.unclear.get(meant) or both("one metric at a time")
        for metric in meant:
            name = vocabulary.catalogue[metric].name
            said = name["zh" if is_chinese(part.words[0]) else "en"]
            others = [other for other in words if other is not part]
            asked = f"{text[: part.start]}{said}{text[part.end :]}" if not others else said
            found.append(Near(name, reason, asked, metric))
    return tuple(found[: OFFERED + 1])


def _of_metric(metric: str, said: Sequence[Said], vocabulary: Vocabulary) -> tuple[Near, ...]:
    """For a metric that was read: its sisters, unless it was called by its full name."""
    card = vocabulary.catalogue[metric]
    called = {part.words.translate(_UNSAID) for part in said if part.term is not None and part.term.kind == "metric"}
    if called & {normal(name).translate(_UNSAID) for name in card.name.values()}:
        return ()
    return tuple(
        Near(
            vocabulary.catalogue[other].name,
            both("read as “{name}”", name=card.name),
            vocabulary.catalogue[other].name["en"],
            other,
        )
        for other in vocabulary.families.get(metric, ())[:OFFERED]
    )


def name_of(term: Term, vocabulary: Vocabulary) -> Text:
    """What a term is called."""
    if term.kind == "metric":
        return vocabulary.catalogue[term.meaning[0]].name
    if term.kind == "unit":
        return vocabulary.units.get(term.meaning, plain(term.meaning))
    return plain(term.meaning if isinstance(term.meaning, str) else term.meaning[-1])


def _alike(part: Said, text: str, vocabulary: Vocabulary) -> list[tuple[int, int, str, float, Term]]:
    """Known phrases that look like the word, or like the word with its neighbours where it is Chinese."""
    found = []
    matcher = SequenceMatcher(autojunk=False)
    for phrase, term in vocabulary.lexicon.surfaces.items():
        if term.kind not in TELLING or is_chinese(phrase[0]) != is_chinese(part.words[0]) or len(phrase) < 2:
            continue
        for start, end in _windows(part, text, phrase):
            matcher.set_seqs(text[start:end], phrase)
            least = ALIKE_CHINESE if is_chinese(phrase[0]) else ALIKE
            if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
                continue
            likeness = matcher.ratio()
            if likeness >= least:
                found.append((start, end, phrase, likeness, term))
    found.sort(key=lambda hit: -hit[3])
    return found[:TRIED]


def _windows(part: Said, text: str, phrase: str) -> list[tuple[int, int]]:
    """Where the phrase could have been meant: at the word; a Chinese one at each place of its length that touches it;
    an English one of several words at as many words."""
    if is_chinese(phrase[0]):
        first, last = max(0, part.start - len(phrase) + 1), part.end - 1
        return [(at, at + len(phrase)) for at in range(first, last + 1) if at + len(phrase) <= len(text)]
    words = phrase.count(" ")
    spans = [(part.start, part.end)]
    if words and any(SequenceMatcher(None, part.words, word).ratio() >= WORD_ALIKE for word in phrase.split()):
        ends = [at for at in range(part.end, len(text) + 1) if at == len(text) or text[at] == " "]
        starts = [at for at in range(part.start + 1) if at == 0 or text[at - 1] == " "]
        spans += [(part.start, ends[words])] if len(ends) > words else []
        spans += [(starts[-1 - words], part.end)] if len(starts) > words else []
    return spans
