"""Prometheus' text format, as `http_requests_total{code="200"} 1027 1395066363000`: bad lines are refused alone.

OpenMetrics is the same but for times in seconds, exemplars, and its last line.
"""

# The parser of prometheus-client takes quadratic time for some lines, renames counters, and refuses all for one line.

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from sla.indicators.selectors import METRIC_NAME_LABEL
from sla.measurements.ingest.decoded_push import DecodedPush, LabelledSeries
from sla.measurements.ingest.refusals import MAX_LABELS, Refusal, build_labels, check_instant
from sla.measurements.receivers.lines.line_bodies import decode_lines, read_number

_QUOTED = r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_NAME = re.compile(r"[ \t]*+([a-zA-Z_:][a-zA-Z0-9_:]*+)?[ \t]*+(\{)?")
_LABEL = re.compile(rf"[ \t]*+(?:{_QUOTED}|([a-zA-Z_][a-zA-Z0-9_]*+))[ \t]*+(?:=[ \t]*+{_QUOTED})?[ \t]*+(,|(?=\}}))")
_END_OF_LABELS = re.compile(r"[ \t]*+\}")
_END_OF_OPEN_METRICS = re.compile(rb"(?:\A|\n)# EOF\s*+\Z")
_ESCAPE = re.compile(r'\\([\\n"])')


class _Format(NamedTuple):
    rest: re.Pattern[str]
    """The value and perhaps the time of a sample, and perhaps an exemplar."""
    to_milliseconds: Callable[[str], int]
    time: str
    """How a time is written."""


def _from_seconds(text: str) -> int:
    return round(float(text) * 1000)


_PLAIN = _Format(re.compile(r"[ \t]*+([^ \t]++)(?:[ \t]++(-?[0-9]{1,18}))?()"), int, "a time in milliseconds")
_OPEN_METRICS = _Format(
    re.compile(r"[ \t]*+([^ \t]++)(?:[ \t]++(-?[0-9]{1,15}(?:\.[0-9]{0,30})?))?([ \t]++#[ \t]*+\{.*+)?"),
    _from_seconds,
    "a time in seconds and an exemplar",
)


def decode_text(raw: bytes, extra_labels: Mapping[str, str], now: int, *, is_open_metrics: bool = False) -> DecodedPush:
    """Decode a body at an instant (ms), at which samples without a time were taken. Raise LinesUnreadable, TooLarge.

    A body with the last line of OpenMetrics is read as such, whatever its sender says: a second is no millisecond.
    """
    push = DecodedPush()
    layout = _OPEN_METRICS if is_open_metrics or _END_OF_OPEN_METRICS.search(raw[-100:]) else _PLAIN
    for number, line in split_lines(raw):
        text = line.strip(" \t\r")
        if not text or text.startswith("#"):
            continue
        try:
            push.labelled_series.append(_read_line(number, text, layout, extra_labels, now, push))
        except Refusal as refusal:
            push.refusals.add(f"line {number}: {refusal}")
    return push


def split_lines(raw: bytes) -> Iterator[tuple[int, str]]:
    """Yield the lines of a body with their numbers, one by one. Raise LinesUnreadable, TooLarge."""
    text = decode_lines(raw)
    start, number = 0, 1
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield number, text[start:end]
        start, number = end + 1, number + 1


def _read_line(
    number: int, line: str, layout: _Format, extra_labels: Mapping[str, str], now: int, push: DecodedPush
) -> LabelledSeries:
    beginning = _NAME.match(line)
    name, brace, position = (beginning[1], beginning[2], beginning.end()) if beginning else (None, None, 0)
    labels: dict[str, str] = {}
    if brace:
        count = line.count("=", position)
        push.count_items(min(count, MAX_LABELS))
        name, position = _read_labels(line, position, name, labels)
    push.count_items(1)
    if not name:
        raise Refusal("it does not begin with the name of a metric")
    rest = layout.rest.fullmatch(line, position)
    if rest is None:
        raise Refusal(f"a value, and perhaps {layout.time}, must follow the series")
    push.exemplars += bool(rest[3])
    at = now if rest[2] is None else layout.to_milliseconds(rest[2])
    check_instant(at, now)
    series = build_labels({**labels, METRIC_NAME_LABEL: name, **extra_labels}.items())
    return LabelledSeries(number, series, [(at, read_number(rest[1]), 0)])


def _read_labels(line: str, position: int, name: str | None, labels: dict[str, str]) -> tuple[str | None, int]:
    """Read labels up to the brace. Return the name, which may stand among them in quotes, and where they end."""
    while not (end := _END_OF_LABELS.match(line, position)):
        term = _LABEL.match(line, position)
        if term is None or len(labels) > MAX_LABELS:
            raise Refusal(f"its labels cannot be read, or are more than {MAX_LABELS}")
        position, quoted, value = term.end(), term[1], term[3]
        label = term[2] if quoted is None else _unescape(quoted)
        if value is not None:
            if label in labels:
                raise Refusal(f'label "{label[:60]}" appears twice')
            labels[label] = _unescape(value)
        elif name or quoted is None:
            raise Refusal(f'label "{label[:60]}" has no value')
        else:
            name = label
    return name, end.end()


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda escape: "\n" if escape[1] == "n" else escape[1], text) if "\\" in text else text
