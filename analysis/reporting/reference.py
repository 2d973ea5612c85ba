"""`python -m analysis.reporting.reference`: docs/reference/command_line.md, written from the parser itself."""

import argparse
from collections.abc import Iterable, Iterator

from analysis.reporting.command_line import COMMANDS, make_parser
from analysis.reporting.parameters import PROJECT

PAGE = PROJECT / "docs" / "reference" / "command_line.md"
HEAD = """# The command line

<!-- Written by `python -m analysis.reporting.reference` from the parser; change the commands, not this page. -->

Schedules and other programs call it, so its words and exit codes stay. `.venv/bin/python run_reports.py` alone renders
the last complete period for every unit and every report of `params/suite.yml`; `--help` behind any command says what is
written here.

Exit codes: 0 all published or nothing to do · 1 a report failed, the others are published · 2 a mistake in parameters,
mapping or data, nothing rendered · 3 another run holds the output folder · 130 interrupted.
"""


def render_reference() -> str:
    """The page: what each command is for, then its own options, and the selectors that most of them take."""
    parser = make_parser()
    commands = next(action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    selectors = {action.dest: action for action in parser._actions if action.option_strings and action.dest != "help"}
    about = "Taken by every command but `sample` and `new`; what is left out comes from `params/suite.yml`."
    lines = [HEAD, "## Selectors", "", about, ""]
    lines += [*_table(selectors.values()), ""]
    for command, purpose in COMMANDS.items():
        name = command.__name__
        actions = [action for action in commands[name]._actions if action.dest != "help"]
        shared = selectors.keys() if any(action.dest == "period" for action in actions) else ()
        own = [action for action in actions if action.dest not in shared]
        lines += [f"## {name}", "", f"`run_reports.py {_usage(name, own)}`: {purpose}.", ""]
        lines += [*_table(own), ""] if own else []
    return "\n".join(lines).rstrip("\n") + "\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(render_reference(), encoding="utf-8")


def _usage(name: str, actions: list[argparse.Action]) -> str:
    needed = [action for action in actions if action.required]
    options = (
        f"{action.option_strings[-1]} {next(iter(action.choices))}" if action.choices else _spoken(action)
        for action in needed
    )
    return " ".join((name, *options))


def _table(actions: Iterable[argparse.Action]) -> Iterator[str]:
    yield "| option | what it says |"
    yield "|---|---|"
    for action in actions:
        yield f"| `{_spoken(action)}` | {action.help or '·'} |"


def _spoken(action: argparse.Action) -> str:
    name = action.option_strings[-1] if action.option_strings else ""
    choices = "{" + ",".join(map(str, action.choices)) + "}" if action.choices else ""
    value = "" if action.nargs == 0 else str(action.metavar or choices or action.dest.upper())
    return " ".join(part for part in (name, value) if part).replace("|", "\\|")


if __name__ == "__main__":
    main()
