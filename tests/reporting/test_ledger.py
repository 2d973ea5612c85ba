"""The ledger: what it says after a kill, when it is lost or damaged, and where its write-ahead log cannot work."""

import json
import os
import signal
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis.reporting import journal, ledger, placing
from analysis.reporting.placing import finish_all
from analysis.reporting.publish import publish, verify
from analysis.reporting.run_record import read_entries, read_entry

PLACE = {"period": "2026-06", "business_unit": "U01", "report": "cycle"}


@pytest.fixture
def publish_value(tiny: SimpleNamespace, tmp_path: Path) -> Callable[..., None]:
    suite = tiny.make_suite(tmp_path)

    def run(value: float, **about: object) -> None:
        failure = publish(suite.out, tiny.write_built(suite, value=value, **about), links=lambda _: "<nav></nav>")
        assert failure is None

    return run


def _killed_at(step: int, work: Callable[[], None]) -> bool:
    """Run `work` in a forked child that SIGKILLs itself at the given one of its moves and ledger changes."""
    child = os.fork()
    if child == 0:
        done = 0

        def dying(real: Callable[..., object]) -> Callable[..., object]:
            def step_on(*given: object, **named: object) -> object:
                nonlocal done
                done += 1
                if done == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*given, **named)

            return step_on

        placing.os.replace = dying(os.replace)
        placing.os.fsync = dying(os.fsync)
        placing.ledger.writing = dying(ledger.writing)
        placing.shutil.rmtree = dying(placing.shutil.rmtree)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_whatever_the_moment_of_a_kill_the_next_run_finds_all_of_the_old_version_or_all_of_the_new(
    tiny: SimpleNamespace, tmp_path: Path, publish_value: Callable[..., None]
) -> None:
    out = tmp_path / "out"
    publish_value(2.31)
    seen = {1: 0, 2: 0}
    for step in range(1, 200):
        version = read_entry(out, **PLACE).published.version
        if not _killed_at(step, lambda number=step: publish_value(3.0 + number)):
            break
        finish_all(out)
        entry = read_entry(out, **PLACE)
        facts = json.loads((out / "2026-06/U01/cycle.en.json").read_text())
        assert facts["version"] == entry.published.version in (version, version + 1)
        assert verify(out, read_entries(out)) == []
        assert not any((out / ".after_sales" / "staging").iterdir())
        with ledger.reading(out) as book:
            assert book.announced() == []
            kept = book.old_versions()
            assert [old.version for old in next(iter(kept.values()), [])] == list(
                range(entry.published.version - 1, 0, -1)
            )[:12]
        seen[1 + entry.published.version - version] += 1
    assert seen[1] > 5
    assert seen[2] > 5


def test_a_lost_ledger_is_rebuilt_from_the_records_and_nobody_is_told_twice(
    tmp_path: Path, publish_value: Callable[..., None]
) -> None:
    out = tmp_path / "out"
    for value in (2.31, 2.36):
        publish_value(value)
    publish_value(5.0, report="costs")
    with ledger.reading(out) as book:
        before, kept = book.entries(), book.old_versions()
    for file in (out / ".after_sales").glob("ledger*"):
        file.unlink()
    assert read_entries(out) == before
    assert not ledger.ledger_file(out).exists(), "a reader writes nothing"
    with ledger.writing(out) as book:
        assert (book.entries(), book.old_versions()) == (before, kept)
        assert book.connection.execute("SELECT DISTINCT told FROM publications").fetchall() == [(1,)]


@pytest.mark.parametrize("damage", [b"not a database at all", b""])
def test_a_damaged_ledger_is_set_aside_and_rebuilt(
    tmp_path: Path, publish_value: Callable[..., None], damage: bytes
) -> None:
    out = tmp_path / "out"
    publish_value(2.31)
    before = read_entries(out)
    file = ledger.ledger_file(out)
    file.write_bytes(damage)
    assert read_entries(out) == before
    publish_value(2.36)
    assert [entry.published.version for entry in read_entries(out)] == [2]
    if damage:
        assert file.with_name(f"{file.name}.damaged").read_bytes() == damage


def test_pages_of_the_file_that_are_torn_are_found_before_a_run(
    tmp_path: Path, publish_value: Callable[..., None]
) -> None:
    out = tmp_path / "out"
    for number in range(40):
        publish_value(2.31, report=f"r{number}")
    file, before = ledger.ledger_file(out), read_entries(out)
    assert ledger.check_whole(out) is None
    with file.open("r+b") as opened:
        opened.seek(4096 * 3)
        opened.write(os.urandom(4096 * 6))
    assert ledger.check_whole(out)
    ledger.rebuild(out)
    assert read_entries(out) == before


def test_the_ledger_keeps_a_write_ahead_log_and_does_without_where_the_system_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ledger.writing(tmp_path / "a"):
        pass
    with sqlite3.connect(ledger.ledger_file(tmp_path / "a")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    without = sqlite3.connect(f"{(tmp_path / 'b.sqlite3').as_uri()}?vfs=unix-none", uri=True)
    assert journal.journal_mode(without, tmp_path) == "delete"
    without.close()
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nserver:/x {tmp_path.resolve()}/on\\040nfs nfs4 rw 0 0\n")
    monkeypatch.setattr(journal, "MOUNTS", mounts)
    shared = tmp_path / "on nfs" / "out"
    with ledger.writing(shared):
        pass
    with sqlite3.connect(ledger.ledger_file(shared)) as connection:
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    connection.close()
    assert mode == "delete"
    assert "(nfs4) does not take a write-ahead log" in journal.told(mode, shared)


def test_a_reader_of_a_folder_it_may_not_write_to_reads_the_ledger(tiny: SimpleNamespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        suite = tiny.make_suite(Path(folder))
        assert publish(suite.out, tiny.write_built(suite), links=lambda _: "") is None
        hidden = suite.out / ".after_sales"
        hidden.chmod(0o555)
        child = os.fork()
        if child == 0:
            try:
                if os.getuid() == 0:
                    os.setuid(65534)
                os._exit(len(read_entries(suite.out)))
            finally:
                os._exit(99)
        hidden.chmod(0o755)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
