"""The rows of the ledger: what one open ledger can be asked, and what its one writer writes down."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from analysis.reporting.records import Entry, Failed, Published, published_from, to_json


@dataclass(frozen=True)
class Ledger:
    """The open ledger. Readers get one that cannot write."""

    connection: sqlite3.Connection

    def entry(self, *, period: str, business_unit: str, report: str) -> Entry | None:
        """What is known of a report, or None."""
        return next(iter(self._entries(period, business_unit, report)), None)

    def entries(self, period: str | None = None) -> list[Entry]:
        """Every report of a period, or of all, ordered by period, unit and report."""
        return self._entries(period, None, None)

    def fingerprint(self) -> str:
        """One hash of all that is published, of every version, and of all that failed."""
        found = hashlib.sha256()
        for table in ("publications", "failures"):
            rows = f"SELECT period, business_unit, report, body FROM {table} ORDER BY 1, 2, 3, 4"
            for row in self.connection.execute(rows):
                found.update(json.dumps(row).encode())
        return found.hexdigest()

    def keep(self, entry: Entry, *, told: bool = False) -> None:
        """Write down a report's newest publication and its last failure, where there is one.

        Parameters
        ----------
        told : whoever is to hear of this publication has heard; a version once told stays told
        """
        place = (entry.period, entry.business_unit, entry.report)
        if entry.published is not None:
            self.connection.execute(
                "INSERT INTO publications VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
                "SET body = excluded.body, told = max(told, excluded.told)",
                (*place, entry.published.version, to_json(entry.published), told),
            )
        if entry.failed is None:
            self.connection.execute("DELETE FROM failures WHERE (period, business_unit, report) = (?, ?, ?)", place)
        else:
            self.connection.execute(
                "INSERT INTO failures VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "told = max(excluded.told, told AND reason = excluded.reason), "
                "body = excluded.body, reason = excluded.reason",
                (*place, entry.failed.reason, to_json(entry.failed), told),
            )

    def announce(self, entry: Entry, staging: str) -> None:
        """Say that a publication's files, whole and synced in `staging`, are about to be moved in."""
        if entry.published is None:
            raise ValueError(f"{entry.report} of {entry.business_unit}: there is nothing to publish")
        self.connection.execute(
            "INSERT OR REPLACE INTO announced VALUES (?, ?, ?, ?, ?)",
            (entry.period, entry.business_unit, entry.report, staging, to_json(entry.published)),
        )

    def confirm(self, entry: Entry) -> None:
        """Say that all its files are in place."""
        self.keep(entry)
        self.withdraw(entry)

    def withdraw(self, entry: Entry) -> None:
        """Forget an announced publication."""
        place = (entry.period, entry.business_unit, entry.report)
        self.connection.execute("DELETE FROM announced WHERE (period, business_unit, report) = (?, ?, ?)", place)

    def announced(self) -> list[tuple[Entry, str]]:
        """Publications that were cut short, each with its staging folder."""
        rows = self.connection.execute("SELECT period, business_unit, report, body, staging FROM announced")
        return [
            (Entry(report, unit, period, published_from(json.loads(body))), staging)
            for period, unit, report, body, staging in rows
        ]

    def old_versions(self, period: str | None = None) -> dict[tuple[str, str, str], list[Published]]:
        """(period, unit, report) → the versions that a newer one replaced and that are still kept, newest first."""
        rows = self.connection.execute(
            "SELECT period, business_unit, report, body FROM publications AS p WHERE (?1 IS NULL OR period = ?1) "
            "AND version < (SELECT max(version) FROM publications AS q WHERE (q.period, q.business_unit, q.report) = "
            "(p.period, p.business_unit, p.report)) ORDER BY version DESC",
            (period,),
        )
        found: dict[tuple[str, str, str], list[Published]] = {}
        for *place, body in rows:
            found.setdefault((place[0], place[1], place[2]), []).append(published_from(json.loads(body)))
        return found

    def forget_version(self, entry: Entry, version: int) -> None:
        """Drop a version that is pruned."""
        self.connection.execute(
            "DELETE FROM publications WHERE (period, business_unit, report, version) = (?, ?, ?, ?)",
            (entry.period, entry.business_unit, entry.report, version),
        )

    def note_run(self, run: Mapping[str, Any]) -> None:
        """Write down a run: command, period, host, process, when, how long, how many, from which data."""
        names = ("command", "period", "started_at", "seconds", "host", "process", "published", "unchanged", "failed",
                 "data", "prepared")  # fmt: skip
        self.connection.execute(
            f"INSERT INTO runs ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
            [run.get(name) for name in names],
        )

    def runs(self, period: str | None = None, *, newest: int = 100) -> list[dict[str, Any]]:
        """The last runs, newest first."""
        rows = self.connection.execute(
            "SELECT * FROM runs WHERE (?1 IS NULL OR period = ?1) ORDER BY number DESC LIMIT ?2", (period, newest)
        )
        return [dict(zip([column[0] for column in rows.description], row, strict=True)) for row in rows]

    def read_fact(self, name: str) -> str | None:
        """A fact about the ledger itself, such as when it was rebuilt."""
        row = self.connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def write_fact(self, name: str, value: str) -> None:
        """Write such a fact down."""
        self.connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def _entries(self, period: str | None, business_unit: str | None, report: str | None) -> list[Entry]:
        asked = (period, business_unit, report)
        chosen = "(?1 IS NULL OR period = ?1) AND (?2 IS NULL OR business_unit = ?2) AND (?3 IS NULL OR report = ?3)"
        found: dict[tuple[str, str, str], Entry] = {}
        columns = "SELECT period, business_unit, report, body"
        newest = f"{columns}, max(version) FROM publications WHERE {chosen} GROUP BY 1, 2, 3"
        for of, unit, name, body, _ in self.connection.execute(newest, asked):
            found[(of, unit, name)] = Entry(name, unit, of, published_from(json.loads(body)))
        for of, unit, name, body in self.connection.execute(f"{columns} FROM failures WHERE {chosen}", asked):
            known = found.get((of, unit, name), Entry(name, unit, of))
            found[(of, unit, name)] = replace(known, failed=Failed(**json.loads(body)))
        return [found[place] for place in sorted(found)]
