"""What a series might measure, guessed from its name and labels, so that an indicator is set up with less typing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sla.indicators.definition import Kind, Part
from sla.indicators.selectors import NAME
from sla.indicators.streams import BUCKET, EDGE

_PROBE = re.compile(r"up|probe_success|\w+_(up|success|healthy|reachable)")
_TIME = re.compile(r"\w*(latency|duration|response_time)\w*|\w+_(seconds|milliseconds|ms)")
_COUNTED = re.compile(r"\w+_(total|count)")
_UNITS = {"seconds": "s", "milliseconds": "ms", "ms": "ms", "bytes": "bytes", "ratio": "ratio", "percent": "%"}
_OUTCOMES = ("code", "status", "status_code", "http_status_code", "grpc_code", "outcome", "result", "success", "error")
"""Labels that tell good events from bad ones."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    kind: Kind
    part: Part
    selector: str
    unit: str
    why: str


def suggestion(labels: Mapping[str, str], *, histogram: bool) -> Suggestion:
    name = labels.get(NAME, "")
    if histogram or (name.endswith(BUCKET) and EDGE in labels):
        base = name if histogram else name.removesuffix(BUCKET)
        return _of(Kind.HISTOGRAM, Part.VALUE, base, labels, "it observes in buckets")
    if _PROBE.fullmatch(name):
        return _of(Kind.AVAILABILITY, Part.VALUE, name, labels, "its name is that of a probe")
    if _COUNTED.fullmatch(name):
        return _counted(name, labels)
    if _TIME.fullmatch(name):
        return _of(
            Kind.LATENCY, Part.VALUE, name, labels, "its name tells of a time taken; as a histogram it has percentiles"
        )
    return _of(Kind.GAUGE, Part.VALUE, name, labels, "it may go up and down")


def _counted(name: str, labels: Mapping[str, str]) -> Suggestion:
    outcome = next((label for label in _OUTCOMES if label in labels), None)
    if outcome is None:
        return _of(Kind.VOLUME, Part.TOTAL, name, labels, "it counts events")
    return _of(
        Kind.RATIO, Part.TOTAL, name, labels, f"it counts events, and {outcome} tells good ones from bad ones", outcome
    )


def _of(kind: Kind, part: Part, metric: str, labels: Mapping[str, str], why: str, outcome: str = EDGE) -> Suggestion:
    kept = {label: value for label, value in labels.items() if label not in (NAME, EDGE, outcome, "instance")}
    matchers = ", ".join(f"{label}={_quoted(value)}" for label, value in sorted(kept.items()))
    unit = next((unit for word, unit in _UNITS.items() if f"_{word}" in metric), "")
    return Suggestion(kind, part, f"{metric}{{{matchers}}}" if matchers else metric, unit, why)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
