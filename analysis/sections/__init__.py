"""The pieces that areas are made of: one question each, asked of any metric. A piece takes a report in hand and
returns a block.
"""
