"""What a record ought to say, read from expected.yml: fields that are expected to be filled, links that ought to lead
somewhere.

Refuses a declaration that names no table or column of the data model. Reads no data.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from analysis.data_model import Text, read_tables

FILE = Path(__file__).with_suffix(".yml")


@dataclass(frozen=True)
class ExpectedField:
    """A column that every record for which `when` holds ought to fill."""

    table: str
    column: str
    when: str
    name: Text

    @property
    def id(self) -> str:
        """The field as measurements and needs name it: `work_orders.fault_code`."""
        return f"{self.table}.{self.column}"

    @property
    def full_name(self) -> Text:
        """Table and field as a reader says them: "Work orders: fault code"."""
        title = read_tables()[self.table].title
        return {"en": f"{title['en']}: {self.name['en']}", "zh": f"{title['zh']}：{self.name['zh']}"}


@dataclass(frozen=True)
class Link:
    """A column whose value ought to be a key of the table `to`, on every record for which `when` holds."""

    id: str
    table: str
    column: str
    to: str
    when: str
    name: Text


@dataclass(frozen=True)
class Expected:
    """The whole declaration: fields, links, and the texts that say nothing."""

    fields: tuple[ExpectedField, ...]
    links: tuple[Link, ...]
    placeholders: tuple[str, ...]

    def field(self, name: str) -> ExpectedField | None:
        """The field of that id; None where nothing is expected of it."""
        return next((field for field in self.fields if field.id == name), None)


@cache
def read_expected(file: Path = FILE) -> Expected:
    """The declaration.

    Raises
    ------
    ValueError : it names what the data model does not have (a programming error, not a user's).
    """
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    fields = tuple(_fields(told["fields"]))
    links = tuple(_link(name, entry) for name, entry in told["links"].items())
    faults = [*_unknown(fields), *_unknown(links)]
    faults += [f"link {link.id}: {link.to} has no single key" for link in links if len(_key(link.to)) != 1]
    if faults:
        raise ValueError(f"{file.name}: " + "; ".join(faults))
    return Expected(fields, links, tuple(told["placeholders"]))


def _fields(told: Mapping[str, Mapping[str, Any]]) -> Iterator[ExpectedField]:
    for table, columns in told.items():
        for column, entry in columns.items():
            yield ExpectedField(table, column, str(entry.get("when", "true")), entry["name"])


def _link(name: str, entry: Mapping[str, Any]) -> Link:
    table, column = entry["of"].split(".")
    return Link(name, table, column, entry["to"], str(entry.get("when", "true")), entry["name"])


def _key(table: str) -> tuple[str, ...]:
    tables = read_tables()
    return tables[table].key if table in tables else ()


def _unknown(entries: tuple[ExpectedField, ...] | tuple[Link, ...]) -> Iterator[str]:
    tables = read_tables()
    for entry in entries:
        if entry.table not in tables or not tables[entry.table].has(entry.column):
            yield f"no {entry.table}.{entry.column} in the data model"
