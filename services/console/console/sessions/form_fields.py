"""Reads what people wrote into the fields of a form, and says what is to be written where it cannot be read. Pure."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from common.errors import Invalid
from console.sessions.form_guard import Form

MAX_DIGITS = 9


def parse_id(form: Form, name: str, noun: str) -> str:
    """Return the id that a field holds. Raise Invalid, which names the thing to choose."""
    try:
        return str(UUID(form.get(name, "")))
    except ValueError:
        raise Invalid(f"Choose {noun}.", field=name) from None


def parse_number(form: Form, name: str, noun: str) -> int:
    """Return the whole number that a field holds. Raise Invalid, which says what the number means."""
    text = form.get(name, "").strip()
    if not (text.isascii() and text.isdigit()) or len(text) > MAX_DIGITS:
        raise Invalid(f"Write as a whole number {noun}.", field=name)
    return int(text)


def parse_local_time(form: Form, name: str, zone: str) -> str:
    """Return the instant of a local time in a field. Raise Invalid."""
    try:
        here = ZoneInfo(zone.strip())
    except (KeyError, ValueError, OSError):
        raise Invalid("Write the time zone as its region and city, such as Europe/Paris.", field="zone") from None
    try:
        return datetime.fromisoformat(form.get(name, "")).replace(tzinfo=here).isoformat()
    except ValueError:
        raise Invalid("Give the day and the time.", field=name) from None
