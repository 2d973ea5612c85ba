"""What docs/performance.md says beside its figures: how they are measured, why a goal is missed, what was mended."""

ABOUT = """# Performance

Every figure is a ratio within one run: seconds of one machine mean nothing on another, and little on a shared one. CPU
seconds are those of a process and all it started, also of processes whose parent left first. All lanes render the same
notebooks for the same units on the same prepared data, and are refused a comparison unless each made the same number of
pages and figures. Intake and measuring are left out of all; the suite besides writes JSON, notebook, workbook, index
and ledger and checks its pages. `make bench` renews this page.
"""

NOTES: dict[str, str] = {}

PROFILES = ""

COMMANDS = """## Commands

```
make bench                                             # all of it at sizes that end in some minutes, and this page
python -m benchmarks.throughput --reports 26 --json
python -m benchmarks.scale --orders 1e6,1e7 --json
python -m benchmarks.correction --json
python -m benchmarks --from FILE …                     # this page from what those printed
```
"""
