"""Taking pushes."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import ClassVar, NamedTuple

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from sqlalchemy import select

from common.errors import DomainError, Malformed, UnsupportedMediaType
from common.unit_of_work import UnitOfWork
from sla.indicators.definition import SeriesPart
from sla.indicators.model import Indicator
from sla.measurements.ingest.decoded_push import DecodedPush
from sla.measurements.ingest.ingester import Ingester, WrittenCounts, run_in_thread_if_large
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.minutes import to_milliseconds
from sla.measurements.receivers import json_samples, otlp, remote_write, remote_write_2
from sla.measurements.receivers.json_samples import JsonSample

REMOTE_WRITE_MEDIA_TYPE = "application/x-protobuf"
REMOTE_WRITE_1_MESSAGE = "prometheus.writerequest"
EXPECTED_COMPRESSION_RATIO = 8
"""How many times larger a body may well be once it is inflated."""

RemoteWriteDecoder = Callable[[bytes, SeriesCache], DecodedPush]

_DECODERS: Mapping[str, RemoteWriteDecoder] = {
    REMOTE_WRITE_1_MESSAGE: remote_write.decode_write_request,
    "io.prometheus.write.v2.request": remote_write_2.decode_write_request_2,
}


class EncodingNotSupported(UnsupportedMediaType, slug="encoding-not-supported"):
    """Remote write is taken in versions 1.0 and 2.0: application/x-protobuf, in a snappy block."""


class SamplesRefused(Malformed, slug="samples-refused"):
    """Some samples break a rule; all others are kept, and sending these again does not help."""


class IndicatorNotInUse(DomainError, slug="no-such-indicator-in-use"):
    """A sample names an indicator that is defined and not retired."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class SampleDoesNotFitIndicator(DomainError, slug="sample-does-not-fit"):
    """A ratio or quality takes good and total, a volume or histogram a value; the other kinds either."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class RemoteWriteResult(NamedTuple):
    """What became of a remote write."""

    written: WrittenCounts
    problem: DomainError | None


def decoder_for(content_type: str, encoding: str) -> RemoteWriteDecoder:
    """Raise EncodingNotSupported, naming what is."""
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    pairs = (parameter.partition("=")[::2] for parameter in parameters)
    named = {name.strip(): value.strip(' "') for name, value in pairs}
    decoder = _DECODERS.get(named.get("proto", REMOTE_WRITE_1_MESSAGE))
    if kind != REMOTE_WRITE_MEDIA_TYPE or decoder is None or encoding.strip().lower() != "snappy":
        raise EncodingNotSupported(
            "Send Content-Type: application/x-protobuf, alone or with proto=prometheus.WriteRequest or "
            "proto=io.prometheus.write.v2.Request, and Content-Encoding: snappy."
        )
    return decoder


async def ingest_remote_write(
    intake: Ingester, sender: str, body: bytes, decode: RemoteWriteDecoder
) -> RemoteWriteResult:
    """Whatever breaks no rule is kept; the problem is SamplesRefused, naming what was not."""
    known = intake.registry.cache
    pushed = await run_in_thread_if_large(lambda: decode(remote_write.decompress_block(body), known), len(body))
    samples, histograms = await intake.ingest(pushed, sender)
    problem = SamplesRefused(pushed.refusal_message()) if pushed.refused_count else None
    return RemoteWriteResult(WrittenCounts(samples, histograms + pushed.stale_histograms), problem)


async def ingest_otlp(
    work: UnitOfWork, intake: Ingester, body: bytes, kind: str, encoding: str
) -> ExportMetricsServiceResponse:
    """Whatever breaks no rule is kept; the answer tells how many data points were not, and why."""
    if kind not in (otlp.PROTOBUF_MEDIA_TYPE, otlp.JSON_MEDIA_TYPE):
        raise otlp.OtlpNotSupported(f"Send Content-Type: {otlp.PROTOBUF_MEDIA_TYPE} or {otlp.JSON_MEDIA_TYPE}.")
    now, promoted = to_milliseconds(work.now), intake.promoted_attributes

    def taken() -> DecodedPush:
        return otlp.decode_export(otlp.parse_export(otlp.decompress_body(body, encoding), kind), now, promoted).pushed

    pushed = await run_in_thread_if_large(taken, len(body) * (EXPECTED_COMPRESSION_RATIO if encoding else 1))
    await intake.ingest(pushed, work.principal.subject)
    answer = ExportMetricsServiceResponse()
    if pushed.refused_count:
        answer.partial_success.rejected_data_points = pushed.refused_count
        answer.partial_success.error_message = pushed.refusal_message()
    return answer


async def ingest_json_samples(work: UnitOfWork, intake: Ingester, body: bytes) -> int:
    """All or none: raise the rule that the first sample breaks."""
    samples = await run_in_thread_if_large(lambda: json_samples.parse_samples(body), len(body))
    await _check_indicators(work, samples)
    pushed = json_samples.decode_samples(samples)
    pushed.check_sample_times(to_milliseconds(work.now))
    await intake.ingest(pushed, work.principal.subject)
    return len(samples)


async def _check_indicators(work: UnitOfWork, samples: Iterable[JsonSample]) -> None:
    named = [(place, sample) for place, sample in enumerate(samples) if sample.indicator is not None]
    wanted = {sample.indicator for _, sample in named}
    in_use = select(Indicator.id, Indicator.kind).where(Indicator.id.in_(wanted), Indicator.retired_at.is_(None))
    kinds = {row.id: row.kind for row in await work.session.execute(in_use)} if wanted else {}
    for place, sample in named:
        kind = kinds.get(sample.indicator)
        if kind is None:
            raise IndicatorNotInUse("There is none of this id.", field=f"samples[{place}].indicator")
        if (part := SeriesPart.TOTAL if sample.value is None else SeriesPart.VALUE) not in kind.pushable_parts:
            takes = " and ".join(sorted(kind.pushable_parts))
            raise SampleDoesNotFitIndicator(
                f"An indicator of kind {kind} takes {takes}.", field=f"samples[{place}].{part}"
            )
