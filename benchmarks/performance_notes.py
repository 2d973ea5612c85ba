"""What docs/performance.md says beside its figures: how they are measured, why a goal is missed, what was mended."""

ABOUT = """# Performance

Every figure is a ratio within one run: seconds of one machine mean nothing on another, and little on a shared one. CPU
seconds are those of a process and all it started, also of processes whose parent left first. All lanes render the same
notebooks for the same units on the same prepared data, and are refused a comparison unless each made the same number of
pages and figures. Intake and measuring are left out of all; the suite besides writes JSON, notebook, workbook, index
and ledger and checks its pages. `make bench` renews this page.
"""

NOTES: dict[str, str] = {
    "ratio_to_floor_cpu": "A kernel for each report meets every library cold; see the profile.",
    "rerun_share_cpu": "What is left is the start of Python, imports and the look at the source.",
    "worker_and_kernel_mib": "Not profiled.",
    "copy_10m": "Measuring is the cost; see the profile.",
}

PROFILES = """## Profiles

Sampled on 23 November 2026, thirteen reports of one unit (U03), while others worked on the machine.

**A report in the suite against the floor.** The same report (repair cycle: cells, page and workbook) takes 2.3 s of CPU
the first time in a process, 1.7 s the second, 1.6 s the third. No single thing makes the difference: calendars take
0.07 s of it, the page's template and schema 0.1 s (a worker pays these once), the rest is spread over pandas and our
own sections. The floor is one warm process and pays it once; a kernel for each report, which keeps reports apart, pays
it each time. The kernel's own start was 0.2 s before the debugger's modules were loaded in the parent (not measured
after). The worker adds 0.3-0.5 s: a third is papermill and nbclient running the cells, a fifth the workbook, a fifth
the notebook as JSON (written twice, once by papermill), an eighth the page.

**How steady.** The lanes were not measured in one go: the machine was shared, and the suite was measured anew after its
workers' imports were mended. It then took 36.1 and 37.0 s of CPU, but 63 and 105 s by the wall: the wall is not to be
trusted. The two halves of the commands took 14.0 and 10.9 s of CPU for each report while the load fell from 8 to 6; by
the second half alone `ratio_to_commands_cpu` is 3.8. What is reckoned for all reports rests on a line through two runs,
of U06 and of U02, U06 and U10, 23 minutes apart; the company's reports, which cost more, are in neither.

**What made reports slow, and was mended.** A report's cells, page and workbook took 3.4 s on average, then 1.9 s; pages
and JSON of 26 reports (U03 and the company, two languages) are equal byte for byte but for times, fingerprints and
version notes, workbooks in every cell but those.

- The run's measurements were written with a million rows in a group: every look read most of 3 million rows, a look
  across all units took 1.1 s (now 0.1 s once, then from memory). 17 % of all time was the search for single series in a
  unit's rows, 10 % the list of metrics that have a figure.
- Cards were made twice, for the header and below it; the names of what is masked were translated anew for each text.
- A worker's imports took 4.0 s by the wall, 2.0 s of them a grammar of addresses that jsonschema loads and no notebook
  needs: now 1.2 s. A rerun imported what only measuring needs.

**Measuring.** At a million orders of 24 units, 900 technicians, 40 products and 90 faults, intake takes 3.2 times the
CPU of the bare copy and measuring 62 times. It is done once for each change of the data and shared by all reports. It
was not profiled, and 10 and 50 million orders were not run.
"""

COMMANDS = """## Commands

```
make bench                                             # all of it at sizes that end in some minutes, and this page
python -m benchmarks.throughput --reports 26 --json    # --work DIR: goes on where a run was cut short
python -m benchmarks.scale --orders 1e6,1e7 --json
python -m benchmarks.correction --json
python -m benchmarks --from FILE …                     # this page from what those printed
```
"""
