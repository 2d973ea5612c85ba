"""What an unknown source holds, and a mapping of it for a person to edit: `propose` is the whole of it.

Headings are compared with words in English and Chinese, values with what columns of the data model may hold. Every
choice bears its confidence and its reason; nothing is read into the store, nothing leaves the machine.
"""

from analysis.intake.proposing.proposal import ColumnChoice, Proposal, TableChoice
from analysis.intake.proposing.proposing import propose
from analysis.intake.proposing.recognising import Recognised, known_layouts, recognise
from analysis.intake.proposing.samples import SampledContent, open_samples
from analysis.intake.proposing.writing import mapping_text

__all__ = [
    "ColumnChoice",
    "Proposal",
    "Recognised",
    "SampledContent",
    "TableChoice",
    "known_layouts",
    "mapping_text",
    "open_samples",
    "propose",
    "recognise",
]
