"""Phrases and what they mean, and the cover of a question by them: as few words as can be left over, in as few phrases
as can be. What no phrase covers stays visible; nothing is skipped silently.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.asking.tokens import Token, normal, tokenise

LONGEST = 32  # tokens of a phrase, the little words between its own included
_LEFT_OVER, _PHRASE = 1000, 10
PRICES = {"metric": 7, "compound": 7, "filler": 11, "number": 11}
"""What a phrase costs in a cover: of two covers with as many phrases the one that says more holds."""


@dataclass(frozen=True)
class Term:
    """What a phrase means: `kind` says of which sort, `meaning` what of that sort; `also` what else it could mean."""

    kind: str
    meaning: Any = None
    also: tuple["Term", ...] = ()


@dataclass(frozen=True)
class Said:
    """A phrase as it stands in the question, or, with term None, a word that nothing covers."""

    words: str
    start: int
    end: int
    term: Term | None


@dataclass
class Lexicon:
    """All phrases. The first meaning given to a phrase holds; a later one of another kind is kept beside it."""

    spellings: Mapping[str, str]
    light: frozenset[str]
    _exact: dict[tuple[str, ...], Term] = field(default_factory=dict)
    _loose: dict[tuple[str, ...], Term] = field(default_factory=dict)
    surfaces: dict[str, Term] = field(default_factory=dict)

    def add(self, phrase: str, term: Term) -> None:
        """Let the phrase mean the term."""
        forms = self._forms(phrase)
        if not forms or len(forms) > LONGEST:
            return
        held = self._exact.get(forms)
        if held is None:
            self._exact[forms] = term
            self.surfaces[normal(phrase)] = term
        elif (held.kind, held.meaning) != (term.kind, term.meaning) and term not in held.also:
            self._exact[forms] = Term(held.kind, held.meaning, (*held.also, term))
        content = tuple(form for form in forms if form not in self.light)
        if content and (len(content) > 1 or len(forms) == 1):
            self._loose.setdefault(content, self._exact[forms])

    def find(self, phrase: str) -> Term | None:
        """What a whole phrase means; None for one that is not known."""
        return self._exact.get(self._forms(phrase))

    def cover(self, text: str, moments: Iterable[tuple[int, int, Term]] = ()) -> list[Said]:
        """The normal text as phrases and left-over words, in order.

        Parameters
        ----------
        text : what `normal` gave
        moments : further terms with their place in the text, such as periods
        """
        tokens = tokenise(text, self.spellings)
        starting: dict[int, list[tuple[int, Term]]] = {}
        starts = {token.start: at for at, token in enumerate(tokens)}
        ends = {token.end: at + 1 for at, token in enumerate(tokens)}
        for start, end, term in moments:
            if start in starts and end in ends:
                starting.setdefault(starts[start], []).append((ends[end], term))
        best: list[tuple[tuple[int, int], int, Term | None]] = [((0, 0), len(tokens), None)] * (len(tokens) + 1)
        for at in range(len(tokens) - 1, -1, -1):
            (cost, squares), _, _ = best[at + 1]
            best[at] = ((cost + _LEFT_OVER, squares), at + 1, None)
            for end, term in [*self._phrases(tokens, at), *starting.get(at, [])]:
                (cost, squares), _, _ = best[end]
                price = PRICES.get(term.kind, _PHRASE)
                candidate = ((cost + price, squares - (end - at) ** 2), end, term)
                if candidate[0] < best[at][0]:
                    best[at] = candidate
        return self._path(text, tokens, best)

    def _phrases(self, tokens: Sequence[Token], at: int) -> Iterable[tuple[int, Term]]:
        exact: tuple[str, ...] = ()
        loose: tuple[str, ...] = ()
        for end in range(at, min(at + LONGEST, len(tokens))):
            form = tokens[end].form
            exact = (*exact, form)
            found = self._exact.get(exact)
            if form not in self.light:
                loose = (*loose, form)
                found = found or (self._loose.get(loose) if len(loose) > 1 and tokens[at].form == loose[0] else None)
            if found is not None:
                yield end + 1, found

    def _path(
        self, text: str, tokens: Sequence[Token], best: Sequence[tuple[tuple[int, int], int, Term | None]]
    ) -> list[Said]:
        said: list[Said] = []
        at = 0
        while at < len(tokens):
            _, end, term = best[at]
            start, stop = tokens[at].start, tokens[end - 1].end
            joined = said and said[-1].term is None and term is None and not text[said[-1].end : start].strip()
            if joined and said[-1].end == start:  # characters of one Chinese word
                start = said.pop().start
            parts = term.meaning if term is not None and term.kind == "compound" else (term,)
            said += [Said(text[start:stop], start, stop, part) for part in parts]
            at = end
        return said

    def _forms(self, phrase: str) -> tuple[str, ...]:
        return tuple(token.form for token in tokenise(normal(phrase), self.spellings))
