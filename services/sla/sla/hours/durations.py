"""ISO 8601 durations of exact length: weeks, days of 24 hours, hours, minutes and seconds."""

import re

from sla.hours.spans import DAY, HOUR, MINUTE, SECOND

LONGEST_DURATION = 50 * 366 * DAY
_NUMBER = r"([0-9]{1,9}(?:[.,][0-9]{1,6})?)"
_SHAPE = re.compile(
    rf"P(?:{_NUMBER}W)?(?:{_NUMBER}D)?(?:T(?=[0-9])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?", re.ASCII
)
_UNITS = (7 * DAY, DAY, HOUR, MINUTE, SECOND)


def parse_duration(text: str) -> int:
    """Parse a duration into microseconds. Years and months are refused, since they have no length of their own."""
    if re.fullmatch(r"[+-]?P[^T]*[0-9][YM].*", text):
        raise ValueError("years and months have no fixed length: write weeks, days or hours")
    shape = _SHAPE.fullmatch(text)
    if shape is None or not any(shape.groups()):
        raise ValueError("not an ISO 8601 duration such as PT8H or P2DT30M")
    amount = sum(_to_microseconds(number, unit) for number, unit in zip(shape.groups(), _UNITS, strict=True) if number)
    if amount > LONGEST_DURATION:
        raise ValueError("a duration is at most 50 years")
    return amount


def _to_microseconds(number: str, unit: int) -> int:
    integer, _, fraction = number.replace(",", ".").partition(".")
    return int(integer) * unit + int(fraction or 0) * unit // int("1" + "0" * len(fraction))


def format_duration(amount: int) -> str:
    """Format a duration with hours as the largest unit, as PT34H; a negative one has the leading sign of ISO 8601-2."""
    minutes, rest = divmod(abs(amount), MINUTE)
    hours, minutes = divmod(minutes, 60)
    seconds, fraction = divmod(rest, SECOND)
    text = f"{seconds}.{fraction:06d}".rstrip("0") if fraction else str(seconds)
    parts = [f"{hours}H" if hours else "", f"{minutes}M" if minutes else "", f"{text}S" if rest else ""]
    return ("-" if amount < 0 else "") + "PT" + ("".join(parts) or "0S")
