"""The metrics: what each means (cards.py, catalogue/), whether it can be trusted to run (check.py), and the one way
it is measured (measure.py).

Import the module that holds what you need: reading cards must not load what measuring them takes.
"""
