"""The ledger's tables. A file written for another number is rebuilt from the records; nothing is migrated in place."""

WRITTEN_FOR = 1
TABLES = (
    "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # one row per version; the newest is what readers open
    """CREATE TABLE IF NOT EXISTS publications (
        period TEXT NOT NULL, business_unit TEXT NOT NULL, report TEXT NOT NULL, version INTEGER NOT NULL,
        body TEXT NOT NULL, told INTEGER NOT NULL,
        PRIMARY KEY (period, business_unit, report, version)) WITHOUT ROWID""",
    # the last attempt, where it failed
    """CREATE TABLE IF NOT EXISTS failures (
        period TEXT NOT NULL, business_unit TEXT NOT NULL, report TEXT NOT NULL,
        reason TEXT NOT NULL, body TEXT NOT NULL, told INTEGER NOT NULL,
        PRIMARY KEY (period, business_unit, report)) WITHOUT ROWID""",
    # publications between their first file and their last
    """CREATE TABLE IF NOT EXISTS announced (
        period TEXT NOT NULL, business_unit TEXT NOT NULL, report TEXT NOT NULL,
        staging TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (period, business_unit, report)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS runs (
        number INTEGER PRIMARY KEY, command TEXT, period TEXT, started_at TEXT NOT NULL, seconds REAL,
        host TEXT, process INTEGER, published INTEGER, unchanged INTEGER, failed INTEGER, data TEXT, prepared TEXT)""",
    # what the schedule owed and what became of it: one row per group of reports and occasion
    """CREATE TABLE IF NOT EXISTS occasions (
        name TEXT NOT NULL, occasion TEXT NOT NULL, period TEXT NOT NULL, state TEXT NOT NULL,
        decided_at TEXT NOT NULL, reason TEXT, attempts INTEGER NOT NULL, next_try_at TEXT, seen TEXT,
        told INTEGER NOT NULL,
        PRIMARY KEY (name, occasion)) WITHOUT ROWID""",
    # what the source was like when it was last looked at
    """CREATE TABLE IF NOT EXISTS looks (
        source TEXT PRIMARY KEY, signature TEXT NOT NULL, first_seen_at TEXT NOT NULL,
        reaches TEXT, fingerprint TEXT) WITHOUT ROWID""",
)
