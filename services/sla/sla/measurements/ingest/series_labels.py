"""The labels of a series: how they are written, and the digest that identifies the series."""

import hashlib
from uuid import UUID

from sla.indicators.definition import INDICATOR_LABEL, PART_LABEL, SeriesPart
from sla.indicators.selectors import format_series

Labels = tuple[tuple[str, str], ...]
"""Name and value, ordered by name."""
SeriesKey = bytes | tuple[int, ...] | str
"""What a series was sent as: the bytes of its labels or the numbers of its names and values. For others it is the
digest in hex: bytes could be sent by anybody in place of labels.
"""

MAX_SHOWN_LENGTH = 200


def direct_labels(indicator_id: UUID, part: SeriesPart) -> Labels:
    """Return the labels of the series that holds what is pushed to an indicator by its id."""
    return ((INDICATOR_LABEL, str(indicator_id)), (PART_LABEL, part.value))


def labels_digest(labels: Labels) -> bytes:
    """Return the hash that identifies a series; lengths precede the texts, so that no two label sets hash the same."""
    parts = (text.encode() for pair in labels for text in pair)
    return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()


def format_labels(labels: Labels) -> str:
    """Format labels as Prometheus prints them, shortened."""
    text = format_series(labels)
    return text if len(text) <= MAX_SHOWN_LENGTH else text[: MAX_SHOWN_LENGTH - 1] + "…"
