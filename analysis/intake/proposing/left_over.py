"""The headings of a source that nothing is made of, each with the reason: what `map` says at the end."""

from collections.abc import Mapping, Sequence

from analysis.intake.proposing.cost_columns import is_amount
from analysis.intake.proposing.currencies import asked_of, several_currencies
from analysis.intake.proposing.matching import HARDLY
from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.proposing.proposal import TableChoice, Unused
from analysis.intake.proposing.specs import examples_of
from analysis.intake.quoting import identifier

Profiles = Mapping[str, ColumnProfile]


def left_over(stem: str, profiles: Profiles, made: Sequence[TableChoice], dropped: Mapping[str, str]) -> list[Unused]:
    """The headings that nothing is made of, with the reason."""
    text = " ".join(
        part
        for table in made
        for part in [table.select or "", table.where or "", *(str(choice.spec) for choice in table.columns)]
    )
    used = {choice.source for table in made for choice in table.columns}
    found = []
    for name, told in profiles.items():
        if name in used or identifier(name) in text:
            continue
        why = dropped.get(name) or _why_not(told, profiles)
        found.append(Unused(stem, name, why, examples_of(told)))
    return found


def _why_not(told: ColumnProfile, profiles: Profiles) -> str:
    if told.filled < HARDLY:
        return f"nearly empty ({told.filled:.1%} of the rows)" if told.counted else "empty"
    if told.numbers and is_amount(told.name) and (mixed := several_currencies(told, profiles)):
        return asked_of(mixed, told.name)
    if told.duration:
        return "a duration that the source computed: ours are computed from the stamps"
    if told.aside:
        return "personal or a place: not read"
    if told.times is not None:
        return "a time that fits no stage by its heading"
    if told.length > 80:
        return "free text"
    return "nothing of the data model by its heading"
