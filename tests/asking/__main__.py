"""`python -m tests.asking`: the share of each table's questions that is read right, by intent."""

from collections import Counter

from analysis.asking import read_question
from tests.asking.conftest import sample_vocabulary
from tests.asking.judging import TABLES, entries, verdict

KNOWN = sample_vocabulary()
for table in TABLES:
    found = Counter((e.get("intent", "asks back"), verdict(e, read_question(e["q"], KNOWN))) for e in entries(table))
    for intent in dict.fromkeys(intent for intent, _ in found):
        of = sum(count for (name, _), count in found.items() if name == intent)
        told = {said: found[intent, said] for said in ("right", "asked back", "wrong")}
        print(f"{table:18} {intent:10} {told['right']:3} of {of:3} right, {told['wrong']} wrong")
