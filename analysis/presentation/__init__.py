"""How figures reach a reader: words in two languages, numbers as they are written, cards, charts, tables. It computes
no metric.
"""
