"""The line protocol of InfluxDB: `cpu,host=a usage_idle=91.5,usage_user=3i 1770116400000000000`."""

# Each field is a series, named as Telegraf names it for Prometheus: measurement and field, with `_` for whatever is no
# letter or digit. A name that needs this loses a bad first character and each `_` at its ends, and a tag whose name
# loses all is left out. Texts measure nothing. Parsers that exist are C code, which would read what strangers send.

import re
from collections.abc import Mapping

from sla.indicators.selectors import METRIC_NAME_LABEL
from sla.measurements.ingest.decoded_push import DecodedPush, LabelledSeries
from sla.measurements.ingest.refusals import Refusal, build_labels, check_instant
from sla.measurements.receivers.lines.line_bodies import LONGEST_NUMBER, decode_lines, read_number

PRECISIONS: Mapping[str, tuple[int, int]] = {
    "ns": (1, 1_000_000),
    "n": (1, 1_000_000),
    "us": (1, 1_000),
    "u": (1, 1_000),
    "ms": (1, 1),
    "s": (1_000, 1),
    "m": (60_000, 1),
    "h": (3_600_000, 1),
}
"""The factor and the divisor that make milliseconds of a time."""
PROMETHEUS = "prometheus"
"""The measurement that Telegraf gives to what it scraped: its fields have their names already."""

_SERIES_COST = 5
"""The size of a series without labels, in labels."""

_KEY = r"(?:[^,= \n\\]|\\.)++"
_VALUE = r'(?:"(?:[^"\\]|\\[\s\S])*+"|[^, \r\n"]++)'
_LINE = re.compile(
    rf"((?:[^, \n\\]|\\.)++)((?:,{_KEY}={_KEY})*+)[ ]++({_KEY}={_VALUE}(?:,{_KEY}={_VALUE})*+)"
    r"(?:[ ]++(-?[0-9]{1,19}))?[ \r]*+(?=\n|\Z)"
)
_NO_POINT = re.compile(r"[ \t\r\n]++|#[^\n]*+")
_TAG = re.compile(rf",({_KEY})=({_KEY})")
_FIELD = re.compile(rf"({_KEY})=({_VALUE}),?")
_ESCAPE = re.compile(r"\\([,= \\])")
_UNFIT_IN_METRICS = re.compile("[^a-zA-Z0-9_:]")
_UNFIT_IN_LABELS = re.compile("[^a-zA-Z0-9_]")
_TRUTHS = {
    text: float(text.lower().startswith("t"))
    for name in ("t", "true", "f", "false")
    for text in (name, name.upper(), name.title())
}
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,20}[iu]")
_WHOLE_NUMBERS = {"i": range(-(1 << 63), 1 << 63), "u": range(1 << 64)}
"""Those that fit into 64 bits, with a sign and without."""


def decode_influx_lines(raw: bytes, precision: str, now: int) -> DecodedPush:
    """Decode a body at an instant (ms), at which points without a time were taken. Raise LinesUnreadable, TooLarge."""
    text, push = decode_lines(raw), DecodedPush()
    position, number = 0, 1
    while position < len(text):
        start = position
        if skipped := _NO_POINT.match(text, position):
            position = skipped.end()
        elif point := _LINE.match(text, position):
            position = point.end()
            _add_point(number, point, precision, now, push)
        else:
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
            push.refusals.add(f"line {number}: it is not a measurement, its tags, its fields and perhaps a time")
        number += text.count("\n", start, position)
    return push


def _add_point(number: int, point: re.Match[str], precision: str, now: int, push: DecodedPush) -> None:
    """Add the fields of a point; one that breaks a rule is refused alone."""
    try:
        at = _read_time(point[4], precision, now)
    except Refusal as refusal:
        push.refusals.add(f"line {number}: {refusal}")
        return
    tag_count, field_count = point[2].count("="), point[3].count("=")
    push.count_items(field_count * (tag_count + _SERIES_COST))
    measurement = _unescape(point[1])
    tags = [(_to_name(tag[1], _UNFIT_IN_LABELS), _unescape(tag[2])) for tag in _TAG.finditer(point[2])]
    tags = [tag for tag in tags if tag[0]]
    for field in _FIELD.finditer(point[3]):
        try:
            value = _read_value(field[2])
            if value is None:
                continue
            name = field[1] if measurement == PROMETHEUS else f"{measurement}_{field[1]}"
            labels = build_labels([*tags, (METRIC_NAME_LABEL, _to_name(name, _UNFIT_IN_METRICS))])
        except Refusal as refusal:
            push.refusals.add(f"line {number}, field {field[1][:60]}: {refusal}")
        else:
            position = len(push.labelled_series)  # fields are refused one by one
            push.labelled_series.append(LabelledSeries(position, labels, [(at, value, 0)]))


def _read_time(text: str | None, precision: str, now: int) -> int:
    """Return the time of a point in milliseconds. Raise Refusal."""
    factor, divisor = PRECISIONS[precision]
    at = now if text is None else int(text) * factor // divisor
    check_instant(at, now)
    return at


def _read_value(text: str) -> float | None:
    """Return the value of a field, null if it is a text. Raise Refusal."""
    if text.startswith('"'):
        return None
    if text in _TRUTHS:
        return _TRUTHS[text]
    if _WHOLE_NUMBER.fullmatch(text):
        number = int(text[:-1])
        if (text[0] == "-" and text[-1] == "u") or number not in _WHOLE_NUMBERS[text[-1]]:
            raise Refusal(f"its value does not fit into 64 bits {'without' if text[-1] == 'u' else 'with'} a sign")
        return float(number)
    if len(text) > LONGEST_NUMBER or text[-1:].isalpha():
        raise Refusal("its value is not a number, a truth or a text")
    return read_number(text)


def _to_name(text: str, unfit: re.Pattern[str]) -> str:
    """Return the name that Telegraf makes of a text; empty if nothing is left of it."""
    name = _unescape(text)
    starts_well = not (name[:1].isdecimal() or unfit.match(name))
    if starts_well and not unfit.search(name):
        return name
    return unfit.sub("_", name if starts_well else name[1:]).strip("_")


def _unescape(text: str) -> str:
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text
