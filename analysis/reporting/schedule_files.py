"""The files that have `due` called every hour: a systemd timer, a line for cron, a DAG for Airflow.

All call the same command line, in the project's folder with the project's Python, and look at nothing but its exit
code. A call that finds nothing owed takes a fraction of a second.
"""

import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from analysis.reporting.parameters import PROJECT, Suite

MINUTE = 7  # not on the hour, when everything else starts
NAME = "after-sales-reports"
LOG = "due.log"
LONGEST_HOURS = 6


def show(scheduler: str, suite: Suite, *, given: Mapping[str, Path]) -> str:
    """The file for one scheduler, with how to install it in its first lines.

    Parameters
    ----------
    given : options of the command line that `due` is to get too: params, out
    """
    return _FILES[scheduler](_command(given), suite)


def _command(given: Mapping[str, Path]) -> list[str]:
    options = [part for name, value in given.items() for part in (f"--{name}", str(value.resolve()))]
    return [sys.executable, str(PROJECT / "run_reports.py"), "due", *options]


def _systemd(command: list[str], suite: Suite) -> str:
    quoted = " ".join(_systemd_quoted(part) for part in command)
    return f"""\
# Save the two parts under the names that stand above them, then:
#   systemctl daemon-reload && systemctl enable --now {NAME}.timer
# (for one user: in ~/.config/systemd/user, with systemctl --user)

# /etc/systemd/system/{NAME}.service
[Unit]
Description=After-sales reports that are owed
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory={_escaped(str(PROJECT))}
ExecStart={quoted}
# another run holds the output folder: the next call looks again
SuccessExitStatus=3
TimeoutStartSec={LONGEST_HOURS}h
Nice=10

# /etc/systemd/system/{NAME}.timer
[Unit]
Description=Look every hour which after-sales reports are owed

[Timer]
OnCalendar=*-*-* *:{MINUTE:02d}:00
RandomizedDelaySec=120
Persistent=true

[Install]
WantedBy=timers.target
"""


def _cron(command: list[str], suite: Suite) -> str:
    log = suite.store / LOG
    # systemd and Airflow end a call that hangs by themselves, cron does not
    ends = ["timeout", "--kill-after=5m", f"{LONGEST_HOURS}h"] if shutil.which("timeout") else []
    line = f"cd {shlex.quote(str(PROJECT))} && {shlex.join([*ends, *command])} >> {shlex.quote(str(log))} 2>&1"
    # in a crontab a per cent sign ends the command
    return f"""\
# Add with: crontab -e
{MINUTE} * * * * {line.replace("%", chr(92) + "%")}
"""


def _airflow(command: list[str], suite: Suite) -> str:
    return f'''\
"""Look every hour which after-sales reports are owed. Save as {NAME.replace("-", "_")}.py in Airflow's dags folder."""

import os
import subprocess
from datetime import datetime, timedelta, timezone

from airflow import DAG

try:
    from airflow.providers.standard.operators.python import PythonOperator
except ImportError:  # Airflow 2
    from airflow.operators.python import PythonOperator

COMMAND = {command!r}
FOLDER = {str(PROJECT)!r}
ANOTHER_RUN_HOLDS_THE_FOLDER = 3


def due() -> None:
    """Call the suite; what is owed is worked out there, so that a late or repeated call does no harm."""
    code = subprocess.run(COMMAND, cwd=FOLDER, env=os.environ.copy(), check=False).returncode
    if code not in (0, ANOTHER_RUN_HOLDS_THE_FOLDER):
        raise RuntimeError(f"after-sales reports: exit code {{code}}; see this task's log")


with DAG(
    dag_id={NAME.replace("-", "_")!r},
    description="After-sales reports that are owed",
    schedule="{MINUTE} * * * *",
    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    default_args={{"retries": 0, "execution_timeout": timedelta(hours={LONGEST_HOURS})}},
) as dag:
    PythonOperator(task_id="due", python_callable=due)
'''


def _systemd_quoted(part: str) -> str:
    """One word of ExecStart: quoted, and without anything that systemd would fill in."""
    return '"' + _escaped(part).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$") + '"'


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


_FILES: Mapping[str, Callable[[list[str], Suite], str]] = {"systemd": _systemd, "cron": _cron, "airflow": _airflow}
