"""What `map` proposes, as frozen values: which column of the source becomes which of ours, how sure, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.intake.proposing.families import Family
from analysis.intake.undecided import questions_in

HIGH, MEDIUM = 0.8, 0.6


@dataclass(frozen=True)
class ColumnChoice:
    """One canonical column and where it comes from: `source` a heading (None: made up from `spec`), `spec` what the
    mapping says, `confidence` 0 to 1, `why` in a few words, `instead` other headings that might be it."""

    column: str
    source: str | None
    spec: Any
    confidence: float
    why: str = ""
    examples: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()

    @property
    def sure(self) -> str:
        """high, medium or low."""
        return "high" if self.confidence >= HIGH else "medium" if self.confidence >= MEDIUM else "low"


@dataclass(frozen=True)
class TableChoice:
    """One canonical table and where its rows come from: a stem, or a SELECT over the source."""

    table: str
    stem: str
    columns: tuple[ColumnChoice, ...]
    select: str | None = None
    where: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def given(self) -> tuple[str, ...]:
        """The canonical columns it gives."""
        return tuple(choice.column for choice in self.columns)


@dataclass(frozen=True)
class Unused:
    """A heading of the source that nothing is made of, with the reason and a few of its values."""

    stem: str
    heading: str
    why: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """A whole proposed mapping."""

    tables: tuple[TableChoice, ...]
    unused: tuple[Unused, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    null: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    families: Mapping[str, Family] = field(default_factory=dict)
    readings: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)

    @property
    def questions(self) -> tuple[str, ...]:
        """What a person has to decide before the mapping can be read, each with its table and column."""
        return tuple(
            f"{table.table}.{choice.column}: {question}"
            for table in self.tables
            for choice in table.columns
            for question in questions_in(choice.spec)
        )

    def has(self, need: str) -> bool:
        """Whether the mapping gives a table or column ("work_orders.status")."""
        name, _, column = need.partition(".")
        if name == "calendar" and "calendar" in self.meta:
            return True
        found = [table for table in self.tables if table.table == name]
        if not column:
            return bool(found)
        return any(column in table.given for table in found)
