"""How one value of the settings is checked, and how what is wrong with it is told."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from analysis.faults import did_you_mean

ADDRESS_AT_MOST = 254
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_LOCAL}@(?:{_LABEL})(?:\.{_LABEL})*")
_NAMED = re.compile(r"([^<>]*)<([^<>]+)>")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{1,63}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Wrong(ValueError):
    """What is wrong with a value; `show` is False where the value may be a secret and is not repeated."""

    def __init__(self, what: str, *, show: bool = True) -> None:
        self.show = show
        super().__init__(what)


class Checker:
    """Checks the values of one place of a file and adds what is wrong to `faults`."""

    def __init__(self, place: str, faults: list[str]) -> None:
        self.place, self.faults = _shown(place), faults

    def mapping(self, given: object, known: Iterable[str], *, secrets: Collection[str] = ()) -> dict[str, Any]:
        """The known keys of a mapping; `secrets` are keys under which somebody may have written a secret."""
        if given is None:
            return {}
        if not isinstance(given, Mapping):
            self.faults.append(f"{self.place}: expected names and values, found {type(given).__name__}")
            return {}
        for name in given:
            if name in secrets:
                self.faults.append(
                    f"{self.place}: {name} does not belong in a file; put it into an environment variable and name "
                    f"that with {_variable_key(str(name))}"
                )
            elif name not in known:
                self.faults.append(f"{self.place}: unknown key {_shown(name)!r}{did_you_mean(str(name), known)}")
        return {name: value for name, value in given.items() if name in known and value is not None}

    def part(self, content: Mapping[str, Any], name: str) -> dict[str, Any]:
        """A mapping whose keys are names that people chose; names that could not stand in a header are refused."""
        given = content.get(name, {})
        if not isinstance(given, Mapping):
            self.faults.append(f"{self.place}: {name} expects ids with their values")
            return {}
        for key in given:
            if not isinstance(key, str) or not key.strip() or _CONTROLS.search(key):
                self.faults.append(
                    f"{self.place}: {name}: {_shown(key)!r} must be text without a line end; put quotes around it"
                )
        return {key: value for key, value in given.items() if isinstance(key, str) and not _CONTROLS.search(key)}

    def checked(self, content: Mapping[str, Any], checks: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
        """The values as their checks return them; those that fail are told and left out."""
        values = {}
        for name, value in content.items():
            try:
                values[name] = checks[name](value)
            except Wrong as fault:
                got = f", got {_shown(value)!r}" if fault.show else ""
                self.faults.append(f"{self.place}: {name} {fault}{got}")
        return values

    def known(self, given: object, known: Iterable[str], *, what: str = "") -> list[str]:
        """A list of names that are all known."""
        place = f"{self.place}: {what}" if what else self.place
        if not isinstance(given, list):
            self.faults.append(f"{place}: expected a list of names")
            return []
        names = list(dict.fromkeys(str(each) for each in given))
        known = list(known)
        self.faults.extend(
            f"{place}: nobody is called {_shown(name)!r}{did_you_mean(name, known)}"
            for name in names
            if name not in known
        )
        return [name for name in names if name in known]


def flat(value: object) -> str:
    """Text of one line: a line end could forge a header of a mail."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Wrong("must be text")
    if _CONTROLS.search(str(value)):
        raise Wrong("must be one line: a line end or control character is refused")
    return str(value).strip()


def address(value: object) -> str:
    """A mail address in ASCII, without a name beside it."""
    text = flat(value)
    if len(text) > ADDRESS_AT_MOST or not _ADDRESS.fullmatch(text):
        raise Wrong("must be one mail address such as name@example.com (a domain of other letters as xn--…)")
    return text


def mailbox(value: object) -> tuple[str, str]:
    """Name and address: "Reports <reports@example.com>", or the address alone."""
    text = flat(value)
    named = _NAMED.fullmatch(text)
    return (named[1].strip(' "'), address(named[2])) if named else ("", address(text))


def variable(value: object) -> str:
    """The name of an environment variable. What is no name may be the secret itself, and is not repeated."""
    if not isinstance(value, str) or not _VARIABLE.fullmatch(value):
        raise Wrong(
            "must be the name of an environment variable, such as MAIL_PASSWORD, not the secret itself", show=False
        )
    return value


def whole(value: object) -> int:
    """A whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Wrong("must be a whole number of at least 1")
    return value


def one_of(*known: str) -> Callable[[object], Any]:
    """One of a few words."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise Wrong(f"must be {', '.join(known[:-1])} or {known[-1]}{did_you_mean(str(value), known)}")
        return value

    return check


def _variable_key(name: str) -> str:
    return "chat_from" if name in ("chat", "url") else f"{name}_from"


def _shown(value: object) -> str:
    return _CONTROLS.sub("?", str(value))[:80]
