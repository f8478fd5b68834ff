"""Suggestions for indicators, guessed from the name and labels of a series."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sla.indicators.definition import IndicatorKind, SeriesPart
from sla.indicators.histogram_roles import BUCKET_SUFFIX, EDGE_LABEL
from sla.indicators.selectors import METRIC_NAME_LABEL

_PROBE = re.compile(r"up|probe_success|\w+_(up|success|healthy|reachable)")
_TIME = re.compile(r"\w*(latency|duration|response_time)\w*|\w+_(seconds|milliseconds|ms)")
_COUNTED = re.compile(r"\w+_(total|count)")
_UNITS = {"seconds": "s", "milliseconds": "ms", "ms": "ms", "bytes": "bytes", "ratio": "ratio", "percent": "%"}
_OUTCOMES = ("code", "status", "status_code", "http_status_code", "grpc_code", "outcome", "result", "success", "error")
"""Labels that separate good events from bad ones."""


@dataclass(frozen=True, slots=True)
class IndicatorSuggestion:
    kind: IndicatorKind
    part: SeriesPart
    selector: str
    unit: str
    why: str
    """A half sentence for a person: `it counts events`."""


def suggest_indicator(labels: Mapping[str, str], *, histogram: bool) -> IndicatorSuggestion:
    name = labels.get(METRIC_NAME_LABEL, "")
    if histogram or (name.endswith(BUCKET_SUFFIX) and EDGE_LABEL in labels):
        base = name if histogram else name.removesuffix(BUCKET_SUFFIX)
        return _suggest(IndicatorKind.HISTOGRAM, SeriesPart.VALUE, base, labels, "it counts observations in buckets")
    if _PROBE.fullmatch(name):
        return _suggest(IndicatorKind.AVAILABILITY, SeriesPart.VALUE, name, labels, "it is named like a probe")
    if _COUNTED.fullmatch(name):
        return _suggest_count(name, labels)
    if _TIME.fullmatch(name):
        return _suggest(
            IndicatorKind.LATENCY,
            SeriesPart.VALUE,
            name,
            labels,
            "it is named like a duration; as a histogram it would have percentiles",
        )
    return _suggest(IndicatorKind.GAUGE, SeriesPart.VALUE, name, labels, "it may go up and down")


def _suggest_count(name: str, labels: Mapping[str, str]) -> IndicatorSuggestion:
    outcome = next((label for label in _OUTCOMES if label in labels), None)
    if outcome is None:
        return _suggest(IndicatorKind.VOLUME, SeriesPart.TOTAL, name, labels, "it counts events")
    return _suggest(
        IndicatorKind.RATIO,
        SeriesPart.TOTAL,
        name,
        labels,
        f"it counts events, and {outcome} separates good ones from bad ones",
        outcome,
    )


def _suggest(
    kind: IndicatorKind, part: SeriesPart, metric: str, labels: Mapping[str, str], why: str, outcome: str = EDGE_LABEL
) -> IndicatorSuggestion:
    left_out = {METRIC_NAME_LABEL, EDGE_LABEL, outcome, "instance"}
    matchers = ", ".join(f"{label}={_quote(labels[label])}" for label in sorted(labels.keys() - left_out))
    unit = next((unit for word, unit in _UNITS.items() if f"_{word}" in metric), "")
    return IndicatorSuggestion(kind, part, f"{metric}{{{matchers}}}" if matchers else metric, unit, why)


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
