"""What the suite costs against what most teams run, as ratios within one run: `make bench`. Seconds of one machine
mean nothing.
"""
