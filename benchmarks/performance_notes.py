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
    "worker_and_kernel_mib": "See the profile of memory.",
    "copy_10m": "Measuring was stopped in its tables after 4.5 times the copy, intake took 3.87; see the profile.",
    "peak_10m": "1,870 MiB in intake, 1,560 in the part of measuring that was run.",
    "report_10m": "What measuring leaves there was never whole; the report itself reads one unit's records.",
    "peak_50m": "A CSV of 28 million orders was taken in within 1,841 MiB; measuring was not tried.",
}

PROFILES = """## Profiles

Sampled on 23 November 2026, thirteen reports of one unit (U03), while others worked on the machine.

**A report in the suite against the floor.** The same report (repair cycle: cells, page and workbook) takes 2.3 s of CPU
the first time in a process, 1.7 s the second, 1.6 s the third. No single thing makes the difference: calendars take
0.07 s of it, the page's template and schema 0.1 s (a worker pays these once), the rest is spread over pandas and our
own sections. The floor is one warm process and pays it once; a kernel for each report, which keeps reports apart, pays
it each time. The worker adds 0.3-0.5 s: a third is papermill and nbclient running the cells, a fifth the
workbook, a fifth the notebook as JSON (written twice, once by papermill), an eighth the page. Looked at again, report
by report (13 of U03): the cells take 22.1 s in one warm process, the first time each, and 21.5 s in thirteen forked
kernels with one heap (see below), their start of 0.15 s each included. A kernel costs next to nothing beyond the cells;
what stands between suite and floor is the start below and the worker.

**What a run takes to begin.** Process by process, four reports of U03, CPU in seconds, before and now, one after the
other beside others' work: in all 22.0 and 15.9; the runner 3.7 and 1.2, the parent of the kernels 4.2 and 3.9 (its work
is the same), the workers 5.0 for two and 3.1 with the process they are forked from, the kernels 8.9 and 7.4. The runner
loaded pandas, matplotlib and scipy to write an index and to look for a kernel; each worker imported papermill and
nbconvert for itself. An earlier edition told 17.7 s as the start, by a line through runs of different units as if their
reports cost the same; the processes named here took half of that. The same reports in parts tell it now. Most of what
is left is the parent of the kernels: scipy.stats, matplotlib, pandas, statsmodels; without seaborn and the whole of
statsmodels it would be 0.4 s less, and a notebook that uses them so much slower.

**A run with nothing to do.** 3.3 s of CPU for four reports, now 0.64 s: no library of frames, charts or kernels is
loaded, the catalogue is not read, the index is not written where it would be the same.

**Memory.** Of what a kernel holds for itself the sections' own data are the smaller part. Arrow keeps a pool of what it
freed, and each of its threads has a heap of its own. With one heap for all, four kernels of U03 hold 116-166 MiB
(before: 207-296; repair cycle 118, service cost 166); without Arrow's own pool alone thirteen hold 121-177, and took
21.5 s of CPU instead of 23.6, one after the other beside others' work. Some 32 MiB are pages of the parent that Python
touches by counting references before a first cell runs. Workers are forked from one process and hold 66 MiB (127
before). The figure of an earlier edition counted the parent of the kernels as one while it was alone. The floor is
measured with the same settings of memory.

**How steady.** The lanes were measured in one go, nearly alone on the machine: but for its first three minutes, when
pages were read as text beside it. The two halves of the commands took 13.0 and 9.7 s of CPU for each report, and 142
and 71 s by the wall; by the second half alone `ratio_to_commands_cpu` is 4.0 and `ratio_to_commands_wall` 3.2. The
share of a rerun that is reckoned for all reports rests on one rerun of 26 (2.95 s) and one of 78 reports (2.44 s),
less than what one differs from the next: only that it does not grow much is to be believed.

**What made reports slow, and was mended.** A report's cells, page and workbook took 3.4 s on average, then 1.9 s; pages
and JSON of 26 reports (U03 and the company, two languages) are equal byte for byte but for times, fingerprints and
version notes, workbooks in every cell but those.

- The run's measurements were written with a million rows in a group: every look read most of 3 million rows, a look
  across all units took 1.1 s (now 0.1 s once, then from memory). 17 % of all time was the search for single series in a
  unit's rows, 10 % the list of metrics that have a figure.
- Cards were made twice, for the header and below it; the names of what is masked were translated anew for each text.
- A worker's imports took 4.0 s by the wall, 2.0 s of them a grammar of addresses that jsonschema loads and no notebook
  needs: now 1.2 s. A rerun imported what only measuring needs.

**Measuring.** Profiled statement by statement at a million orders of 24 units, 900 technicians, 40 products and 90
faults (2.76 million rows of measurements), while others worked on the machine. It took 156 s of CPU, 67 times the bare
copy. Seconds before and now:

- 54 to 5: counts and ratios. Each breakdown was a set of groups of its own, twice (units, company), with up to seven
  filtered sums a metric, in every stretch of periods anew.
- 29 to 10: the measured tables. The stamps of each order were made seven rows, with windows over them; an order was
  joined to itself by its number; every order looked for the next one.
- 20 to 11: the forecast of orders, 3,450 small fits, whatever the number of orders. scipy told the slope by itself.
- 20 to 6: durations. Whole curves with their limits where one point is asked for; each breakdown sorted anew.
- 13 to 2: what is open at each end of a period. Every order was looked at in every stretch of periods.
- 11 to 10: other models (the ways orders go, step by step; who comes back). 9 to 10: the rows written and sorted.

What was done: rows are summed once by unit and period, with all breakdowns of few segments together, and the company
and each breakdown are added up from that; a ratio of conditions is counted instead of summed in floating point; records
that share minutes and end are counted once, and those tallies add up too; of a curve only what is asked for is
reckoned; scans compare the stored time, so that they skip what lies elsewhere; where the data hold no steps, paths are
read off the stamps; an order looks for the next one only where there is one; the slope of a smoothed series is told
to scipy. Against the figures before (2.8 million cells): value, n, numerator, denominator, maturity and reasons are
equal to the byte, low, high and standard error differ in at most 62 cells, by 5e-16; points of curves of more than
250,000 records by up to 1.04e-12.

At the end measuring took 54.5 s, 23.5 times the bare copy, with a peak of 1,601 MiB (before 67 times, 1,968 MiB); since
then each count model is fitted in a fifth of the time.

**Ten million orders: not measured to the end.** Intake took 108 s of CPU, 3.87 times the copy (27.9 s, of another run),
with a peak of 1,870 MiB. Measuring could not end there before: DuckDB took the search for a customer's next request for
one of few rows and compared each with each. At a million orders each customer comes once in this made business, at ten
million three times: 200,000 orders of 60,000 customers took 41.0 s in that one table, now 0.5 s. With that mended six
of the measured tables took 127 s, 4.5 times the copy, within 1,560 MiB; the run was stopped in the seventh for want of
time (load 8). Seconds by table: what a customer did next (`service_followups`) 69, `orders` 18, `product_faults` 13,
`process_events` 12, `customer_activity` 9, `remote_cases` 6. In a sample of 274 stacks of the seventh (`order_sequels`)
22 % were the compression of what does not fit into DuckDB's 1 GiB (11.6 GB on disk by then) and another part its
writing and reading: 200,000 orders with a tenth of that memory took 3.7 s for all tables instead of 2.6. So the goal of
three times the copy cannot be met as long as tables of every order are made before anything is counted: intake alone is
beyond it. Since then a sequel of the same fault is looked for only where one came (0.94 s instead of 1.15 with 80 MB),
and the steps of twelve months are tallied in the database instead of being held whole. Fifty million orders were not
tried: what is written to disk would be near 60 GB.

In this made business five breakdowns have one segment and times fall on few minutes, which is kinder to adding up than
life. Measuring uses one thread of DuckDB still: with two, sums would hang on which was first.
"""

COMMANDS = """## Commands

```
make bench                                             # all of it at sizes that end in some minutes, and this page
python -m benchmarks.throughput --reports 26 --json    # --work DIR: goes on where a run was cut short
python -m benchmarks.scale --orders 1e6,1e7 --json     # --work DIR: goes on where a run was cut short
python -m benchmarks.correction --json
python -m benchmarks --from FILE …                     # this page from what those printed
```
"""
