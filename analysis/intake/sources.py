"""What there is to read: the files of a folder, the members of archives, the sheets of workbooks, each under the stem a
mapping names.

Refuses a source that is not there, a file that changes while it is read, and one stem in two files. Databases are
fetched by `databases` first.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from analysis.faults import UserFault
from analysis.intake.checksums import SourceFile, with_checksums
from analysis.intake.quoting import identifier, literal
from analysis.intake.text_files import check_header, read_text_file
from analysis.intake.unpacking import unpack, zip_members
from analysis.intake.workbooks import sheet_names, write_sheet

if TYPE_CHECKING:
    from analysis.intake.rejects import Reject

TEXT = frozenset({".csv", ".tsv", ".txt"})
PARQUET = frozenset({".parquet", ".pq"})
WORKBOOK = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})


@dataclass(frozen=True)
class Content:
    """One thing in the source with rows: a file, a member of an archive, a sheet. Not opened yet."""

    name: str
    stem: str
    file: SourceFile
    form: str
    part: str | None = None
    packed: bool = False


@dataclass(frozen=True)
class Origin:
    """Rows ready for DuckDB. `columns` maps each source column to its DuckDB type (text: VARCHAR); `line_ends` are
    those of a text file, `first_line` how many rows of a sheet stand above. Of a text kept as Parquet (`kept`), the
    unreadable lines are known (`rejects`), and `text` gives the text itself when a line has to be found in it.
    `headings` are the source's own for columns that a mapping renames, `absent` the columns it names that the source
    does not have, `null` the texts that mean nothing (`naming`).
    """

    name: str
    stem: str
    path: Path
    form: str
    columns: Mapping[str, str]
    delimiter: str = ","
    spaces: str = "plain"
    first_line: int = 0
    line_ends: int | None = None
    notes: tuple[str, ...] = ()
    headings: Mapping[str, str] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    null: tuple[str, ...] = ()
    kept: Path | None = field(default=None, compare=False)
    rejects: tuple["Reject", ...] = field(default=(), compare=False)
    text: Callable[[], Path] | None = field(default=None, compare=False)

    @property
    def read_from(self) -> Path:
        """The file that DuckDB reads."""
        return self.kept or self.path

    def plain_text(self) -> Path:
        """The text itself, decoded; opened again where only its copy was read."""
        return self.text() if self.text is not None else self.path


@dataclass(frozen=True)
class Reading:
    """How a mapping says that files are to be read; None = find out. `header_row` is the row of the headings as a
    spreadsheet counts, `header_rows` how many rows they take. `repeats`: a heading may stand twice, as in the exports
    of some vendors; later ones are numbered.
    """

    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    header_rows: int | None = None
    repeats: bool = False


def find_files(source: str, *, known: Path | None = None) -> tuple[SourceFile, ...]:
    """The files of a folder (not of its subfolders), or the one file, with their checksums.

    Parameters
    ----------
    source : a path.
    known : a file that remembers checksums by path, size and time, so that an unchanged source is not read again.

    Raises
    ------
    UserFault : no such file or folder, or nothing readable in it.
    """
    path = Path(source).expanduser()
    if not path.exists():
        raise UserFault(f"{source}: no such file or folder; check `data:` in params/suite.yml or the path given")
    found = sorted(path.iterdir()) if path.is_dir() else [path]
    paths = [
        file for file in found if file.is_file() and not file.name.startswith((".", "~$")) and _form(file) is not None
    ]
    if not paths:
        raise UserFault(f"{source}: no CSV, Excel or Parquet file here")
    return with_checksums({file.name: file for file in paths}, known)


def find_extracts(paths: Mapping[str, Path], *, known: Path | None = None) -> tuple[SourceFile, ...]:
    """What was fetched from a database, each file under the name of its table or query, with checksums as `find_files`
    gives them.
    """
    return with_checksums(paths, known)


def list_contents(files: Iterable[SourceFile]) -> tuple[Content, ...]:
    """Everything in the files that has rows; archives and workbooks are looked into, nothing is unpacked.

    Raises
    ------
    UserFault : an unreadable archive or workbook, or two contents of one stem.
    """
    contents = _told_apart([content for file in files for content in _contents(file)])
    first: dict[str, Content] = {}
    faults = []
    for content in contents:
        other = first.setdefault(content.stem.casefold(), content)
        if other is not content:
            faults.append(f"{content.name} and {other.name}: both are {content.stem!r}; keep one")
    if faults:
        raise UserFault(faults)
    return tuple(contents)


def open_content(content: Content, reading: Reading, *, temp: Path) -> Origin:
    """Make one content readable: unpacked, decoded, its header read. Temporary files go into the folder `temp`.

    Raises
    ------
    UserFault : truncated, out of proportion, bytes that fit no encoding, a header with a column twice, headings
        declared in several rows of a text file.
    """
    if content.form != "sheet" and (reading.header_rows or 1) > 1:
        raise UserFault(f"{content.name}: `header_rows` is for sheets; a text file has its headings in one line")
    path = content.file.path
    plain = temp / f"{len(list(temp.iterdir()))}.plain"
    if content.packed:
        unpack(path, content.part, to=plain)
        path = plain
    if content.form == "parquet":
        return Origin(content.name, content.stem, path, "parquet", _parquet_columns(path, content.name))
    above, skip = 0, 0
    found: tuple[str, ...] = ()
    if content.form == "sheet":
        sheet = write_sheet(
            path, content.part or "", to=plain, header_row=reading.header_row, header_rows=reading.header_rows
        )
        above, found, path = sheet.above, sheet.notes, plain
    elif reading.header_row is not None:
        above = skip = reading.header_row - 1
        found = (f"headings taken from line {reading.header_row}; {skip} lines above left out",) if skip else ()
    delimiter = "," if content.form == "sheet" else reading.delimiter
    encoding = "utf-8" if content.form == "sheet" else reading.encoding
    text = read_text_file(
        path,
        content.name,
        temp=plain.with_suffix(".text"),
        encoding=encoding,
        delimiter=delimiter,
        skip=skip,
        repeats=reading.repeats,
    )
    notes = [f"{content.name}: {said}" for said in found]
    notes += [f"{content.name}: {text.controls:,} control characters removed"] if text.controls else []
    notes += [] if text.columns else [f"{content.name}: empty, not even a header"]
    notes += [f"{content.name}: read as {text.encoding}"] if text.encoding != "utf-8" else []
    columns = dict.fromkeys(text.columns, "VARCHAR")
    return Origin(
        name=content.name,
        stem=content.stem,
        path=text.path,
        form=content.form,
        columns=columns,
        delimiter=text.delimiter,
        spaces=text.spaces,
        first_line=above,
        line_ends=text.lines,
        notes=tuple(notes),
    )


def scan_sql(origin: Origin, *, rejects: str | None) -> str:
    """The FROM item that reads an origin, every column of text as VARCHAR; with `rejects`, unreadable lines go to the
    table of that name. Columns come under the mapping's names, those it names in vain without values.
    """
    plain = _plain_scan_sql(origin, rejects=rejects)
    if not (origin.headings or origin.absent or origin.null):
        return plain
    return f"(SELECT {', '.join(_named_sql(name, kind, origin) for name, kind in origin.columns.items())} FROM {plain})"


def _named_sql(name: str, kind: str, origin: Origin) -> str:
    if name in origin.absent:
        return f"CAST(NULL AS VARCHAR) AS {identifier(name)}"
    value = identifier(origin.headings.get(name, name))
    if origin.null and kind == "VARCHAR":
        nothing = ", ".join(literal(text) for text in origin.null)
        value = f"CASE WHEN list_contains([{nothing}], trim({value})) THEN NULL ELSE {value} END"
    return f"{value} AS {identifier(name)}"


def _plain_scan_sql(origin: Origin, *, rejects: str | None) -> str:
    place = literal(str(origin.read_from))
    if origin.form == "parquet" or origin.kept is not None:
        return f"read_parquet({place})"
    own = [origin.headings.get(name, name) for name in origin.columns if name not in origin.absent]
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in own)
    lenient = (
        f"store_rejects = true, rejects_table = '{rejects}', rejects_scan = '{rejects}_scan'"
        if rejects
        else "ignore_errors = true"
    )
    return (
        f"read_csv({place}, columns = {{{columns}}}, auto_detect = false, header = true, "
        f"delim = {literal(origin.delimiter)}, quote = '\"', escape = '\"', strict_mode = true, {lenient})"
    )


def _contents(file: SourceFile) -> list[Content]:
    form = _form(file.path)
    name, stem = file.name, _stem(file.name)
    if form == "zip":
        members = [member for member in zip_members(file.path) if Path(member).suffix.lower() in TEXT | PARQUET]
        forms = ["parquet" if Path(member).suffix.lower() in PARQUET else "text" for member in members]
        return [
            Content(f"{name}/{m}", _stem(Path(m).name), file, f, m, packed=True)
            for m, f in zip(members, forms, strict=True)
        ]
    if form == "sheet":
        sheets = sheet_names(file.path)
        return [
            Content(f"{name}#{sheet}", stem if len(sheets) == 1 else sheet, file, "sheet", sheet) for sheet in sheets
        ]
    return [Content(name, stem, file, form or "text", packed=file.path.suffix.lower() == ".gz")]


def _told_apart(contents: list[Content]) -> list[Content]:
    """Sheets of one name in several workbooks (`Sheet1`, `工单`) take their file's stem as well: `2024-01#工单`."""
    stems = Counter(content.stem.casefold() for content in contents)
    return [
        replace(content, stem=f"{_stem(content.file.name)}#{content.part}")
        if content.form == "sheet" and content.stem == content.part and stems[content.stem.casefold()] > 1
        else content
        for content in contents
    ]


def _form(path: Path) -> str | None:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return "text" if Path(path.stem).suffix.lower() in TEXT else None
    if suffix == ".zip":
        return "zip"
    return "text" if suffix in TEXT else "parquet" if suffix in PARQUET else "sheet" if suffix in WORKBOOK else None


def _stem(name: str) -> str:
    bare = Path(name)
    return Path(bare.stem).stem if bare.suffix.lower() == ".gz" else bare.stem


def _parquet_columns(path: Path, name: str) -> dict[str, str]:
    try:
        with duckdb.connect() as connection:
            rows = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({literal(str(path))})").fetchall()
    except duckdb.Error as fault:
        raise UserFault(
            f"{name}: not a readable Parquet file ({str(fault).splitlines()[0]}); write it again"
        ) from fault
    check_header([row[0] for row in rows], name)
    return {row[0]: row[1] for row in rows}
