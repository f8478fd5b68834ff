"""Percentages as they are shown: cut towards the bad side, so that what missed its target never looks as if it met it.

Of what is good, such as an attainment, the bad side is down. Pure.
"""

from decimal import ROUND_FLOOR, Decimal, localcontext

NBSP = "\u00a0"
MINUS = "\u2212"
MISSING = "\u2013"
DIGITS = 60
"""More than any figure has: nothing but the cut shortens it."""


def cut(value: Decimal, places: int) -> Decimal:
    """Shorten to this many decimals, downwards: what is shown is never more than what it is."""
    with localcontext(prec=DIGITS):
        return value.quantize(Decimal(1).scaleb(-places), ROUND_FLOOR)


def cut_share(part: Decimal | int, total: Decimal | int, places: int) -> Decimal:
    """Return `part` of `total` in percent, cut."""
    with localcontext(prec=DIGITS):
        return cut(Decimal(part) * 100 / Decimal(total), places)


def format_number(value: Decimal, places: int = 4) -> str:
    """Format a number without trailing zeros, cut."""
    text = f"{cut(value, places):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", MINUS)


def format_percent(value: Decimal | None, places: int = 4) -> str:
    return MISSING if value is None else f"{format_number(value, places)}{NBSP}%"
