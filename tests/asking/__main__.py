"""`python -m tests.asking`: the share of each table's questions that is read right, by intent; then the docs' rows."""

from collections import Counter

from analysis.asking import read_question
from tests.asking.conftest import sample_vocabulary
from tests.asking.judging import TABLES, counted, entries, shares, verdict

if __name__ == "__main__":
    known = sample_vocabulary()
    for table in TABLES:
        found = Counter(
            (e.get("intent", "asks back"), verdict(e, read_question(e["q"], known))) for e in entries(table)
        )
        for intent, told in counted(found).items():
            of = sum(told.values())
            print(f"{table:18} {intent:10} {told['right']:3} of {of:3} right, {told['wrong']} wrong")
    print(*shares(known), sep="\n")
