"""SQL that runs on a database's own server: one SELECT, looked at before it is sent.

This is the first of two walls, and the one that can say what is wrong; the second is the session, which the server
holds to reading. Refuses several statements, anything but SELECT or WITH … SELECT, words that write, and comments that
a server would run.
"""

import re

_WRITES = ("insert", "update", "delete", "merge", "into", "set_config", "truncate")
_STRING = r"'(?:[^']|'')*'"
_BACKSLASHED = r"'(?:[^'\\]|''|\\.)*'"
_BACKSLASHED_TOO = r"\"(?:[^\"\\]|\"\"|\\.)*\""
_NAME = r'"(?:[^"]|"")*"'
_BACKTICK = r"`(?:[^`]|``)*`"
_DOLLAR = r"(?P<tag>\$[A-Za-z_]*\$).*?(?P=tag)"
_COMMENT = r"--[^\n]*|/\*.*?\*/"


def faults_of_query(sql: str, *, kind: str) -> list[str]:
    """What is wrong with `sql` as a query for a database of that kind; empty when it may be sent."""
    if re.search(r"/\*M?!", sql):
        return ["holds a comment that the server would run (/*! … */)"]
    words = _without_texts(sql, kind).casefold()
    faults = []
    if ";" in words.rstrip().removesuffix(";"):
        faults.append("holds more than one statement, one SELECT is allowed")
    first = re.match(r"[\s(]*([a-z_]+)", words)
    if first is None or first.group(1) not in ("select", "with"):
        faults.append(f"begins with {first.group(1).upper() if first else 'nothing'!r}, only SELECT or WITH … is read")
    found = [word for word in _WRITES if re.search(rf"\b{word}\b", words)]
    faults += [f"holds {word.upper()}, which writes; a database is only read" for word in found]
    return faults


def as_item(sql: str) -> str:
    """A query as it can stand in FROM: without a closing semicolon, a last comment ended."""
    return f"({sql.strip().removesuffix(';')}\n)"


def _without_texts(sql: str, kind: str) -> str:
    """The words of a statement without strings, quoted names and comments, none of which can write."""
    if kind == "mysql":
        parts: tuple[str, ...] = (_BACKSLASHED, _BACKSLASHED_TOO, _BACKTICK, _COMMENT, r"#[^\n]*")
    elif kind == "postgresql":
        parts = (rf"\b[eE]{_BACKSLASHED}", _STRING, _NAME, _DOLLAR, _COMMENT)
    else:
        parts = (_STRING, _NAME, _BACKTICK, _COMMENT)
    return re.sub("|".join(f"(?:{part})" for part in parts), " ", sql, flags=re.DOTALL)
