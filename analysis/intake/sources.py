"""What there is to read: the files of a folder, the members of archives, the sheets of workbooks, each under the stem a
mapping names.

Refuses a source that is not there, a file that changes while it is read, and one stem in two files. Remote stores and
databases are not read here.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from analysis.faults import UserFault
from analysis.intake.text_files import check_header, read_text_file
from analysis.intake.unpacking import CHUNK, unpack, zip_members
from analysis.intake.workbooks import sheet_names, write_sheet

TEXT = frozenset({".csv", ".tsv", ".txt"})
PARQUET = frozenset({".parquet", ".pq"})
WORKBOOK = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})


@dataclass(frozen=True)
class SourceFile:
    """A file of the source as it lies on disk."""

    path: Path
    name: str
    bytes: int
    modified_ns: int
    sha256: str


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
    those of a text file, `first_line` how many rows of a sheet stand above. `headings` are the source's own for columns
    that a mapping renames, `absent` the columns it names that the source does not have, `null` the texts that mean
    nothing (`naming`).
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


@dataclass(frozen=True)
class Reading:
    """How a mapping says that files are to be read; None = find out. `repeats`: a heading may stand twice, as in the
    exports of some vendors; later ones are numbered.
    """

    encoding: str | None = None
    delimiter: str | None = None
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
    remembered = _remembered(known)
    files = tuple(_source_file(file, remembered) for file in paths)
    if known is not None:
        known.parent.mkdir(parents=True, exist_ok=True)
        facts = remembered | {str(f.path.resolve()): [f.bytes, f.modified_ns, f.sha256] for f in files}
        staged = known.with_suffix(f".{os.getpid()}")
        staged.write_text(json.dumps(facts), encoding="utf-8")
        os.replace(staged, known)
    return files


def check_unchanged(files: Iterable[SourceFile]) -> None:
    """Refuse a load whose files grew or changed while they were read."""
    faults = []
    for file in files:
        now = file.path.stat() if file.path.exists() else None
        if now is None or (now.st_size, now.st_mtime_ns) != (file.bytes, file.modified_ns):
            faults.append(f"{file.name}: changed while it was read; wait until it is complete and run again")
    if faults:
        raise UserFault(faults)


def list_contents(files: Iterable[SourceFile]) -> tuple[Content, ...]:
    """Everything in the files that has rows; archives and workbooks are looked into, nothing is unpacked.

    Raises
    ------
    UserFault : an unreadable archive or workbook, or two contents of one stem.
    """
    contents = [content for file in files for content in _contents(file)]
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
    UserFault : truncated, out of proportion, bytes that fit no encoding, a header with a column twice.
    """
    path = content.file.path
    plain = temp / f"{len(list(temp.iterdir()))}.plain"
    if content.packed:
        unpack(path, content.part, to=plain)
        path = plain
    if content.form == "parquet":
        return Origin(content.name, content.stem, path, "parquet", _parquet_columns(path, content.name))
    above = 0
    if content.form == "sheet":
        above = write_sheet(path, content.part or "", to=plain)
        path = plain
    delimiter = "," if content.form == "sheet" else reading.delimiter
    encoding = "utf-8" if content.form == "sheet" else reading.encoding
    text = read_text_file(
        path,
        content.name,
        temp=plain.with_suffix(".text"),
        encoding=encoding,
        delimiter=delimiter,
        repeats=reading.repeats,
    )
    notes = [f"{content.name}: {text.controls:,} control characters removed"] if text.controls else []
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
        return f"CAST(NULL AS VARCHAR) AS {_name(name)}"
    value = _name(origin.headings.get(name, name))
    if origin.null and kind == "VARCHAR":
        nothing = ", ".join(_literal(text) for text in origin.null)
        value = f"CASE WHEN list_contains([{nothing}], trim({value})) THEN NULL ELSE {value} END"
    return f"{value} AS {_name(name)}"


def _plain_scan_sql(origin: Origin, *, rejects: str | None) -> str:
    place = _literal(str(origin.path))
    if origin.form == "parquet":
        return f"read_parquet({place})"
    own = [origin.headings.get(name, name) for name in origin.columns if name not in origin.absent]
    columns = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in own)
    lenient = (
        f"store_rejects = true, rejects_table = '{rejects}', rejects_scan = '{rejects}_scan'"
        if rejects
        else "ignore_errors = true"
    )
    return (
        f"read_csv({place}, columns = {{{columns}}}, auto_detect = false, header = true, "
        f"delim = {_literal(origin.delimiter)}, quote = '\"', escape = '\"', strict_mode = true, {lenient})"
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


def _source_file(path: Path, remembered: Mapping[str, list[object]]) -> SourceFile:
    before = path.stat()
    size, modified, checksum = remembered.get(str(path.resolve()), [None, None, None])
    if (size, modified) != (before.st_size, before.st_mtime_ns):
        with path.open("rb") as stream:
            digest = hashlib.sha256()
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        checksum = digest.hexdigest()
    file = SourceFile(path, path.name, before.st_size, before.st_mtime_ns, str(checksum))
    check_unchanged([file])
    return file


def _remembered(known: Path | None) -> dict[str, list[object]]:
    if known is None or not known.is_file():
        return {}
    try:
        return dict(json.loads(known.read_text(encoding="utf-8")))
    except ValueError:
        return {}


def _parquet_columns(path: Path, name: str) -> dict[str, str]:
    try:
        with duckdb.connect() as connection:
            rows = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({_literal(str(path))})").fetchall()
    except duckdb.Error as fault:
        raise UserFault(
            f"{name}: not a readable Parquet file ({str(fault).splitlines()[0]}); write it again"
        ) from fault
    check_header([row[0] for row in rows], name)
    return {row[0]: row[1] for row in rows}


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
