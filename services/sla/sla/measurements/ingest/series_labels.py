"""The labels of a series: the rules for them, and the digest that identifies the series."""

import hashlib
import re
from collections.abc import Collection
from uuid import UUID

from sla.indicators.definition import ALERT_METRIC, INDICATOR_LABEL, PART_LABEL, SeriesPart
from sla.indicators.selectors import METRIC_NAME_LABEL

Labels = tuple[tuple[str, str], ...]
"""Name and value, ordered by name."""
SeriesKey = bytes | tuple[bytes]
"""What a series was sent as: the bytes of its labels or, in a tuple, the numbers of its names and values."""

MAX_LABELS = 100
MAX_VALUE_LENGTH = 2048
"""Characters."""
MAX_SHOWN_LENGTH = 200

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def label_problem(labels: Labels) -> str | None:
    """Say what is wrong with the labels that a sender wrote; None if nothing is."""
    names = [name for name, _ in labels]
    if METRIC_NAME_LABEL not in names:
        return f"{METRIC_NAME_LABEL} is missing"
    if len(names) > MAX_LABELS:
        return f"there are more than {MAX_LABELS} labels"
    if len(set(names)) < len(names):
        return f"label {next(name for name in names if names.count(name) > 1)!r} appears twice"
    if names != sorted(names):
        return "the labels are not in the order of their names"
    return next((problem for name, value in labels if (problem := _pair_problem(name, value))), None)


def _pair_problem(name: str, value: str) -> str | None:
    if name in (INDICATOR_LABEL, PART_LABEL):
        return f"label {name} is reserved for samples that name an indicator"
    if not _LABEL.fullmatch(name):
        return f"{name[:60]!r} is not a valid label name"
    if not value or len(value) > MAX_VALUE_LENGTH or "\x00" in value:
        return f"the value of {name!r} is empty, longer than {MAX_VALUE_LENGTH} characters, or holds U+0000"
    if name == METRIC_NAME_LABEL and value == ALERT_METRIC:
        return f"{ALERT_METRIC} is reserved for the alerts of Alertmanager"
    if name == METRIC_NAME_LABEL and not _METRIC.fullmatch(value):
        return f"{value[:60]!r} is not a valid metric name"
    return None


def without_replica(labels: Labels, replica_labels: Collection[str]) -> Labels:
    """Leave out the labels in which two replicas of one Prometheus differ: their series are the same."""
    return tuple(pair for pair in labels if pair[0] not in replica_labels)


def direct_labels(indicator_id: UUID, part: SeriesPart) -> Labels:
    """Return the labels of the series that holds what is pushed to an indicator by its id."""
    return ((INDICATOR_LABEL, str(indicator_id)), (PART_LABEL, part.value))


def labels_digest(labels: Labels) -> bytes:
    """Return the hash that identifies a series; lengths precede the texts, so that no two label sets hash the same."""
    parts = (text.encode() for pair in labels for text in pair)
    return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()


def format_labels(labels: Labels) -> str:
    """Format labels as Prometheus prints them, shortened."""
    rest = ", ".join(f'{name}="{value}"' for name, value in labels if name != METRIC_NAME_LABEL)
    text = dict(labels).get(METRIC_NAME_LABEL, "") + (f"{{{rest}}}" if rest else "")
    return text if len(text) <= MAX_SHOWN_LENGTH else text[: MAX_SHOWN_LENGTH - 1] + "…"
