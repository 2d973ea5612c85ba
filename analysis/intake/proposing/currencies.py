"""Amounts in several currencies: a sum of them would be of none, so they are asked about and never added up."""

from collections.abc import Mapping

from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.proposing.vocabulary import is_called

MARKS = {
    "CNY": ("¥", "￥", "元", "cny", "rmb"), "USD": ("$", "usd"), "EUR": ("€", "eur"), "GBP": ("£", "gbp"),
    "JPY": ("円", "jpy"), "HKD": ("hk$", "hkd"), "CHF": ("chf",), "INR": ("₹", "inr"), "KRW": ("₩", "krw"),
}  # fmt: skip
NAMED = ("currency", "currency code", "währung", "moneda", "devise", "币种", "币别", "货币")


def several_currencies(profile: ColumnProfile, profiles: Mapping[str, ColumnProfile]) -> tuple[str, ...]:
    """The currencies of a column of amounts where there are several: by its own marks, else by a column that names
    them."""
    own = sorted({code for text in profile.common if (code := _of(text))})
    if len(own) > 1:
        return tuple(own)
    beside = next((told for name, told in profiles.items() if is_called(name, NAMED) and told.is_words), None)
    return tuple(beside.common) if beside is not None and not own else ()


def asked_of(currencies: tuple[str, ...], heading: str) -> str:
    """What is asked of such a column."""
    return (
        f"{heading!r} holds several currencies ({', '.join(currencies[:5])}), which add up to nothing; turn them to "
        "one with `sql:`, or keep the rows of one with `where:`"
    )


def _of(text: str) -> str:
    told = text.casefold()
    found = [code for code, marks in MARKS.items() if any(mark in told for mark in marks)]
    return "HKD" if "HKD" in found else found[0] if found else ""
