"""What is seen while reports are made: a bar on a terminal, a line per report elsewhere, JSON lines on request."""

import json
import shutil
import sys
from dataclasses import dataclass, field
from typing import Any, TextIO

from tqdm import tqdm

from analysis.reporting.orders import Order

BAR = "{percentage:3.0f}%|{bar:24}| {n_fmt}/{total_fmt} reports [{elapsed}, {remaining} left] {desc}"


@dataclass
class Progress:
    """Tells of one run. Steps and reports go to `err`; `--json` lines, which are the result, to `out`."""

    as_json: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    total: int = 0
    done: int = 0
    running: list[str] = field(default_factory=list)
    bar: Any = None

    def step(self, what: str, *, detail: bool = False) -> None:
        """A step of the preparation begins; a detail of one is told on a terminal only."""
        if self.as_json:
            self._line({"event": "step", "step": what})
        elif not detail:
            print(f"{self._wipe()}… {what}", file=self.err, flush=True)
        elif self.err.isatty():
            print(f"{self._wipe()}    {what}", end="", file=self.err, flush=True)

    def begin(self, total: int, *, unchanged: int, kept: int = 0) -> None:
        """So many reports are to be made; so many need nothing; so many were made before and wait to be published."""
        self.total = total
        if self.as_json:
            self._line({"event": "start", "reports": total, "unchanged": unchanged, "kept": kept})
            return
        print(self._wipe(), end="", file=self.err)
        if unchanged:
            print(f"{unchanged} reports are up to date", file=self.err, flush=True)
        if kept:
            print(f"{kept} reports were built before and are published now", file=self.err, flush=True)
        if total and self.err.isatty():
            size = shutil.get_terminal_size()
            self.bar = tqdm(total=total, file=self.err, ncols=size.columns, nrows=size.lines, bar_format=BAR)

    def started(self, order: Order) -> None:
        """A report begins."""
        self.running.append(order.told())
        self._show_running()

    def finished(self, order: Order, status: str, *, seconds: float, reason: str = "", notebook: str = "") -> None:
        """A report is published, or failed for a reason, its notebook kept aside."""
        self.done += 1
        if order.told() in self.running:
            self.running.remove(order.told())
        if self.as_json:
            facts = {"report": order.report, "business_unit": order.business_unit, "period": order.period}
            told = {
                "status": status,
                "seconds": round(seconds, 2),
                "reason": reason or None,
                "notebook": notebook or None,
            }
            self._line({"event": "report", **facts, **told})
            return
        if self.bar is not None:
            self.bar.update(1)
            self._show_running()
        if reason:
            self.say(f"{order.told()}: {status}: {reason}" + (f"\n    see {notebook}" if notebook else ""))
        elif self.bar is None:
            self.say(f"[{self.done}/{self.total}] {order.told()}: {status} ({seconds:.1f} s)")

    def published(self, order: Order) -> None:
        """A report is in its place; machines are told, people see the sum."""
        if self.as_json:
            facts = {"report": order.report, "business_unit": order.business_unit, "period": order.period}
            self._line({"event": "report", **facts, "status": "published"})

    def say(self, line: str) -> None:
        """A line beside the bar."""
        if self.bar is not None:
            self.bar.write(line, file=self.err)
        else:
            print(line, file=self.err, flush=True)

    def close(self) -> None:
        """The bar ends where it stands."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None

    def end(self, facts: dict[str, Any], last_line: str) -> None:
        """The run is over; the last line names the index page."""
        self.close()
        if self.as_json:
            self._line({"event": "end", **facts})
        else:
            print(last_line, file=self.out, flush=True)

    def _wipe(self) -> str:
        """Take a detail that stands on the terminal's last line away."""
        return "\r\x1b[K" if self.err.isatty() else ""

    def _show_running(self) -> None:
        if self.bar is not None:
            self.bar.set_description_str("; ".join(self.running))

    def _line(self, facts: dict[str, Any]) -> None:
        print(json.dumps(facts, ensure_ascii=False, allow_nan=False), file=self.out, flush=True)
