"""What a figure asks of a source: a table, a column, or a kind of record that the source is known to keep.

    work_orders                      the table
    work_orders.reopens              the column, be it empty in every row
    returns.kind=exchange            a record with that value, or with one of several: interactions.channel=app,web
    customers.referred_by=*          a record that fills the column
    surveys.answered_at=null         a record that leaves it empty
    work_orders.reopens>0            a record with more than that
    complaints.category~attitude     a record whose text holds that word
    complaints.is_external#2         records with two different values: a flag that never differs tells nothing

The last six say what makes a zero a zero: a source that never has an exchange, in any unit at any time, does not say
that there were none; it does not know of them. Alternatives are joined by "|". Refuses nothing; `check_catalogue`
refuses needs that name no column.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

ANY, EMPTY = "*", "null"
_KIND = re.compile(r"(?P<place>[^=>~#]+)(?P<sign>[=>~#])(?P<value>.+)")


@dataclass(frozen=True)
class Need:
    """One plain need: `column` is empty where the table is enough, `sign` (= > ~ #) where the column is."""

    table: str
    column: str = ""
    sign: str = ""
    value: str = ""

    @property
    def bare(self) -> str:
        """The table or column alone, without the kind of record."""
        return f"{self.table}.{self.column}" if self.column else self.table

    def query(self, records: str) -> str:
        """SQL that gives a row if `records`, a SELECT over the table, has one of the kind; only of a need with a
        sign."""
        chosen = f"SELECT 1 FROM ({records})"
        if self.sign == "#":
            return f'{chosen} HAVING count(DISTINCT "{self.column}") >= {int(self.value)}'
        return f"{chosen} WHERE {self._condition()} LIMIT 1"

    def _condition(self) -> str:
        if self.sign == ">":
            return f'"{self.column}" > {float(self.value)}'
        if self.value in (ANY, EMPTY) and self.sign == "=":
            return f'"{self.column}" IS {"NOT " if self.value == ANY else ""}NULL'
        text = f'lower(CAST("{self.column}" AS VARCHAR))'
        if self.sign == "~":
            return f"contains({text}, {_literal(self.value)})"
        return f"{text} IN ({', '.join(_literal(value) for value in self.value.split(','))})"


def read_need(text: str) -> Need:
    """One need without alternatives: "returns", "returns.kind" or "returns.kind=exchange"."""
    found = _KIND.fullmatch(text)
    place, sign, value = (found["place"], found["sign"], found["value"]) if found else (text, "", "")
    table, _, column = place.partition(".")
    return Need(table, column, sign, value)


def alternatives(need: str) -> list[Need]:
    """The plain needs of which any is enough."""
    return [read_need(part) for part in need.split("|")]


def unmet(needs: Iterable[str], lacks: Callable[[Iterable[str]], list[str]]) -> list[str]:
    """Those needs that a source does not meet, said as the least it lacks.

    Where it lacks the very column of a kind of record, the column is named; and not even that where it lacks the table
    and another need says so: who has no table needs no word on its values.

    Parameters
    ----------
    needs : of one figure, alternatives joined by "|"
    lacks : which of some needs a source does not meet, as `Store.missing` tells
    """
    open_needs = lacks(list(needs))
    plain = {part.table for need in open_needs for part in alternatives(need) if not part.sign}
    told: list[str] = []
    for need in open_needs:
        parts = alternatives(need)
        bare = "|".join(dict.fromkeys(part.bare for part in parts))
        if any(part.sign for part in parts) and lacks([bare]):
            tables = {part.table for part in parts}
            if plain & tables and len(lacks(list(tables))) == len(tables):
                continue
            need = bare
        told += [] if need in told else [need]
    return told


def _literal(value: str) -> str:
    return "'" + value.lower().replace("'", "''") + "'"
