"""The roles that series play in a histogram: native series, classic series with an edge, and single values."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping

from sla.indicators.rollup_rules import HistogramRole
from sla.indicators.selectors import METRIC_NAME_LABEL, Selector

BUCKET_SUFFIX = "_bucket"
"""Ends the name of the classic series that count a histogram's observations up to the edge `le`."""
EDGE_LABEL = "le"


def histogram_role(selectors: Iterable[Selector], labels: Mapping[str, str], *, delta: bool) -> HistogramRole | None:
    """Return the role of a series if a selector names its histogram, with or without `_bucket` and without `le`."""
    if EDGE_LABEL not in labels:
        matches = any(selector.matches(labels) for selector in selectors)
        return HistogramRole(compute_histogram_id(labels), None, delta) if matches else None
    bucket_name = labels[METRIC_NAME_LABEL]
    edge, name = _parse_edge(labels[EDGE_LABEL]), bucket_name.removesuffix(BUCKET_SUFFIX)
    if edge is None or name == bucket_name:
        return None
    histogram_labels = {label: value for label, value in labels.items() if label != EDGE_LABEL}
    histogram_labels[METRIC_NAME_LABEL] = name
    candidates = (histogram_labels, histogram_labels | {METRIC_NAME_LABEL: bucket_name})
    matches = any(selector.matches(candidate) for candidate in candidates for selector in selectors)
    return HistogramRole(compute_histogram_id(histogram_labels), edge, delta) if matches else None


def compute_histogram_id(labels: Mapping[str, str]) -> int:
    """Compute 63 bits that name a histogram: its classic and its native series have the same id."""
    canonical = json.dumps(sorted(labels.items())).encode()
    return int.from_bytes(hashlib.sha256(canonical).digest()[:8], "little") >> 1


def _parse_edge(text: str) -> float | None:
    try:
        edge = float(text)
    except ValueError:
        return None
    return None if math.isnan(edge) else edge + 0.0
