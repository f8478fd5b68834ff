"""Which series are the observations of one histogram: native ones, classic ones with edges, and single values."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping

from sla.indicators.rules import Stream
from sla.indicators.selectors import NAME, Selector

BUCKET = "_bucket"
"""Behind the name of a classic histogram, in the series that count its observations up to the edge `le`."""
EDGE = "le"


def stream_of(selectors: Iterable[Selector], labels: Mapping[str, str], *, delta: bool) -> Stream | None:
    """A selector names a histogram with or without `_bucket`, and says nothing of `le`."""
    if EDGE not in labels:
        bound = any(selector.matches(labels) for selector in selectors)
        return Stream(number_of(labels), None, delta) if bound else None
    edge, name = _edge(labels[EDGE]), labels[NAME].removesuffix(BUCKET)
    if edge is None or name == labels[NAME]:
        return None
    whole = {label: value for label, value in labels.items() if label != EDGE} | {NAME: name}
    names = ({NAME: one} for one in (name, labels[NAME]))
    bound = any(selector.matches(whole | one) for one in names for selector in selectors)
    return Stream(number_of(whole), edge, delta) if bound else None


def number_of(labels: Mapping[str, str]) -> int:
    """Names a stream in 63 bits: the classic and the native series of one histogram have the same number."""
    said = json.dumps(sorted(labels.items())).encode()
    return int.from_bytes(hashlib.sha256(said).digest()[:8], "little") >> 1


def _edge(text: str) -> float | None:
    try:
        edge = float(text)
    except ValueError:
        return None
    return None if math.isnan(edge) else edge + 0.0
