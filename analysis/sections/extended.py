"""A finished section with further parts below it: a second chart, or sentences that the first one has no room for."""

from typing import TYPE_CHECKING

from analysis.presentation.blocks import Block, Section, Sentences
from analysis.presentation.language import Text

if TYPE_CHECKING:
    from analysis.report import Report


def with_more(report: "Report", told: Block, *parts: Block, sentences: tuple[Text, ...] = ()) -> Block:
    """The section with the parts below its own, then the sentences; a note stays as it is."""
    if not isinstance(told, Section):
        return told
    lines = (Sentences(sentences, languages=report.languages),) if sentences else ()
    return report.section(
        headline=told.headline, subtitle=told.subtitle or told.headline, parts=(*told.parts, *parts, *lines)
    )
