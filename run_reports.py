"""Render the after-sales reports.

    python run_reports.py                the last complete period, every unit, every report of params/suite.yml
    python run_reports.py render         the same with selectors:
        [--period 2025-06 | 2025-Q2 | 2025 | last] [--business-unit U03,U05 | all] [--report repair_cycle,summary]
        [--language en,zh] [--data PATH_OR_URL] [--mapping NAME_OR_FILE] [--out DIR] [--workers N] [--params DIR]
        [--cluster tcp://host:8786] [--force] [--dry-run] [--pdf] [--deliver] [--json]
    python run_reports.py check          parameters, mapping, data, catalogue, notebooks; runs no report
    python run_reports.py map            [--data PATH] [--mapping NAME]: what a source holds; proposes a mapping of it
    python run_reports.py sample         --out DIR [--seed N] [--work-orders N] [--format csv|parquet]
    python run_reports.py preview        REPORT [--business-unit U03]: one report now, opened or its path printed
    python run_reports.py new            NAME [--title T] [--title-zh T]: a new report's files, ready to render
    python run_reports.py due            [--now ISO_TIME]: render and deliver what the schedule owes; safe every hour
    python run_reports.py backfill       --from 2024-01 --to 2024-12 [--only missing|failed|all] [--dry-run] [--deliver]
    python run_reports.py schedule       --show systemd|cron|airflow: the file to install, for `due`
    python run_reports.py status         [--period 2025-06]: what ran, when, how long, what failed and why, what is owed
    python run_reports.py deliver        [--period 2025-06] [--dry-run DIR]: mails and messages, each once
    python run_reports.py verify         [--sign NAME]: published files against their checksums; signs a period off
    python run_reports.py doctor         environment, fonts, kernel, disk, clock, mail

Exit codes: 0 all published or nothing to do, 1 a report failed, 2 a mistake in parameters, mapping or data,
3 another run holds the output folder, 130 interrupted. The last line of `render` names the index page.
"""

if __name__ == "__main__":  # a worker process imports this file too, and needs nothing of it
    import sys

    from analysis.reporting.command_line import main

    sys.exit(main(usage=__doc__))
