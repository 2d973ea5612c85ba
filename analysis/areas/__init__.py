"""One module per report: the sections of its page. An area names questions and metrics; the pieces that answer them
stand in `sections`.
"""
