"""What may head a page, in the hands of the section that tells it, and one piece of the summary's news."""

from dataclasses import dataclass

from analysis.presentation.language import Text


@dataclass(frozen=True)
class Told:
    """What a section tells that may head its page.

    Parameters
    ----------
    headline : one clause without a full stop
    point : the same as a sentence of the main points
    good : False where it is for the worse; None where it is no news and only stands in where a month's figure cannot
    metric : the figure it speaks of; the summary counts it under that figure's area
    units : on the company's page the ids of the units that it names
    """

    headline: Text
    point: Text
    good: bool | None
    metric: str = ""
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """One piece of the summary's news.

    Parameters
    ----------
    said, with_unit : its sentence, without and with the unit's name in front
    good : whether it is welcome; None where the figure has no good direction
    area : the area in whose row it is counted
    units : further units that it names
    """

    said: Text
    with_unit: Text
    business_unit: str
    good: bool | None
    area: str
    units: tuple[str, ...] = ()
