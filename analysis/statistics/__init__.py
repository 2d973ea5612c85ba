"""Pure statistics: arrays and frames in, small frozen results out. Knows no file, no table of ours, no chart and no
wording.

Import the module that holds the method (`from analysis.statistics.survival import kaplan_meier`): nothing is loaded
here, so that a caller who needs an interval does not pay for statsmodels.
"""
