"""Content negotiation (RFC 9110, section 12.5.1): choose the media type that the Accept header prefers. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

DEFAULT_QUALITY = 1.0


class MediaRange(NamedTuple):
    media_type: str
    """text/html, text/* or */*"""
    quality: float

    def specificity(self, offered: str) -> int:
        """Return how exactly the range matches `offered`: 3 fully, 2 by its type, 1 by */*, 0 not at all."""
        if self.media_type == offered:
            return 3
        if self.media_type == offered.partition("/")[0] + "/*":
            return 2
        return int(self.media_type == "*/*")


def choose_media_type(accept: str | None, offers: Sequence[str]) -> str | None:
    """Return the offer of the highest quality, the first of equals; None when none is acceptable."""
    if accept is None or not accept.strip():
        return offers[0]
    ranges = [_range(part) for part in accept.split(",") if part.strip()]
    best = max(offers, key=lambda offer: _quality(ranges, offer))
    return best if _quality(ranges, best) > 0 else None


def _quality(ranges: Sequence[MediaRange], offered: str) -> float:
    """Return the quality of the most specific range that matches `offered`."""
    best_range = max(ranges, key=lambda media_range: media_range.specificity(offered), default=None)
    return best_range.quality if best_range and best_range.specificity(offered) else 0.0


def _range(text: str) -> MediaRange:
    kind, *parameters = (part.strip() for part in text.lower().split(";"))
    weights = [
        value for name, _, value in (parameter.partition("=") for parameter in parameters) if name.strip() == "q"
    ]
    return MediaRange(kind, _weight(weights[0]) if weights else DEFAULT_QUALITY)


def _weight(text: str) -> float:
    """Parse a weight between 0 and 1; text that cannot be read counts as 0."""
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
