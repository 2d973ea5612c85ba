"""A finished section with further parts below it: a second chart, or sentences that the first one has no room for."""

from typing import TYPE_CHECKING

from analysis.presentation.blocks import Block, Section, Sentences
from analysis.presentation.language import Text

OWN_KEPT = 2

if TYPE_CHECKING:
    from analysis.report import Report


def with_more(report: "Report", told: Block, *parts: Block, sentences: tuple[Text, ...] = ()) -> Block:
    """The section with the sentences among its own, of which the first and the last comparison stay, then the parts; a
    note stays as it is."""
    if not isinstance(told, Section):
        return told
    *own, last = told.parts
    if sentences and isinstance(last, Sentences):
        kept = last.items if len(last.items) <= OWN_KEPT else (last.items[0], last.items[-1])
        last = Sentences((*kept, *sentences), languages=report.languages)
        sentences = ()
    lines = (Sentences(sentences, languages=report.languages),) if sentences else ()
    shown = (*own, last, *parts, *lines)
    return report.section(headline=told.headline, subtitle=told.subtitle or told.headline, parts=shown)
