"""A proposal as the commented YAML that a person edits: each column with how sure it is, why, and a few masked values.

What is not sure says `CHECK`; what the source holds and nothing is made of stands at the end. The text is read back by
`read_mapping` as it stands.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from analysis.data_model import read_tables
from analysis.intake.proposing.proposal import ColumnChoice, Proposal, TableChoice, Unused

WIDTH = 150
_PLAIN = re.compile(r"^[A-Za-z_\u3400-\u9fff][\w \u3400-\u9fff/.-]*$")
_RESERVED = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "~"})
Mask = Callable[[str], str]


def mapping_text(proposal: Proposal, *, name: str, source: str, mask: Mask, also: Sequence[str] = ()) -> str:
    """The mapping file's text.

    Parameters
    ----------
    name : the mapping's name, which its file bears.
    source : what was looked at, as a person says it.
    mask : hides what is personal in examples.
    also : further lines for the head, such as what the reports can be fed with.
    """
    lines = [
        f"name: {_scalar(name)}",
        f"description: {_scalar(f'Proposed for {source}; look through it before you trust a figure.')}",
        "",
        "# Proposed by `map` from headings and values. Lines with CHECK are guesses: put them right or take them out.",
        "# How each column may be given: docs/how-to/map-your-data.md. Write down here what you decide, and why.",
        *(f"# {line}" if line else "#" for line in also),
        *(f"# {note}" for note in proposal.notes),
        "",
        "meta:",
        '  # data_cutoff_at: "2026-07-01T00:00:00"   # nothing after it is known; else midnight after the newest',
        *[f"  {key}: {_scalar(value)}{_why_meta(key, value)}" for key, value in proposal.meta.items()],
        *([] if "timezone" in proposal.meta else ["  # timezone: Asia/Shanghai"]),
        *(
            []
            if "calendar" in proposal.meta
            else ["  # calendar: weekdays            # for working hours: a file of params/calendars/"]
        ),
    ]
    lines += [*_reading_lines(proposal), *_source_lines(proposal)]
    lines += ["", "tables:"]
    for table in proposal.tables:
        lines += ["", *_table_lines(table, mask)]
    lines += _unused_lines(proposal.unused, mask)
    return "\n".join(lines) + "\n"


def _reading_lines(proposal: Proposal) -> list[str]:
    if not proposal.readings:
        return []
    said = [
        f"  {_key(file)}: {{{', '.join(f'{key}: {_plain_value(value)}' for key, value in how.items())}}}"
        for stem, how in proposal.readings.items()
        for file in (proposal.families[stem].files if stem in proposal.families else (stem,))
    ]
    return ["", "files:                            # CHECK: how a file is read, where it does not say so itself", *said]


def _source_lines(proposal: Proposal) -> list[str]:
    if not proposal.null and not proposal.families:
        return []
    lines = ["", "sources:                          # files read as one; texts that mean nothing, in every column"]
    for stem in dict.fromkeys([*proposal.families, *proposal.null]):
        family = proposal.families.get(stem)
        files = family.files if family else (stem,)
        lines += [f"  {_key(stem)}:", f"    files: [{', '.join(map(_scalar, files))}]"]
        if stem in proposal.null:
            lines.append(f"    null: [{', '.join(map(_quoted, proposal.null[stem]))}]")
        if family:
            lines.append("    names:                        # the name used below, and what the files call it")
            lines += [f"      {_key(name)}: [{', '.join(map(_scalar, heads))}]" for name, heads in family.names.items()]
    return lines


def _table_lines(table: TableChoice, mask: Mask) -> list[str]:
    lines = [f"  {table.table}:", *(f"    # {note}" for note in table.notes)]
    if table.select is not None:
        lines += ["    select: |", *(f"      {line}" for line in table.select.splitlines())]
    else:
        lines.append(f"    from: {_scalar(table.stem)}")
        lines += [f"    where: {_quoted(table.where)}"] if table.where else []
    lines.append("    columns:")
    for choice in table.columns:
        lines += [*_remark(choice, mask), f"      {choice.column}: {_spec(choice.spec)}"]
    missing = [
        column.name
        for column in read_tables()[table.table].columns
        if column.name not in table.given and column.need in ("R", "r")
    ]
    if missing:
        lines.append(f"      # not found: {', '.join(missing)}")
    return lines


def _remark(choice: ColumnChoice, mask: Mask) -> list[str]:
    shown = ", ".join(mask(_shortened(example)) for example in choice.examples)
    parts = [
        f"{'CHECK: ' if choice.sure == 'low' else ''}{choice.sure} ({choice.confidence:.2f})",
        choice.why,
        f"from {choice.source!r}"
        if choice.source is not None and not isinstance(choice.spec, str) and "column" not in choice.spec
        else "",
        f"may be {' or '.join(map(repr, choice.instead))} instead" if choice.instead else "",
        f"e.g. {shown}" if shown else "",
    ]
    return _wrapped("; ".join(part for part in parts if part), "      # ")


def _unused_lines(unused: Sequence[Unused], mask: Mask) -> list[str]:
    if not unused:
        return []
    lines = ["", "# Not used"]
    for entry in unused:
        shown = ", ".join(mask(_shortened(example)) for example in entry.examples)
        subject = f"{entry.stem}.{entry.heading}" if entry.heading else entry.stem
        lines += _wrapped(f"{subject}: {entry.why}" + (f"; e.g. {shown}" if shown else ""), "# - ", "#   ")
    return lines


def _spec(spec: Any) -> str:
    if isinstance(spec, str):
        return _scalar(spec)
    return "{" + ", ".join(f"{key}: {_value(value)}" for key, value in spec.items()) + "}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(str(key))}: {_value(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(entry) for entry in value) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}"
    return _quoted(str(value))


def _scalar(text: str) -> str:
    plain = _PLAIN.match(text) and text.strip() == text and text.casefold() not in _RESERVED and ": " not in text
    return text if plain else _quoted(text)


def _plain_value(value: str | int) -> str:
    return str(value) if isinstance(value, int) else _scalar(value)


def _key(text: str) -> str:
    return _scalar(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _shortened(text: str) -> str:
    one = " ".join(text.split())
    return one if len(one) <= 40 else f"{one[:39]}…"


def _wrapped(text: str, first: str, then: str | None = None) -> list[str]:
    lines: list[str] = []
    start = first
    for word in text.split(" "):
        if lines and len(lines[-1]) + len(word) + 1 <= WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(start + word)
            start = then or first
    return lines


def _why_meta(key: str, value: str) -> str:
    if key == "timezone":
        return "   # CHECK: where the work is done; times with an offset are turned to it"
    return "   # working days and hours: params/calendars/" if key == "calendar" else ""
