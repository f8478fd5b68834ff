"""Taking pushes."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import ClassVar

from sqlalchemy import select

from common.errors import Malformed, RuleBroken, UnsupportedMediaType
from common.work import Work
from sla.indicators.definition import Kind
from sla.indicators.model import Indicator
from sla.measurements import json_samples, remote_write
from sla.measurements.intake import Intake, aside
from sla.measurements.json_samples import JsonSample
from sla.measurements.minutes import milliseconds

PROMETHEUS = "application/x-protobuf"
FIRST = "prometheus.writerequest"


class EncodingNotSupported(UnsupportedMediaType):
    """Remote write is taken in version 1.0: application/x-protobuf, in a snappy block."""


class SamplesRefused(Malformed):
    """Some samples break a rule; all others are kept, and sending these again does not help."""


class NoSuchIndicatorInUse(RuleBroken):
    """A sample names an indicator that is defined and not retired."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class SampleDoesNotFit(RuleBroken):
    """A ratio takes good and total; the other kinds take a value, or good and total as well."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


def check_remote_write(content_type: str, encoding: str) -> None:
    """Raise EncodingNotSupported, naming what is."""
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    named = dict(parameter.replace('"', "").partition("=")[::2] for parameter in parameters)
    if kind != PROMETHEUS or named.get("proto", FIRST) != FIRST or encoding.strip().lower() != "snappy":
        raise EncodingNotSupported(
            "Send Content-Type: application/x-protobuf, alone or with proto=prometheus.WriteRequest, "
            "and Content-Encoding: snappy."
        )


async def take_remote_write(intake: Intake, sender: str, body: bytes) -> None:
    """Raise SamplesRefused naming those that were not kept, after the others were."""
    known = intake.registry.by_key
    pushed = await aside(lambda: remote_write.decode(remote_write.inflate(body), known), len(body))
    await intake.keep(pushed, sender)
    if pushed.refused:
        raise SamplesRefused(pushed.complaint())


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
        if kind is Kind.RATIO and sample.value is not None:
            raise SampleDoesNotFit("A ratio takes good and total.", field=f"samples[{place}].value")
