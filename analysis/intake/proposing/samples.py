"""A look at every content of a source: a sample of its rows as text, and questions to the whole of it.

Opens files as intake does (archives, encodings, sheets), in a temporary folder of its own. Keeps no rows beyond the
sample.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from analysis.faults import UserFault
from analysis.intake.quoting import identifier
from analysis.intake.sources import Content, Origin, Reading, open_content, scan_sql
from analysis.intake.western_text import WesternText

ROWS = 20_000
LOOKED_AT = 2_000_000


@dataclass
class SampledContent:
    """One file, sheet or table of the source: headings, a sample of its rows column by column (None: empty), and how
    many rows it has.

    `fault` says why it could not be read. `parts` are the files that are read as this one, each with name → its own
    heading; `reading` is how it has to be read, where that must be declared.
    """

    content: Content
    origin: Origin | None = None
    rows: int = 0
    columns: dict[str, list[str | None]] = field(default_factory=dict)
    fault: str = ""
    connection: duckdb.DuckDBPyConnection | None = None
    parts: tuple[tuple["SampledContent", Mapping[str, str]], ...] = ()
    reading: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """What a mapping calls it."""
        return self.content.stem

    def ask(self, sql: str) -> list[tuple]:
        """Rows of an SQL statement over the whole content, which it calls `source`."""
        if self.connection is None or self.origin is None:
            return []
        scan = self._scan()
        view = f"WITH source AS (SELECT * FROM {scan} LIMIT {LOOKED_AT})"
        return self.connection.execute(f"{view} {sql}").fetchall()

    def _scan(self) -> str:
        if self.origin is None or not self.parts:
            return scan_sql(self.origin, rejects=None) if self.origin else ""
        selects = [
            f"SELECT {', '.join(f'{identifier(own)} AS {identifier(name)}' for name, own in names.items())} "
            f"FROM {scan_sql(part.origin, rejects=None)}"
            for part, names in self.parts
            if part.origin is not None
        ]
        return f"({' UNION ALL BY NAME '.join(selects)})"

    def values_of(self, column: str, *, most: int = 300) -> dict[str, int]:
        """The distinct values of a column in the whole content and how often each stands, commonest first."""
        name = f"trim(CAST({identifier(column)} AS VARCHAR))"
        found = self.ask(
            f"SELECT {name} AS value, count(*) AS n FROM source WHERE {name} <> '' "
            f"GROUP BY 1 ORDER BY n DESC, value LIMIT {most}"
        )
        return {str(value): int(count) for value, count in found}

    def distinct(self, columns: Sequence[str]) -> int:
        """How many different values (combinations) the columns have in the whole content."""
        names = ", ".join(identifier(column) for column in columns)
        return int(self.ask(f"SELECT count(*) FROM (SELECT DISTINCT {names} FROM source)")[0][0])


@contextmanager
def open_samples(contents: Sequence[Content]) -> Iterator[list[SampledContent]]:
    """The contents with a sample of each; one that cannot be read says why. Closed and cleared at the end."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET memory_limit = '1GiB'")
        yield [_sampled(content, Path(folder), connection) for content in contents]


def _sampled(content: Content, folder: Path, connection: duckdb.DuckDBPyConnection) -> SampledContent:
    reading: dict[str, str | int] = {}
    try:
        try:
            origin = open_content(content, Reading(repeats=True), temp=folder)
        except WesternText as fault:
            reading = {"encoding": fault.encoding}
            origin = open_content(content, Reading(fault.encoding, repeats=True), temp=folder)
        if _names_its_questions(origin, connection):
            reading = {**reading, "header_row": 2}
            how = Reading(str(reading["encoding"]) if "encoding" in reading else None, header_row=2, repeats=True)
            origin = open_content(content, how, temp=folder)
    except UserFault as fault:
        return SampledContent(content, fault="; ".join(fault.lines))
    sampled = SampledContent(content, origin, connection=connection, reading=reading)
    if not origin.columns:
        sampled.fault = "empty, not even a header"
        return sampled
    try:
        sampled.rows = int(sampled.ask("SELECT count(*) FROM source")[0][0])
        texts = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in origin.columns)
        step = max(sampled.rows // ROWS, 1)
        numbered = "SELECT *, row_number() OVER () AS _place FROM source"
        rows = (
            sampled.ask(f"SELECT {texts} FROM ({numbered}) WHERE _place % {step} = 0 LIMIT {ROWS}")
            if step > 1
            else None
        )
        rows = sampled.ask(f"SELECT {texts} FROM source") if rows is None else rows
    except duckdb.Error as fault:
        sampled.fault = str(fault).splitlines()[0]
        return sampled
    columns: list[tuple] = list(zip(*rows, strict=True)) if rows else [() for _ in origin.columns]
    sampled.columns = {
        name: [value if value is not None and value.strip() else None for value in values]
        for name, values in zip(origin.columns, columns, strict=True)
    }
    return sampled


def _names_its_questions(origin: Origin, connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the second line of a text file words the questions and the third names their ids, as Qualtrics writes."""
    if origin.form != "text" or not origin.columns:
        return False
    first = identifier(next(iter(origin.columns)))
    rows = connection.execute(f"SELECT {first} FROM {scan_sql(origin, rejects=None)} LIMIT 2").fetchall()
    return len(rows) > 1 and str(rows[1][0]).startswith('{"ImportId"')
