"""Suggestions for indicators, guessed from the name and labels of a series."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sla.indicators.definition import IndicatorKind, SeriesPart
from sla.indicators.histogram_roles import BUCKET_SUFFIX, EDGE_LABEL
from sla.indicators.selectors import METRIC_NAME_LABEL, format_series

_COUNTED = re.compile(r".+[_.](total|count)", re.DOTALL)
_KINDS_BY_NAME = (
    (r"up|probe_success|.+[_.](up|success|healthy|reachable)", IndicatorKind.AVAILABILITY, "it is named like a probe"),
    (
        r".*(latency|duration|response[_.]time).*|.+[_.](seconds|milliseconds|ms)",
        IndicatorKind.LATENCY,
        "it is named like a duration; as a histogram it would have percentiles",
    ),
    (r".*", IndicatorKind.GAUGE, "it may go up and down"),
)
"""The kinds of single values."""
_UNITS = {"seconds": "s", "milliseconds": "ms", "ms": "ms", "bytes": "bytes", "ratio": "ratio", "percent": "%"}
_OUTCOMES = ("code", "status", "status_code", "http_status_code", "grpc_code", "outcome", "result", "success", "error")
"""Labels that separate good events from bad ones."""


@dataclass(frozen=True, slots=True)
class IndicatorSuggestion:
    """A suggestion, from its name and labels, which indicator a series could make."""

    kind: IndicatorKind
    part: SeriesPart
    selector: str
    unit: str
    why: str
    """A half sentence for a person: `it counts events`."""


def suggest_indicator(labels: Mapping[str, str], *, histogram: bool) -> IndicatorSuggestion:
    name, part = labels.get(METRIC_NAME_LABEL, ""), SeriesPart.VALUE
    left_out = {METRIC_NAME_LABEL, EDGE_LABEL, "instance"}
    if histogram or (name.endswith(BUCKET_SUFFIX) and EDGE_LABEL in labels):
        name = name if histogram else name.removesuffix(BUCKET_SUFFIX)
        kind, why = IndicatorKind.HISTOGRAM, "it counts observations in buckets"
    elif _COUNTED.fullmatch(name):
        part, outcomes = SeriesPart.TOTAL, [label for label in _OUTCOMES if label in labels]
        left_out |= {*outcomes[:1]}
        kind, why = IndicatorKind.VOLUME, "it counts events"
        if outcomes:
            kind, why = IndicatorKind.RATIO, f"{why}, and {outcomes[0]} separates good ones from bad ones"
    else:
        kind, why = next((kind, why) for pattern, kind, why in _KINDS_BY_NAME if re.fullmatch(pattern, name, re.DOTALL))
    matchers = [(label, labels[label]) for label in sorted(labels.keys() - left_out)]
    unit = next((unit for word, unit in _UNITS.items() if f"_{word}" in name.replace(".", "_")), "")
    return IndicatorSuggestion(kind, part, format_series([(METRIC_NAME_LABEL, name), *matchers]), unit, why)
