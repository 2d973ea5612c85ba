"""Databases as sources: PostgreSQL, MySQL and MariaDB, SQLite and DuckDB, named by an address.

The rows a mapping asks for travel as Arrow batches into Parquet files beside the stores, from where they are read like
any other file. Sessions only read; nothing is ever written to a database.
"""

from analysis.intake.databases.address import Address, is_address, read_address
from analysis.intake.databases.fetching import fetch_extracts, fetch_sample
from analysis.intake.databases.rules import DatabaseRule, Query, read_database_rule

__all__ = [
    "Address",
    "DatabaseRule",
    "Query",
    "fetch_extracts",
    "fetch_sample",
    "is_address",
    "read_address",
    "read_database_rule",
]
