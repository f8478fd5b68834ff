"""Chooses the media type of an answer by the header Accept (RFC 9110, 12.5.1). Pure."""

from collections.abc import Sequence

CSV = "text/csv"
FORM = "application/x-www-form-urlencoded"
HTML = "text/html"
JSON = "application/json"

ANYTHING = "*/*"


def choose_media_type(accept: str, offered: Sequence[str]) -> str:
    """Return the offered type that is accepted most; of equals the first, which is also returned if none is accepted.

    So a client that sends no Accept, or only `*/*`, gets the first.
    """
    qualities = _parse_qualities(accept)
    return max(offered, key=lambda media_type: _quality_of(media_type, qualities))


def _quality_of(media_type: str, qualities: dict[str, float]) -> float:
    """Return the quality by the most specific range that the type is in."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", ANYTHING)
    return next((qualities[name] for name in ranges if name in qualities), 0.0)


def _parse_qualities(accept: str) -> dict[str, float]:
    qualities: dict[str, float] = {}
    for item in accept.lower().split(","):
        media_range, *parameters = (part.strip() for part in item.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        qualities.setdefault(media_range, _to_float(quality))
    return qualities


def _to_float(quality: str) -> float:
    try:
        return float(quality)
    except ValueError:
        return 0.0
