"""Which series are the observations of one histogram: native ones, classic ones with edges, and single values."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping

from sla.indicators.rollup_rules import HistogramRole
from sla.indicators.selectors import METRIC_NAME_LABEL, Selector

BUCKET_SUFFIX = "_bucket"
"""Behind the name of a classic histogram, in the series that count its observations up to the edge `le`."""
EDGE_LABEL = "le"


def histogram_role(selectors: Iterable[Selector], labels: Mapping[str, str], *, delta: bool) -> HistogramRole | None:
    """A selector names a histogram with or without `_bucket`, and says nothing of `le`."""
    if EDGE_LABEL not in labels:
        bound = any(selector.matches(labels) for selector in selectors)
        return HistogramRole(compute_histogram_id(labels), None, delta) if bound else None
    edge, name = _edge(labels[EDGE_LABEL]), labels[METRIC_NAME_LABEL].removesuffix(BUCKET_SUFFIX)
    if edge is None or name == labels[METRIC_NAME_LABEL]:
        return None
    whole = {label: value for label, value in labels.items() if label != EDGE_LABEL} | {METRIC_NAME_LABEL: name}
    names = ({METRIC_NAME_LABEL: one} for one in (name, labels[METRIC_NAME_LABEL]))
    bound = any(selector.matches(whole | one) for one in names for selector in selectors)
    return HistogramRole(compute_histogram_id(whole), edge, delta) if bound else None


def compute_histogram_id(labels: Mapping[str, str]) -> int:
    """Names a stream in 63 bits: the classic and the native series of one histogram have the same number."""
    said = json.dumps(sorted(labels.items())).encode()
    return int.from_bytes(hashlib.sha256(said).digest()[:8], "little") >> 1


def _edge(text: str) -> float | None:
    try:
        edge = float(text)
    except ValueError:
        return None
    return None if math.isnan(edge) else edge + 0.0
