"""Delimited text as DuckDB can read it: UTF-8, one kind of line end, no control characters.

The encoding is the declared one, else the byte order mark's, else UTF-8, else GB18030, each strictly; never latin-1,
which would accept anything. A file that is fit already is read in place; another is rewritten in chunks. Refuses bytes
that are no text, text that is Chinese only by mistake, a header that names a column twice. An empty file is no fault:
it has no columns.
"""

import codecs
import csv
import io
import sys
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.faults import UserFault
from analysis.intake.western_text import refuse_western

CHUNK = 4 * 1024**2
DELIMITERS = (",", ";", "\t", "|")
LONGEST_HEADER = 1024**2
_CONTROLS = bytes([*range(0, 9), 11, 12, *range(14, 32), 127])
_CONTROL_CHARACTERS = dict.fromkeys(_CONTROLS)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE_SPACES = (b"\xc2\xa0", b"\xe3\x80\x80", b"\xef\xbb\xbf")


@dataclass(frozen=True)
class TextFile:
    """A readable UTF-8 file and what was found in it. `spaces`: "none" to trim, "plain" blanks, or "wide" ones (tabs,
    NBSP, 全角) too.
    """

    path: Path
    columns: tuple[str, ...]
    delimiter: str
    encoding: str
    spaces: str
    controls: int
    lines: int


@dataclass(frozen=True)
class _Survey:
    utf8: bool
    controls: int
    nulls: int
    feeds: int
    returns: int
    pairs: int
    wide: bool

    @property
    def one_line_end(self) -> bool:
        return self.returns == 0 or self.returns == self.pairs == self.feeds


def read_text_file(
    path: Path,
    name: str,
    *,
    temp: Path,
    encoding: str | None = None,
    delimiter: str | None = None,
    repeats: bool = False,
    skip: int = 0,
) -> TextFile:
    """Make a delimited text file readable and read its header.

    Parameters
    ----------
    path, name : the plain (unpacked) file, and how messages name it.
    temp : the file to write when the text has to be rewritten.
    encoding, delimiter : as declared in the mapping; found out when None.
    repeats : a column name that stands twice is numbered instead of refused.
    skip : lines above the headings that are left out.

    Raises
    ------
    UserFault : bytes that fit no encoding, UTF-16 without a mark, a column name twice.
    """
    survey = _survey(path, skip_wide=delimiter == "\t")
    codec = encoding or _mark(path)
    if codec is None and survey.nulls > 0.2 * max(path.stat().st_size, 1):
        raise UserFault(
            f"{name}: looks like UTF-16 without a byte order mark; declare `encoding: utf-16-le` for it in the mapping"
        )
    if codec is None and not survey.utf8:
        refuse_western(path, name)
    codec = codec or ("utf-8" if survey.utf8 else "gb18030")
    plain = codec in ("utf-8", "utf-8-sig") and survey.utf8
    if plain and not survey.controls and survey.one_line_end and not skip:
        readable, feeds, controls = path, survey.feeds or survey.returns, 0
    else:
        readable = temp
        feeds, controls = _rewrite(path, codec, to=temp, name=name, skip=skip)
        survey = _survey(temp, skip_wide=delimiter == "\t")
    columns, found = _header(readable, name, delimiter, repeats=repeats)
    spaces = "wide" if survey.wide and found != "\t" else "plain"
    return TextFile(readable, columns, found, codec.removesuffix("-sig"), spaces, controls, feeds)


def lines_of_rows(
    path: Path,
    rows: Collection[int],
    *,
    delimiter: str,
    refused: Sequence[tuple[int, int]] = (),
    by_record: bool = False,
) -> dict[int, int]:
    """The line in the file at which each of these rows starts; row 1 is the first readable one after the header. Reads
    the file once.

    Rows and lines differ where a quoted field holds a line end, where lines are blank, and after lines that could not
    be read at all: `refused` are those, each with its first and last line. `by_record`: count records, blank ones too,
    as a sheet counts its rows.
    """
    wanted, found = set(rows), {}
    last, row, start = max(rows, default=0), -1, 1
    gaps = iter([*sorted(refused), (sys.maxsize, sys.maxsize)])
    gap = next(gaps)
    csv.field_size_limit(2**31 - 1)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        for record, fields in enumerate(reader, start=1):
            while gap[1] < start:
                gap = next(gaps)
            row += 1 if fields and not gap[0] <= start <= gap[1] else 0
            if row in wanted and row not in found:
                found[row] = record if by_record else start
            start = reader.line_num + 1
            if row >= last:
                break
    return found


def lines_by_counting(rows: Collection[int], *, refused: Sequence[tuple[int, int]] = ()) -> dict[int, int]:
    """The same for a file of which every line is a record, or in `refused`: nothing has to be read."""
    found = {}
    gaps = deque(sorted(refused))
    skipped = 1
    for row in sorted(rows):
        while gaps and gaps[0][0] <= row + skipped:
            first, last = gaps.popleft()
            skipped += last - first + 1
        found[row] = row + skipped
    return found


def lines_of_bytes(path: Path, positions: Collection[int]) -> dict[int, int]:
    """The line in which each of these byte positions lies, 1 being the first. Reads the file once."""
    found: dict[int, int] = {}
    waiting = deque(sorted(positions))
    line, read = 1, 0
    for chunk in _chunks(path):
        while waiting and waiting[0] < read + len(chunk):
            position = waiting.popleft()
            found[position] = line + chunk.count(b"\n", 0, position - read)
        line += chunk.count(b"\n")
        read += len(chunk)
    return found | dict.fromkeys(waiting, line)


def _survey(path: Path, *, skip_wide: bool) -> _Survey:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    utf8, wide, undecoded = True, False, False
    controls = nulls = feeds = returns = pairs = 0
    last = b""
    for chunk in _chunks(path):
        plain = chunk.isascii()
        if utf8 and not (plain and not undecoded):
            utf8 = _decodes(decoder, chunk)
            undecoded = bool(decoder.getstate()[0]) if utf8 else False
        found = len(chunk) - len(chunk.translate(None, _CONTROLS))
        controls += found
        nulls += chunk.count(b"\0") if found else 0
        feeds += chunk.count(b"\n")
        returned = chunk.count(b"\r")
        returns += returned
        pairs += chunk.count(b"\r\n") if returned else 0
        pairs += last[-1:] == b"\r" and chunk[:1] == b"\n"
        wide = (
            wide
            or (b"\t" in chunk and not skip_wide)
            or (not plain and _has_wide_space(last[-2:] + chunk, first=not last))
        )
        last = chunk
    utf8 = utf8 and _decodes(decoder, b"", final=True)
    return _Survey(utf8, controls, nulls, feeds, returns, pairs, wide)


def _has_wide_space(text: bytes, *, first: bool) -> bool:
    start = len(codecs.BOM_UTF8) if first and text.startswith(codecs.BOM_UTF8) else 0
    return any(text.find(space, start) >= 0 for space in _WIDE_SPACES)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _mark(path: Path) -> str | None:
    with path.open("rb") as stream:
        start = stream.read(4)
    return next((codec for mark, codec in _MARKS if start.startswith(mark)), None)


def _rewrite(path: Path, codec: str, *, to: Path, name: str, skip: int) -> tuple[int, int]:
    feeds = controls = 0
    try:
        with (
            path.open(encoding=codec, errors="strict", newline=None) as source,
            to.open("w", encoding="utf-8", newline="\n") as target,
        ):
            for _ in range(skip):
                source.readline()
            while text := source.read(CHUNK):
                clean = text.translate(_CONTROL_CHARACTERS)
                controls += len(text) - len(clean)
                feeds += clean.count("\n")
                target.write(clean)
    except UnicodeDecodeError as fault:
        raise UserFault(
            f"{name}: cannot be read as {codec} (byte {fault.object[fault.start]:#04x}: {fault.reason}); "
            "declare its encoding under `files:` in the mapping"
        ) from fault
    except LookupError as fault:
        raise UserFault(
            f"{name}: unknown encoding {codec!r}; name one that Python knows, such as gb18030 or utf-16"
        ) from fault
    return feeds, controls


def _header(path: Path, name: str, delimiter: str | None, *, repeats: bool) -> tuple[tuple[str, ...], str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        start = stream.read(LONGEST_HEADER)
    if not start.strip():
        return (), delimiter or ","
    tried = (delimiter,) if delimiter else DELIMITERS
    rows = {mark: next(csv.reader(io.StringIO(start, newline=""), delimiter=mark)) for mark in tried}
    best = max(rows, key=lambda mark: len(rows[mark]))
    return check_header(_numbered(rows[best]) if repeats else rows[best], name), best


def _numbered(cells: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    numbered = []
    for cell in cells:
        key = cell.strip().casefold()
        seen[key] += 1
        numbered.append(f"{cell.strip()} ({seen[key]})" if key and seen[key] > 1 else cell)
    return numbered


def check_header(cells: list[str], name: str) -> tuple[str, ...]:
    """The column names of a header: trimmed, blank ones numbered.

    Raises
    ------
    UserFault : a name stands twice; DuckDB and readers alike could not tell which is meant.
    """
    names = [cell.strip().strip("\ufeff") or f"(column {place})" for place, cell in enumerate(cells, start=1)]
    folded = [column.casefold() for column in names]
    twice = sorted({column for column in names if folded.count(column.casefold()) > 1})
    if twice:
        raise UserFault(f"{name}: column {twice[0]!r} stands twice in the header; rename or remove one")
    return tuple(names)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk
