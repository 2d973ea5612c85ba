"""The suite's settings, params/suite.yml, read strictly: unknown keys, wrong types and passwords are refused.

It resolves paths and names; whether the data, the mapping or a report make sense is for others to say.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import yaml

from analysis.delivery.reading import RECIPIENTS, read_settings
from analysis.delivery.settings import Settings
from analysis.faults import UserFault, did_you_mean
from analysis.metrics.people import FEWEST_PEOPLE
from analysis.presentation.language import LANGUAGES
from analysis.reporting.bounds import Keep, Limits
from analysis.reporting.periods import LAST, read_period
from analysis.reporting.schedule_settings import Schedule, parse_schedule

PROJECT = Path(__file__).resolve().parents[2]
PARAMS = PROJECT / "params"

Value = str | int | float | bool | None
_PASSWORD = re.compile(r"^[a-z][a-z0-9+.-]*://[^/@\s]*:[^/@\s]+@", re.IGNORECASE)


@dataclass(frozen=True)
class Suite:
    """What is rendered, from which data, to where.

    Parameters
    ----------
    params : folder of suite.yml, business_units.yml, metrics.yml, scorecard.yml and mappings/
    data : folder, file or address of the records; None for the sample business
    mapping : mapping file, or None for canonical tables
    reports : notebooks by stem, in the order of the index; empty for every notebook
    business_units : ids or names; empty for every unit and the company
    parameters : report → further values for its parameters cell
    workers : reports that run at the same time
    cluster : address of a Dask scheduler that reports are handed to instead; None for this machine
    keep : how much of what newer results replaced stays
    partial_data : where the newest record is older than the period's last workday: a "banner" on the pages, or "stop"
    partial : render also a period that the data do not reach the end of
    by_hand : for an analyst now, not for readers: of a changed catalogue only what changed is measured
    schedule : what is owed when; None where suite.yml says nothing
    delivery : who is told what, when and how; nobody unless params/recipients.yml names them
    fewest_people : answers and customers' attributes are told of at least so many people
    """

    params: Path = PARAMS
    data: str | None = None
    mapping: Path | None = None
    period: str = LAST
    reports: tuple[str, ...] = ()
    business_units: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en", "zh")
    notebooks: Path = PROJECT / "notebooks"
    out: Path = PROJECT / "reports"
    store: Path = PROJECT / ".store"
    workers: int = field(default_factory=lambda: _cores())
    cluster: str | None = None
    limits: Limits = field(default_factory=Limits)
    fewest_people: int = FEWEST_PEOPLE
    parameters: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    keep: Keep = field(default_factory=Keep)
    partial_data: str = "banner"
    partial: bool = False
    by_hand: bool = False
    schedule: Schedule | None = None
    delivery: Settings = field(default_factory=Settings)

    @property
    def calendar(self) -> str:
        """Which days are worked: the schedule's, else Monday to Friday."""
        return self.schedule.calendar if self.schedule else "weekdays"


def read_suite(params: Path = PARAMS) -> Suite:
    """The settings of a params folder; a folder without suite.yml has the defaults.

    Raises
    ------
    UserFault : one line per mistake, each with the file, the key and the nearest right name
    """
    file = params / "suite.yml"
    if not params.is_dir():
        raise UserFault(f"{params}: no such params folder; name one with --params")
    given = read_yaml(file) if file.is_file() else {}
    people = read_yaml(params / RECIPIENTS) if (params / RECIPIENTS).is_file() else None
    told = {name: given.pop(name, None) for name in ("delivery", "alerts")}
    values, faults = _checked(given, {**_SETTINGS, **dict.fromkeys(told, _text)}, file.name)
    try:
        languages = values.get("languages") or Suite.languages
        values["delivery"] = read_settings(**told, recipients=people, base=params, languages=languages)
    except UserFault as fault:
        faults += fault.lines
    if faults:
        raise UserFault(faults)
    return override(Suite(params=params), values)


def override(suite: Suite, values: Mapping[str, Any]) -> Suite:
    """The settings with some replaced, as the command line does; paths are relative to the project unless absolute.

    Raises
    ------
    UserFault : for an unknown mapping, a period that is none, or a data address that holds a password
    """
    changed = {name: value for name, value in values.items() if value is not None}
    for name in ("out", "store", "notebooks"):
        if name in changed:
            changed[name] = (PROJECT / changed[name]).resolve()
    if "mapping" in changed:
        changed["mapping"] = _mapping_file(str(changed["mapping"]), suite.params)
    if changed.get("period", LAST) != LAST:
        read_period(changed["period"])
    if "data" in changed:
        changed["data"] = _source(str(changed["data"]))
    return replace(suite, **changed)


def read_yaml(file: Path) -> dict[str, Any]:
    """A YAML file of plain values: no tags that build objects, no key twice.

    Raises
    ------
    UserFault : with file and line
    """
    try:
        content = _PlainLoader(file.read_text(encoding="utf-8")).get_single_data()
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise UserFault(
            f"{file.name}: line {line}: {fault.problem}; only plain values, lists and mappings are read"
        ) from fault
    if content is not None and not isinstance(content, dict):
        raise UserFault(f"{file.name}: must be a mapping of names to values, got {type(content).__name__}")
    return content or {}


class _PlainLoader(yaml.SafeLoader):
    """SafeLoader that also refuses a key given twice, which YAML libraries pass over in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for position, name in enumerate(names):
            if name in names[:position]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{name!r} is given twice", node.value[position][0].start_mark
                )
        return super().construct_mapping(node, deep)


def _checked(
    given: Mapping[Any, Any], settings: Mapping[str, Callable[[Any], Any]], place: str
) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    faults = []
    for name, value in given.items():
        if name not in settings:
            faults.append(f"{place}: unknown key {name!r}{did_you_mean(str(name), settings)}")
            continue
        if name in _PARTS and isinstance(value, dict):
            part, wrong = _checked(value, _PARTS[name][1], f"{place}: {name}")
            values[name] = None if wrong else _PARTS[name][0](**part)
            faults += wrong
            continue
        try:
            values[name] = None if value is None else settings[name](value)
        except UserFault as fault:
            faults += fault.lines
        except ValueError as fault:
            faults.append(f"{place}: {name} {fault}, got {value!r}")
    return values, faults


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("must be text")
    return str(value)


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return () if value == "every" else tuple(part.strip() for part in value.split(",") if part.strip())
    if not isinstance(value, list) or not all(
        isinstance(part, str | int) and not isinstance(part, bool) for part in value
    ):
        raise ValueError("must be a list of names, or 'every'")
    return tuple(dict.fromkeys(str(part) for part in value))


def checked_languages(value: Any) -> tuple[str, ...]:
    """Language codes in the order asked for, the first one being the index's own.

    Raises
    ------
    ValueError : for a language that no page can be written in
    """
    asked = tuple(dict.fromkeys(_names(value)))
    unknown = [name for name in asked if name not in LANGUAGES]
    if unknown or not asked:
        raise ValueError(f"must be among {', '.join(LANGUAGES)}")
    return asked


def checked_cluster(value: Any) -> str:
    """The address of a Dask scheduler.

    Raises
    ------
    ValueError : for what is none
    """
    if not isinstance(value, str) or not re.fullmatch(r"(tcp|tls)://[^/\s:]+:\d{1,5}", value):
        raise ValueError("must be the address of a Dask scheduler, such as tcp://host:8786")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("must be a whole number of at least 1")
    return value


def _workers(value: Any) -> int:
    return _cores() if value == "auto" else min(_whole(value), 4 * _cores())


def _part(value: Any) -> None:
    raise ValueError("must be a mapping")


def _partial_data(value: Any) -> str:
    if value not in ("banner", "stop"):
        raise ValueError("must be banner or stop")
    return str(value)


def _parameters(value: Any) -> dict[str, dict[str, Value]]:
    if not isinstance(value, dict) or not all(isinstance(own, dict) for own in value.values()):
        raise ValueError("must map reports to names and values")
    return {str(report): {str(name): plain for name, plain in own.items()} for report, own in value.items()}


_PARTS: Mapping[str, tuple[type[Limits | Keep], Mapping[str, Callable[[Any], Any]]]] = {
    "limits": (Limits, {limit.name: _whole for limit in fields(Limits)}),
    "keep": (Keep, {kept.name: _whole for kept in fields(Keep)}),
}
_SETTINGS: Mapping[str, Callable[[Any], Any]] = {
    "data": _text,
    "mapping": _text,
    "period": _text,
    "reports": _names,
    "business_units": _names,
    "languages": checked_languages,
    "notebooks": _text,
    "out": _text,
    "store": _text,
    "workers": _workers,
    "cluster": checked_cluster,
    "limits": _part,
    "fewest_people": _whole,
    "parameters": _parameters,
    "keep": _part,
    "partial_data": _partial_data,
    "schedule": parse_schedule,
}


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _mapping_file(name: str, params: Path) -> Path:
    known = {file.stem: file for file in (params / "mappings").glob("*.yml")}
    if name in known:
        return known[name]
    for file in (Path(name), PROJECT / name):
        if file.is_file():
            return file.resolve()
    raise UserFault(
        f"mapping: no file {name!r} and no mapping of that name in {params.name}/mappings{did_you_mean(name, known)}"
    )


def _source(data: str) -> str:
    if _PASSWORD.match(data):
        address = re.sub(r"//[^@]*@", "//…@", data)
        raise UserFault(f"data: the address {address} holds a password; leave it out and set it in the environment")
    if "://" in data:
        return data
    inside = PROJECT / data
    return str(Path(data).resolve() if Path(data).exists() or not inside.exists() else inside)
