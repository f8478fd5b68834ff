"""Taking pushes."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import ClassVar, NamedTuple

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from sqlalchemy import select

from common.errors import Malformed, RuleBroken, UnsupportedMediaType
from common.work import Work
from sla.indicators.definition import Part
from sla.indicators.model import Indicator
from sla.measurements import json_samples, otlp, remote_write, remote_write_2
from sla.measurements.intake import Intake, Kept, aside
from sla.measurements.json_samples import JsonSample
from sla.measurements.known import Known
from sla.measurements.minutes import milliseconds
from sla.measurements.pushed import Pushed

PROMETHEUS = "application/x-protobuf"
FIRST = "prometheus.writerequest"
COMPRESSED = 8
"""How many times larger a body may well be once it is inflated."""

Decoder = Callable[[bytes, Known], Pushed]

_DECODERS: Mapping[str, Decoder] = {
    FIRST: remote_write.decode,
    "io.prometheus.write.v2.request": remote_write_2.decode,
}


class EncodingNotSupported(UnsupportedMediaType, slug="encoding-not-supported"):
    """Remote write is taken in versions 1.0 and 2.0: application/x-protobuf, in a snappy block."""


class SamplesRefused(Malformed, slug="samples-refused"):
    """Some samples break a rule; all others are kept, and sending these again does not help."""


class NoSuchIndicatorInUse(RuleBroken, slug="no-such-indicator-in-use"):
    """A sample names an indicator that is defined and not retired."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class SampleDoesNotFit(RuleBroken, slug="sample-does-not-fit"):
    """A ratio or quality takes good and total, a volume or histogram a value; the other kinds either."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class Taken(NamedTuple):
    """What became of a remote write."""

    kept: Kept
    problem: RuleBroken | None


def decoder_of(content_type: str, encoding: str) -> Decoder:
    """Raise EncodingNotSupported, naming what is."""
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    pairs = (parameter.partition("=")[::2] for parameter in parameters)
    named = {name.strip(): value.strip(' "') for name, value in pairs}
    decoder = _DECODERS.get(named.get("proto", FIRST))
    if kind != PROMETHEUS or decoder is None or encoding.strip().lower() != "snappy":
        raise EncodingNotSupported(
            "Send Content-Type: application/x-protobuf, alone or with proto=prometheus.WriteRequest or "
            "proto=io.prometheus.write.v2.Request, and Content-Encoding: snappy."
        )
    return decoder


async def take_remote_write(intake: Intake, sender: str, body: bytes, decode: Decoder) -> Taken:
    """Whatever breaks no rule is kept; the problem is SamplesRefused, naming what was not."""
    known = intake.registry.by_key
    pushed = await aside(lambda: decode(remote_write.inflate(body), known), len(body))
    samples, histograms = await intake.keep(pushed, sender)
    problem = SamplesRefused(pushed.complaint()) if pushed.refused else None
    return Taken(Kept(samples, histograms + pushed.ended), problem)


async def take_otlp(work: Work, intake: Intake, body: bytes, kind: str, encoding: str) -> ExportMetricsServiceResponse:
    """Whatever breaks no rule is kept; the answer tells how many data points were not, and why."""
    if kind not in (otlp.PROTOBUF, otlp.JSON):
        raise otlp.OtlpNotSupported(f"Send Content-Type: {otlp.PROTOBUF} or {otlp.JSON}.")
    now, promoted = milliseconds(work.now), intake.promoted_attributes

    def taken() -> Pushed:
        return otlp.take(otlp.read(otlp.inflate(body, encoding), kind), now, promoted).pushed

    pushed = await aside(taken, len(body) * (COMPRESSED if encoding else 1))
    await intake.keep(pushed, work.principal.subject)
    answer = ExportMetricsServiceResponse()
    if pushed.refused:
        answer.partial_success.rejected_data_points = pushed.refused
        answer.partial_success.error_message = pushed.complaint()
    return answer


async def take_samples(work: Work, intake: Intake, body: bytes) -> int:
    """All or none: raise the rule that the first sample breaks."""
    samples = await aside(lambda: json_samples.read(body), len(body))
    await _check_indicators(work, samples)
    pushed = json_samples.pushed(samples)
    pushed.check_in_time(milliseconds(work.now))
    await intake.keep(pushed, work.principal.subject)
    return len(samples)


async def _check_indicators(work: Work, samples: Iterable[JsonSample]) -> None:
    named = [(place, sample) for place, sample in enumerate(samples) if sample.indicator is not None]
    wanted = {sample.indicator for _, sample in named}
    in_use = select(Indicator.id, Indicator.kind).where(Indicator.id.in_(wanted), Indicator.retired_at.is_(None))
    kinds = {row.id: row.kind for row in await work.session.execute(in_use)} if wanted else {}
    for place, sample in named:
        kind = kinds.get(sample.indicator)
        if kind is None:
            raise NoSuchIndicatorInUse("There is none of this id.", field=f"samples[{place}].indicator")
        if (part := Part.TOTAL if sample.value is None else Part.VALUE) not in kind.pushed_as:
            takes = " and ".join(sorted(kind.pushed_as))
            raise SampleDoesNotFit(f"An indicator of kind {kind} takes {takes}.", field=f"samples[{place}].{part}")
