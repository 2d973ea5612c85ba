"""Everything a page is made of: a table of contents. The blocks stand in their own modules."""

from analysis.presentation.block import BLOCK_MIME, Block
from analysis.presentation.card_values import kpi_card
from analysis.presentation.cards import Change, Kpi, KpiCards
from analysis.presentation.definitions import Definitions
from analysis.presentation.figure import Figure
from analysis.presentation.page import Header, Note, Provenance, Section, Sentences, header
from analysis.presentation.tables import Column, Table, table, text_column

__all__ = [
    "BLOCK_MIME",
    "Block",
    "Change",
    "Column",
    "Definitions",
    "Figure",
    "Header",
    "Kpi",
    "KpiCards",
    "Note",
    "Provenance",
    "Section",
    "Sentences",
    "Table",
    "header",
    "kpi_card",
    "table",
    "text_column",
]
