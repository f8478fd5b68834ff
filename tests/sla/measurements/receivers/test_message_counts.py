"""Bodies that unfold: what they hold is counted before it is built."""

import gzip
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from common.errors import DomainError, TooLarge
from common.http.body_limits import decompress_body
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.receivers import json_samples, message_counts, otlp, remote_write, remote_write_2
from sla.measurements.receivers.message_counts import check_message_count, message_fields
from tests.sla.measurements.receivers.wire import inner, labelled, number

EXPORT = message_fields(ExportMetricsServiceRequest.DESCRIPTOR)
MEBIBYTE = 1 << 20
COUNT = 3 * MEBIBYTE
UP = [("__name__", "up")]


def points(content: bytes, count: int) -> bytes:
    return inner(1, inner(2, inner(2, inner(1, "up") + inner(5, inner(1, content) * count))))


def read_otlp(raw: bytes) -> None:
    otlp.decode_export(otlp.parse_export(raw, otlp.PROTOBUF_MEDIA_TYPE), 0, ())


def read_otlp_json(raw: bytes) -> None:
    otlp.parse_export(raw, otlp.JSON_MEDIA_TYPE)


def read_first(raw: bytes) -> None:
    remote_write.decode_write_request(raw, SeriesCache())


def read_second(raw: bytes) -> None:
    remote_write_2.decode_write_request_2(raw, SeriesCache())


def peak_growth(work: Callable[[], None]) -> int:
    """Return by how many bytes the process grows at most meanwhile, what no Python object holds included."""
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    work()
    return resident("VmHWM") - before


def resident(name: str) -> int:
    match = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert match
    return int(match[1]) * 1024


HOSTILE: dict[str, tuple[Callable[[bytes], object], Callable[[], bytes]]] = {
    "resources": (read_otlp, lambda: inner(1, b"") * COUNT),
    "empty points": (read_otlp, lambda: points(b"", COUNT)),
    "points": (read_otlp, lambda: points(b"\x19" + bytes(8), otlp.MAX_DATA_POINTS + 1)),
    "attributes": (read_otlp, lambda: points(inner(7, b"") * COUNT, 1)),
    "values in values": (read_otlp, lambda: points(inner(7, inner(2, inner(5, inner(1, b"") * COUNT))), 1)),
    "JSON": (read_otlp_json, lambda: b'{"resourceMetrics": [' + b"{}," * COUNT + b"{}]}"),
    "series": (read_first, lambda: inner(1, b"") * COUNT),
    "samples": (read_first, lambda: inner(1, labelled(UP) + inner(2, b"") * COUNT)),
    "labels": (read_first, lambda: inner(1, inner(1, b"") * COUNT)),
    "symbols": (read_second, lambda: inner(4, b"") * COUNT),
    "samples of 2.0": (read_second, lambda: inner(4, b"") + inner(5, inner(2, b"") * COUNT)),
    "fields": (json_samples.parse_samples, lambda: b'{"a":[' + b"0," * COUNT + b"0]}"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_unfolds_is_refused_before_it_takes_memory(name: str) -> None:
    read, build = HOSTILE[name]
    raw = build()

    def read_and_fail() -> None:
        with pytest.raises(TooLarge):
            read(raw)

    assert peak_growth(read_and_fail) < 10 * len(raw)


NUMBERS = {
    "a histogram": (read_first, lambda: inner(1, labelled(UP, more=inner(4, inner(12, bytes(10 * MEBIBYTE)))))),
    "labels of 2.0": (read_second, lambda: inner(4, b"") + inner(5, inner(1, bytes(10 * MEBIBYTE)))),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_series_of_very_many_numbers_is_not_decoded(name: str) -> None:
    read, build = NUMBERS[name]
    raw = build()
    assert peak_growth(lambda: read(raw)) < 4 * len(raw)


@pytest.mark.parametrize("name", ["extra", "labels", "top", "each"])
def test_a_document_of_very_many_wrong_fields_is_refused_at_once(name: str) -> None:
    """Compared with reading it as JSON alone, in the same run."""
    fields = ",".join(f'"k{place}":0' for place in range(300_000))
    few_fields = ",".join(f'"k{place}":0' for place in range(90))
    document = {
        "extra": f'{{"samples":[{{{fields}}}]}}',
        "labels": f'{{"samples":[{{"series":{{{fields}}}}}]}}',
        "top": f"{{{fields}}}",
        "each": f'{{"samples":[{",".join([f"{{{few_fields}}}"] * 9_999)}]}}',
    }[name].encode()
    began = time.process_time()
    json_samples.from_json(document)
    plain = time.process_time() - began
    try:
        reason = json_samples.parse_samples(document).refusals.message
    except DomainError as error:
        reason = error.message
    assert ("is not a field" if name == "each" else "more than 100 fields") in reason
    assert time.process_time() - began < 10 * plain + 0.1


def test_a_body_is_decompressed_no_further_than_to_its_limit() -> None:
    body = gzip.compress(bytes(64 * MEBIBYTE), 1)

    def read_and_fail() -> None:
        with pytest.raises(TooLarge):
            decompress_body(body, "gzip", MEBIBYTE)

    assert peak_growth(read_and_fail) < 16 * MEBIBYTE


@given(st.lists(st.binary(max_size=30), max_size=20))
def test_what_protobuf_reads_can_be_counted(parts: list[bytes]) -> None:
    """Or else a body that is taken today would be refused once it is large."""
    raw = b"".join(inner(1, inner(2, inner(2, inner(1, part.hex())))) + number(9, len(part)) for part in parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(message_counts, "_SMALLEST_MESSAGE", 0)
        ExportMetricsServiceRequest.FromString(raw)
        check_message_count(raw, EXPORT)


@given(st.binary(max_size=60))
def test_any_bytes_are_counted_or_refused(raw: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(message_counts, "_SMALLEST_MESSAGE", 0)
        try:
            check_message_count(raw, EXPORT)
        except DecodeError:
            with pytest.raises(DecodeError):
                ExportMetricsServiceRequest.FromString(raw)


def test_a_number_that_does_not_end_is_refused_at_once() -> None:
    """Each of its bytes would make it longer, and so the next one slower to add."""
    began = time.process_time()
    for read in (read_otlp, read_first, read_second):
        with pytest.raises(DomainError):
            read(b"\x08" + b"\xff" * COUNT)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(("limit", "is_refused"), [(10, True), (11, False)])
def test_fields_that_hold_no_message_count_too(limit: int, *, is_refused: bool) -> None:
    raw = inner(1, inner(2, number(9, 1) * 4 + inner(2, inner(1, "up")) + number(9, 1) * 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(message_counts, "_SMALLEST_MESSAGE", 0)
        patch.setattr(message_counts, "MAX_FIELDS", limit)
        if is_refused:
            with pytest.raises(TooLarge, match=f"at most {limit} parts"):
                check_message_count(raw, EXPORT)
        else:
            check_message_count(raw, EXPORT)


@pytest.mark.parametrize(("limit", "is_refused"), [(13, True), (14, False)])
def test_messages_on_all_levels_count(limit: int, *, is_refused: bool) -> None:
    attribute = inner(7, inner(1, "a") + inner(2, inner(1, "b")))
    raw = points(attribute * 2, 1) + points(b"", 1)  # 5 + 4, and 5
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(message_counts, "_SMALLEST_MESSAGE", 0)
        patch.setattr(message_counts, "MAX_MESSAGES", limit)
        if is_refused:
            with pytest.raises(TooLarge):
                check_message_count(raw, EXPORT)
        else:
            check_message_count(raw, EXPORT)
