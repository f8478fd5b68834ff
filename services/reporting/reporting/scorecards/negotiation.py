"""Content negotiation (RFC 9110, section 12.5.1): which of the offered media types the Accept header asks for. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

DEFAULT_QUALITY = 1.0


class MediaRange(NamedTuple):
    media_type: str
    """text/html, text/* or */*"""
    quality: float

    def specificity(self, offered: str) -> int:
        """How exactly it names `offered`: 3 fully, 2 by its type, 1 not at all but takes anything, 0 not meant."""
        if self.media_type == offered:
            return 3
        if self.media_type == offered.partition("/")[0] + "/*":
            return 2
        return int(self.media_type == "*/*")


def choose_media_type(accept: str | None, offers: Sequence[str]) -> str | None:
    """The offer of the highest quality, the earlier of equals; null when none is acceptable."""
    if accept is None or not accept.strip():
        return offers[0]
    ranges = [_range(part) for part in accept.split(",") if part.strip()]
    best = max(offers, key=lambda offer: _quality(ranges, offer))
    return best if _quality(ranges, best) > 0 else None


def _quality(ranges: Sequence[MediaRange], offered: str) -> float:
    """What the most specific range that means `offered` says."""
    meant = max(ranges, key=lambda one: one.specificity(offered), default=None)
    return meant.quality if meant and meant.specificity(offered) else 0.0


def _range(text: str) -> MediaRange:
    kind, *parameters = (part.strip() for part in text.lower().split(";"))
    weights = [value for name, _, value in (one.partition("=") for one in parameters) if name.strip() == "q"]
    return MediaRange(kind, _weight(weights[0]) if weights else DEFAULT_QUALITY)


def _weight(text: str) -> float:
    """Between 0 and 1; what cannot be read is not wanted."""
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
