"""Samples as JSON, for scripts: one JSON document, from the body to a decoded push."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    FiniteFloat,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import from_json

from common.errors import Invalid
from common.http.validation_messages import first_validation_error
from common.views import Count, Instant, field_error
from sla.indicators.definition import SeriesPart
from sla.measurements.ingest.decoded_push import DecodedPush, LabelledSeries
from sla.measurements.ingest.refusals import MAX_LABELS, Refusal, build_labels, check_instant
from sla.measurements.ingest.series_labels import Labels, direct_labels
from sla.measurements.minutes import to_milliseconds
from sla.measurements.receivers.errors import BodyNotJson
from sla.measurements.receivers.message_counts import check_json_size

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
        raise ValueError("must be an RFC 3339 date-time, or seconds since 1970")
    return datetime.fromtimestamp(value, UTC).isoformat()


Moment = Annotated[
    Instant,
    BeforeValidator(_from_epoch_seconds),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "number"}]}),
]


class JsonSample(BaseModel):
    """A sample of an indicator or of a series: a value, or counts of the time since the sample before."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    indicator: UUID | None = None
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

    samples: Annotated[list[JsonSample], Field(min_length=1, max_length=MAX_SAMPLES), FailFast()]


def samples_body_schema() -> dict[str, Any]:
    """Return the JSON Schema of the body, without references."""
    schema = JsonPush.model_json_schema()
    schema["properties"]["samples"]["items"] = schema.pop("$defs")[JsonSample.__name__]
    return schema


def parse_samples(body: bytes) -> list[JsonSample]:
    """Parse a body. Raise TooLarge, BodyNotJson, or Invalid naming the sample and its field."""
    check_json_size(body)
    try:
        _check_field_counts(from_json(body))
        return JsonPush.model_validate_json(body).samples
    except ValidationError as error:
        field, reason = first_validation_error(error)
        raise Invalid(reason, field=field) from None
    except ValueError as error:
        raise BodyNotJson(f"Invalid JSON: {error}", field="body") from None


def _check_field_counts(document: Any) -> None:
    """Raise Invalid if the document, a sample or a series has far too many fields."""
    samples = document.get("samples") if isinstance(document, dict) else None
    parts = [("body", document, _MANY_FIELDS)]
    for position, sample in enumerate(samples[:MAX_SAMPLES] if isinstance(samples, list) else ()):
        series = sample.get("series") if isinstance(sample, dict) else None
        parts.append((f"samples[{position}]", sample, _MANY_FIELDS))
        parts.append((f"samples[{position}].series", series, MAX_LABELS))
    for field, part, limit in parts:
        if isinstance(part, dict) and len(part) > limit:
            raise Invalid(f"has more than {limit} fields", field=field)


def decode_samples(samples: Sequence[JsonSample], now: int) -> DecodedPush:
    """Decode samples at an instant (ms). Raise Invalid naming the sample whose instant breaks a rule."""
    push = DecodedPush()
    for position, sample in enumerate(samples):
        at = now if sample.at is None else to_milliseconds(sample.at)
        try:
            check_instant(at, now)
        except Refusal as refusal:
            raise Invalid(str(refusal), field=f"samples[{position}].at") from None
        push.labelled_series += [
            LabelledSeries(position, labels, [(at, value, 0)]) for labels, value in _values(sample)
        ]
    return push


def _values(sample: JsonSample) -> list[tuple[Labels, float]]:
    """Return the value of each series that the sample is written to."""
    if sample.indicator is None:
        return [(tuple((sample.series or {}).items()), sample.value or 0.0)]
    by_part = {SeriesPart.VALUE: sample.value, SeriesPart.GOOD: sample.good, SeriesPart.TOTAL: sample.total}
    return [
        (direct_labels(sample.indicator, part), float(number)) for part, number in by_part.items() if number is not None
    ]
