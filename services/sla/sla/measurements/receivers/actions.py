"""Receiving pushes: decode the body, check what it may hold, and hand it to the ingester."""

from collections.abc import Callable, Mapping

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from sqlalchemy import select

from common.errors import TooLarge
from common.http.request_bodies import RequestBody, decode_body
from common.unit_of_work import UnitOfWork
from sla.indicators.definition import IndicatorKind, SeriesPart
from sla.indicators.model import Indicator
from sla.measurements.ingest.decoded_push import DecodedPush, WrittenCounts
from sla.measurements.ingest.ingester import Ingester
from sla.measurements.ingest.senders import Sender
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.minutes import to_milliseconds
from sla.measurements.receivers import errors, json_samples, otlp, remote_write, remote_write_2
from sla.measurements.receivers.json_samples import ReadSamples
from sla.measurements.receivers.lines import line_bodies
from sla.measurements.samples import MAX_COUNT

REMOTE_WRITE_MEDIA_TYPE = "application/x-protobuf"
REMOTE_WRITE_1_MESSAGE = "prometheus.writerequest"

SMALL_REMOTE_WRITE_BYTES = 512 * 1024
"""Some thousand samples: larger bodies are decoded in a thread. Those of other protocols take longer."""

RemoteWriteDecoder = Callable[[bytes, SeriesCache], DecodedPush]

_DECODERS: Mapping[str, RemoteWriteDecoder] = {
    REMOTE_WRITE_1_MESSAGE: remote_write.decode_write_request,
    "io.prometheus.write.v2.request": remote_write_2.decode_write_request_2,
}


def decoder_for(content_type: str, encoding: str) -> RemoteWriteDecoder:
    """Return the decoder for a content type. Raise RemoteWriteEncodingNotSupported, naming what is."""
    # Not by the module email, which takes a second for a header of very many semicolons.
    media_type, *parameters = content_type.lower().split(";")
    values = {name.strip(): value.strip(' "') for name, _, value in (text.partition("=") for text in parameters)}
    decoder = _DECODERS.get(values.get("proto", REMOTE_WRITE_1_MESSAGE))
    if media_type.strip() != REMOTE_WRITE_MEDIA_TYPE or decoder is None or encoding.strip().lower() != "snappy":
        raise errors.RemoteWriteEncodingNotSupported(
            "Send Content-Type: application/x-protobuf, alone or with proto=prometheus.WriteRequest or "
            "proto=io.prometheus.write.v2.Request, and Content-Encoding: snappy."
        )
    return decoder


async def ingest_remote_write(
    ingester: Ingester, sender: Sender, body: bytes, decode: RemoteWriteDecoder
) -> WrittenCounts:
    """Write all that breaks no rule, and return how much; then raise SamplesRefused if something was refused."""
    cache = sender.registry.cache
    try:
        push = decode(remote_write.decompress_block(body, SMALL_REMOTE_WRITE_BYTES), cache)
    except TooLarge:
        push = await ingester.runtime.run_in_thread(lambda: decode(remote_write.decompress_block(body), cache))
    return await _ingest(ingester, push, sender)


async def _ingest(ingester: Ingester, push: DecodedPush, sender: Sender) -> WrittenCounts:
    """Write all that breaks no rule, and return how much; then raise SamplesRefused if something was refused."""
    samples, histograms, _ = await ingester.ingest(push, sender)
    written = WrittenCounts(samples, histograms + push.unwritten_histograms, push.exemplars)
    if push.refusals.count:
        raise errors.SamplesRefused(push.refusals, written)
    return written


async def ingest_otlp(work: UnitOfWork, ingester: Ingester, body: RequestBody) -> ExportMetricsServiceResponse:
    """Write all that breaks no rule; the answer says how many data points were refused, and why."""
    if body.media_type not in (otlp.PROTOBUF_MEDIA_TYPE, otlp.JSON_MEDIA_TYPE):
        raise errors.OtlpNotSupported(f"Send Content-Type: {otlp.PROTOBUF_MEDIA_TYPE} or {otlp.JSON_MEDIA_TYPE}.")
    sender = await ingester.admit(work.principal)
    now, promoted = to_milliseconds(work.now), ingester.promoted_attributes

    def decode(raw: bytes) -> DecodedPush:
        return otlp.decode_export(otlp.parse_export(raw, body.media_type), now, promoted)

    push = await decode_body(ingester.runtime, body, otlp.MAX_DECODED_BYTES, decode)
    await ingester.ingest(push, sender)
    response = ExportMetricsServiceResponse()
    if push.refusals.count:
        response.partial_success.rejected_data_points = push.refusals.count
        response.partial_success.error_message = push.refusals.message
    return response


async def ingest_json_samples(work: UnitOfWork, ingester: Ingester, body: RequestBody) -> int:
    """Write all samples that break no rule, and return how many; raise SamplesRefused if some were refused."""
    sender = await ingester.admit(work.principal)
    read = await decode_body(ingester.runtime, body, json_samples.MAX_DECODED_BYTES, json_samples.parse_samples)
    await _refuse_unfit_samples(work, read)
    push = json_samples.decode_samples(read, to_milliseconds(work.now))
    await _ingest(ingester, push, sender)
    return len(read.samples)


async def ingest_lines(
    work: UnitOfWork, ingester: Ingester, body: RequestBody, decode: Callable[[bytes], DecodedPush]
) -> None:
    """Write the samples of all lines that break no rule; raise SamplesRefused if some were refused."""
    sender = await ingester.admit(work.principal)
    push = await decode_body(ingester.runtime, body, line_bodies.MAX_DECODED_BYTES, decode)
    await _ingest(ingester, push, sender)


async def _refuse_unfit_samples(work: UnitOfWork, read: ReadSamples) -> None:
    """Refuse samples that name an indicator which does not take them."""
    indicator_ids = {sample.indicator for sample in read.samples.values() if sample.indicator is not None}
    if not indicator_ids:
        return
    in_use = select(Indicator.id, Indicator.kind).where(Indicator.id.in_(indicator_ids), Indicator.retired_at.is_(None))
    kinds = {row.id: row.kind for row in await work.session.execute(in_use)}
    for place, sample in list(read.samples.items()):
        kind = kinds.get(sample.indicator) if sample.indicator else None
        part = SeriesPart.TOTAL if sample.value is None else SeriesPart.VALUE
        if sample.indicator is None:
            continue
        if kind is None:
            read.refuse(place, "indicator", f"Indicator {sample.indicator} is not defined, or is retired")
        elif kind is IndicatorKind.VOLUME and sample.value is not None and not 0 <= sample.value < MAX_COUNT:
            read.refuse(place, "value", "A volume counts events: its value is 0 or more")
        elif part not in kind.pushable_parts:
            accepted = " and ".join(sorted(kind.pushable_parts))
            read.refuse(place, part, f"An indicator of kind {kind} takes {accepted}")
