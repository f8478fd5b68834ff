"""Samples as JSON, for scripts: one JSON document, from the body to a decoded push."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    Strict,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import from_json

from common.errors import Invalid
from common.http.body_limits import check_json_size
from common.http.validation_messages import first_validation_error
from common.views import Count, Instant, field_error
from sla.indicators.definition import SeriesPart
from sla.measurements.ingest.decoded_push import DecodedPush, LabelledSeries
from sla.measurements.ingest.refusals import MAX_LABELS, Refusal, Refusals, build_labels, check_instant
from sla.measurements.ingest.series_labels import Labels, direct_labels
from sla.measurements.minutes import to_milliseconds
from sla.measurements.receivers.errors import BodyNotJson

MAX_DECODED_BYTES = 32 * 1024 * 1024
MAX_SAMPLES = 10_000

_MANY_FIELDS = 100
"""More than a document or sample has; pydantic would name each that it does not know."""
_LARGEST_EPOCH_SECONDS = 253_402_300_799
"""The end of the year 9999."""


def _check_series(series: dict[str, str]) -> dict[str, str]:
    return dict(build_labels(series.items()))


def _from_epoch_seconds(value: Any) -> Any:
    """Return seconds since 1970 as text, and anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if not 0 <= value <= _LARGEST_EPOCH_SECONDS:
        raise ValueError("must be an RFC 3339 date-time, or seconds since 1970, not milliseconds")
    return datetime.fromtimestamp(value, UTC).isoformat()


Moment = Annotated[
    Instant,
    BeforeValidator(_from_epoch_seconds),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "number"}]}),
]


class JsonSample(BaseModel):
    """A sample of an indicator or of a series: a value, or counts of the time since the sample before."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    indicator: Annotated[UUID, Strict(strict=False)] | None = None
    series: Annotated[dict[str, str], AfterValidator(_check_series)] | None = None
    """Labels, with `__name__`."""
    at: Moment | None = None
    """As RFC 3339 or in seconds since 1970; now, if it is left out."""
    value: FiniteFloat | None = None
    good: Count | None = None
    total: Count | None = None

    @model_validator(mode="after")
    def _check_combination(self) -> Self:
        if (self.indicator is None) is (self.series is None):
            raise field_error("indicator", "needs either indicator or series")
        if (self.good is None) is not (self.total is None) or (self.value is None) is (self.good is None):
            raise field_error("value", "needs either value, or both good and total")
        if self.series is not None and self.value is None:
            raise field_error("value", "good and total are pushed to an indicator; a series has values")
        if self.good is not None and self.total is not None and self.good > self.total:
            raise field_error("good", "good is more than total")
        return self


class JsonPush(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    samples: Annotated[list[Any], Field(min_length=1, max_length=MAX_SAMPLES)]
    """Each is a sample; those that break a rule are named, and the others are written."""


def samples_body_schema() -> dict[str, Any]:
    """Return the JSON Schema of the body, without references."""
    schema = JsonPush.model_json_schema()
    schema["properties"]["samples"]["items"] = JsonSample.model_json_schema()
    return schema


@dataclass(frozen=True, slots=True)
class ReadSamples:
    """The samples and the refusals that a body was read into."""

    samples: dict[int, JsonSample]
    """By their places in the body."""
    refusals: Refusals

    def refuse(self, place: int, field: str, reason: str) -> None:
        """Leave a sample out; its sender is told the field, and what is wrong."""
        del self.samples[place]
        self.refusals.add(f"{_name_field(place, field)}: {reason}")


def parse_samples(body: bytes) -> ReadSamples:
    """Parse a body; samples that break a rule are refused. Raise TooLarge, BodyNotJson, or Invalid."""
    check_json_size(body)
    try:
        document = from_json(body)
    except ValueError as error:
        raise BodyNotJson(f"Invalid JSON: {error}", field="body") from None
    if isinstance(document, dict) and len(document) > _MANY_FIELDS:
        raise Invalid(f"has more than {_MANY_FIELDS} fields", field="body")
    try:
        push = JsonPush.model_validate(document)
    except ValidationError as error:
        field, reason = first_validation_error(error)
        raise Invalid(reason, field=field) from None
    read = ReadSamples({}, Refusals())
    for place, sample in enumerate(push.samples):
        try:
            _check_field_counts(sample)
            read.samples[place] = JsonSample.model_validate(sample)
        except ValidationError as error:
            field, reason = first_validation_error(error) if read.refusals.names_next else ("", "")
            read.refusals.add(f"{_name_field(place, field)}: {reason}")
        except Refusal as refusal:
            read.refusals.add(f"samples[{place}]{refusal}")
    return read


def _name_field(place: int, field: str) -> str:
    return f"samples[{place}]" if field in ("", "body") else f"samples[{place}].{field}"


def _check_field_counts(sample: Any) -> None:
    """Raise Refusal if a sample or its series has far too many fields."""
    series = sample.get("series") if isinstance(sample, dict) else None
    for field, part, limit in (("", sample, _MANY_FIELDS), (".series", series, MAX_LABELS)):
        if isinstance(part, dict) and len(part) > limit:
            raise Refusal(f"{field}: has more than {limit} fields")


def decode_samples(read: ReadSamples, now: int) -> DecodedPush:
    """Decode samples at an instant (ms); those whose instant breaks a rule are refused."""
    push = DecodedPush(refusals=read.refusals)
    for place, sample in list(read.samples.items()):
        at = now if sample.at is None else to_milliseconds(sample.at)
        try:
            check_instant(at, now)
        except Refusal as refusal:
            read.refuse(place, "at", str(refusal))
            continue
        push.labelled_series += [LabelledSeries(place, labels, [(at, value, 0)]) for labels, value in _values(sample)]
    return push


def _values(sample: JsonSample) -> list[tuple[Labels, float]]:
    """Return the value of each series that the sample is written to."""
    if sample.indicator is None:
        return [(tuple((sample.series or {}).items()), sample.value or 0.0)]
    by_part = {SeriesPart.VALUE: sample.value, SeriesPart.GOOD: sample.good, SeriesPart.TOTAL: sample.total}
    return [
        (direct_labels(sample.indicator, part), float(number)) for part, number in by_part.items() if number is not None
    ]
