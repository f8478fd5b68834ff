"""What lines of text are read as, for comparison."""

import math

from hypothesis import strategies as st

from sla.measurements.ingest.decoded_push import DecodedPush
from sla.measurements.receivers.lines.influx_lines import decode_influx_lines
from sla.measurements.receivers.lines.prometheus_text import decode_text

NOW = 1_770_120_000_000
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=8)
Read = list[tuple[dict[str, str], int, float]]


def series_of(push: DecodedPush) -> Read:
    """Return labels, time and value of each sample, with text for NaN, which equals nothing."""
    return [
        (dict(series.labels), at, value if not math.isnan(value) else "NaN")  # type: ignore[misc]
        for series in push.labelled_series
        for at, value, _ in series.samples
    ]


def read_text(text: str | bytes, **extra_labels: str) -> DecodedPush:
    return decode_text(text if isinstance(text, bytes) else text.encode(), extra_labels, NOW)


def read_influx(text: str | bytes, precision: str = "ns") -> DecodedPush:
    return decode_influx_lines(text if isinstance(text, bytes) else text.encode(), precision, NOW)
