"""What a mapping says of an event log or a history: which rows make one row of a case, or its steps in order.

A log has one row per event, a history one per update of a record; both say which case, when, and which step (or state).
`fold:` makes one row of each case: the first or last time of a step, how often a step came again after another, how
often a column changed, columns as the newest or oldest row has them. `steps:` names the steps as the data model does.
Refuses unknown keys; the SQL is made in `folding_sql`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.faults import did_you_mean

ANY = "*"
_LOG = ("from", "case", "time", "step", "version", "until", "only_changes")
_FOLD = (*_LOG, "first", "last", "loops", "changes", "newest", "oldest", "at_last")
_STEPS = (*_LOG, "names", "keep")
_NAME = ("first", "again", "after")


@dataclass(frozen=True)
class Again:
    """A step that is counted where it comes after another one (`directly`: with none between)."""

    step: tuple[str, ...]
    after: tuple[str, ...] = ()
    directly: bool = False


@dataclass(frozen=True)
class Change:
    """A column and the steps at which it is looked at: its changes are counted, or its last value is taken."""

    of: str
    at: tuple[str, ...]


@dataclass(frozen=True)
class Naming:
    """How a step is called: the first time in a case, when it comes again, and right after certain steps."""

    first: str
    again: str
    after: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Folding:
    """A declared fold of one stem. `names` not None: its steps in order instead of one row per case."""

    stem: str
    case: str
    time: str
    step: str
    format: str | None = None
    version: str | None = None
    until: str | None = None
    only_changes: bool = False
    first: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    last: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    loops: Mapping[str, Again] = field(default_factory=dict)
    changes: Mapping[str, Change] = field(default_factory=dict)
    newest: tuple[str, ...] = ()
    oldest: tuple[str, ...] = ()
    at_last: Mapping[str, Change] = field(default_factory=dict)
    names: Mapping[str, Naming] | None = None

    @property
    def used(self) -> tuple[str, ...]:
        """The source's columns that the fold reads."""
        own = [self.case, self.time, self.step, *([self.version] if self.version else [])]
        return tuple(
            dict.fromkeys(
                (
                    *own,
                    *self.newest,
                    *self.oldest,
                    *(one.of for part in (self.changes, self.at_last) for one in part.values()),
                )
            )
        )


def read_folding(entry: Any, kind: str, place: str, faults: list[str]) -> Folding | None:
    """The `fold:` or `steps:` of a table (`kind` says which); what is wrong with it is added to `faults`."""
    known = _FOLD if kind == "fold" else _STEPS
    if not isinstance(entry, dict):
        faults.append(f"{place}: expected keys and values, found {type(entry).__name__}")
        return None
    before = len(faults)
    faults += [f"{place}: unknown key {key!r}{did_you_mean(str(key), known)}" for key in entry if key not in known]
    needed = ("from", "case", "time", "step", *(("names",) if kind == "steps" else ()))
    faults += [f"{place}: `{key}:` is missing" for key in needed if not entry.get(key)]
    if len(faults) > before:
        return None
    time = entry["time"] if isinstance(entry["time"], dict) else {"column": entry["time"]}
    names = entry.get("names") or {}
    return Folding(
        stem=str(entry["from"]),
        case=str(entry["case"]),
        time=str(time.get("column")),
        step=str(entry["step"]),
        format=str(time["format"]) if time.get("format") else None,
        version=str(entry["version"]) if entry.get("version") else None,
        until=str(entry["until"]) if entry.get("until") else None,
        only_changes=bool(entry.get("only_changes", False)),
        first={str(name): _texts(steps) for name, steps in (entry.get("first") or {}).items()},
        last={str(name): _texts(steps) for name, steps in (entry.get("last") or {}).items()},
        loops={str(n): _again(spec, f"{place}.loops.{n}", faults) for n, spec in (entry.get("loops") or {}).items()},
        changes={
            str(n): _change(spec, f"{place}.changes.{n}", faults) for n, spec in (entry.get("changes") or {}).items()
        },
        newest=_texts(entry.get("keep" if kind == "steps" else "newest") or ()),
        oldest=_texts(entry.get("oldest") or ()),
        at_last={
            str(n): _change(spec, f"{place}.at_last.{n}", faults) for n, spec in (entry.get("at_last") or {}).items()
        },
        names=None
        if kind == "fold"
        else {str(n): _naming(spec, f"{place}.names.{n}", faults) for n, spec in names.items() if spec is not None},
    )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(text) for text in value) if isinstance(value, list | tuple) else (str(value),)


def _again(spec: Any, place: str, faults: list[str]) -> Again:
    if not isinstance(spec, dict):
        return Again(_texts(spec))
    faults += [
        f"{place}: unknown key {key!r}{did_you_mean(str(key), ('step', 'after', 'directly'))}"
        for key in spec
        if key not in ("step", "after", "directly")
    ]
    return Again(_texts(spec.get("step", ANY)), _texts(spec.get("after", ())), bool(spec.get("directly", False)))


def _change(spec: Any, place: str, faults: list[str]) -> Change:
    if isinstance(spec, str):
        return Change(spec, (ANY,))
    if not isinstance(spec, dict) or "of" not in spec or set(spec) - {"of", "at"}:
        faults.append(f"{place}: give `of:` (a column) and, if wanted, `at:` (steps)")
        return Change("", (ANY,))
    return Change(str(spec["of"]), _texts(spec.get("at", ANY)))


def _naming(spec: Any, place: str, faults: list[str]) -> Naming:
    if isinstance(spec, str):
        return Naming(spec, spec)
    if not isinstance(spec, dict) or "first" not in spec or set(spec) - set(_NAME):
        faults.append(f"{place}: give a name, or `first:` and, if wanted, `again:` and `after:`")
        return Naming("", "")
    first = str(spec["first"])
    after = {str(step): str(name) for step, name in (spec.get("after") or {}).items()}
    return Naming(first, str(spec.get("again", first)), after)
