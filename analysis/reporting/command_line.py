"""The command line, a contract that schedules and programs rely on. It parses, and calls one function per command.

Exit codes: 0 all published or nothing to do · 1 a report failed · 2 a mistake in parameters, mapping or data ·
3 another run holds the lock · 130 interrupted.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from analysis.faults import UserFault, did_you_mean
from analysis.reporting import commands, scaffold, scheduling, telling
from analysis.reporting.locking import Locked
from analysis.reporting.parameters import checked_cluster

OK, REPORT_FAILED, MISTAKE, LOCKED, INTERRUPTED = 0, 1, 2, 3, 130
COMMANDS: Mapping[Callable[[argparse.Namespace], int], str] = {
    commands.render: "the main job, with selectors",
    commands.sample: "write the sample business as canonical tables",
    commands.check: "parameters, mapping, data, catalogue, notebooks; runs no report",
    scheduling.due: "render and deliver what the schedule owes and is not there yet; safe to call every hour",
    scheduling.backfill: "earlier periods: missing, failed or all; nobody is told unless asked for",
    scheduling.schedule: "the file to install for `due`: systemd, cron or airflow",
    commands.map: "what a source holds, what maps to what, what is missing; proposes a mapping",
    commands.status: "what ran, when, how long, what failed and why, what is stale, waiting and owed next",
    telling.deliver: "tell readers and owners of a period's reports, each once; what waits is tried again",
    commands.preview: "one report now, opened or its path printed",
    scaffold.new: "scaffold of a report: notebook, area module, catalogue, test, words in both languages",
    commands.verify: "published files against their checksums; --sign NAME signs a period off",
    commands.doctor: "environment, fonts, kernel, disk, clock, mail; what to do about each",
}


def main(arguments: Sequence[str] | None = None, *, usage: str | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : as after the program's name; by default the process's own
    usage : the long description that --help shows
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        asked = make_parser(usage).parse_args(sys.argv[1:] if arguments is None else list(arguments))
        command: Callable[[argparse.Namespace], int] = getattr(asked, "command", commands.render)
        return command(asked)
    except UserFault as fault:
        return _say(fault.lines, MISTAKE)
    except Locked as fault:
        return _say(fault.lines, LOCKED)
    except KeyboardInterrupt:
        return _say(["interrupted; what is built is kept, the next run goes on from there"], INTERRUPTED)


def make_parser(usage: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands. A command that is not there yet is unknown, not empty."""
    parser = _Parser(prog="run_reports.py", description=usage, formatter_class=argparse.RawDescriptionHelpFormatter)
    selectors = _Parser(add_help=False)
    _add_selectors(selectors)
    _add_selectors(parser)
    parser.set_defaults(force=False, dry_run=False, pdf=False, deliver=False)
    kinds = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    added = {}
    for command, purpose in COMMANDS.items():
        added[command] = kinds.add_parser(
            command.__name__, parents=[] if command in (commands.sample, scaffold.new) else [selectors], help=purpose
        )
        added[command].set_defaults(command=command)
    render = added[commands.render]
    render.add_argument("--force", action="store_true", help="render also what is up to date")
    render.add_argument("--dry-run", action="store_true", help="say what would be rendered; render nothing")
    render.add_argument(
        "--pdf", action="store_true", help="print the pages as PDF too, with the Chromium of this machine"
    )
    render.add_argument("--deliver", action="store_true", help="tell readers and owners what they have not heard of")
    added[commands.preview].add_argument("name", metavar="REPORT", help="a report by name")
    added[commands.verify].add_argument("--sign", metavar="NAME", help="sign off what is published of a period")
    _add_sample(added[commands.sample])
    scheduling.add_due(added[scheduling.due])
    scheduling.add_backfill(added[scheduling.backfill])
    scheduling.add_schedule(added[scheduling.schedule])
    telling.add_deliver(added[telling.deliver])
    scaffold.add_new(added[scaffold.new])
    return parser


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, with the nearest command or option."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        raise UserFault(f"{self._nearer(message)}; see {self.prog.split()[0]} --help")

    def _nearer(self, message: str) -> str:
        if "invalid choice: " in message and "COMMAND" in message:
            given = message.split("invalid choice: ")[1].split(" (")[0].strip("'\"")
            known = [name for action in self._actions if isinstance(action.choices, dict) for name in action.choices]
            return f"no command {given!r}{did_you_mean(given, known)} (there are {', '.join(known)})"
        if message.startswith("unrecognized arguments: "):
            given = message.split(": ", 1)[1].split()[0]
            options = [
                option for action in self._actions for option in action.option_strings if option.startswith("--")
            ]
            return f"no option {given!r}{did_you_mean(given, options)}"
        return message


def _add_sample(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write")
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="another seed, another business; 7 by default")
    parser.add_argument("--work-orders", type=_positive, default=60_000, metavar="N", help="60,000 by default")
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv", help="csv by default")


def _add_selectors(parser: argparse.ArgumentParser) -> None:
    default = argparse.SUPPRESS
    parser.add_argument("--period", default=default, metavar="P", help="2025-06, 2025-Q2, 2025 or last")
    parser.add_argument(
        "--business-unit", default=default, metavar="ID,…", help="units by id or name; all = the whole company"
    )
    parser.add_argument("--report", default=default, metavar="NAME,…", help="reports by name")
    parser.add_argument(
        "--language", default=default, metavar="en,zh", help="languages of the pages, the index's own first"
    )
    parser.add_argument(
        "--data", default=default, metavar="PATH_OR_URL", help="folder, file or database address of the records"
    )
    parser.add_argument(
        "--mapping", default=default, metavar="NAME_OR_FILE", help="how the source's columns become ours"
    )
    parser.add_argument("--out", type=Path, default=default, metavar="DIR", help="where readers look")
    parser.add_argument("--workers", type=_positive, default=default, metavar="N", help="reports at the same time")
    parser.add_argument(
        "--cluster",
        type=_cluster,
        default=default,
        metavar="ADDRESS",
        help="a Dask scheduler, tcp://host:8786, to hand reports to",
    )
    parser.add_argument(
        "--params", type=Path, default=default, metavar="DIR", help="folder of suite.yml and its company"
    )
    parser.add_argument("--json", action="store_true", default=default, help="one JSON object per line, for machines")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text!r}")
    return int(text)


def _cluster(text: str) -> str:
    try:
        return checked_cluster(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(f"{fault}, got {text!r}") from fault


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(lines: Sequence[str], code: int) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return code
