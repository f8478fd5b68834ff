"""Samples as JSON, for scripts: one JSON document, from the body to a decoded push."""

from collections.abc import Sequence
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from common.errors import Invalid
from common.views import Count, Instant, field_error, first_validation_error
from sla.indicators.definition import SeriesPart
from sla.measurements.ingest.decoded_push import DecodedPush, LabelledSeries
from sla.measurements.ingest.refusals import Refusal, build_labels, check_instant
from sla.measurements.ingest.series_labels import Labels, direct_labels
from sla.measurements.minutes import to_milliseconds
from sla.measurements.receivers.errors import BodyNotJson

MAX_SAMPLES = 10_000


def _check_series(series: dict[str, str]) -> dict[str, str]:
    return dict(build_labels(series.items()))


class JsonSample(BaseModel):
    """A sample of an indicator or of a series: a value, or counts of the time since the sample before."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    indicator: UUID | None = None
    series: Annotated[dict[str, str], AfterValidator(_check_series)] | None = None
    """Labels, with `__name__`."""
    at: Instant
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

    samples: Annotated[list[JsonSample], Field(min_length=1, max_length=MAX_SAMPLES)]


def samples_body_schema() -> dict[str, Any]:
    """Return the JSON Schema of the body, without references."""
    schema = JsonPush.model_json_schema()
    schema["properties"]["samples"]["items"] = schema.pop("$defs")[JsonSample.__name__]
    return schema


def parse_samples(body: bytes) -> list[JsonSample]:
    """Parse a body. Raise BodyNotJson, or Invalid naming the sample and its field."""
    try:
        return JsonPush.model_validate_json(body).samples
    except ValidationError as error:
        field, reason = first_validation_error(error)
        rule = BodyNotJson if error.errors()[0]["type"] == "json_invalid" else Invalid
        raise rule(reason, field=field) from None


def decode_samples(samples: Sequence[JsonSample], now: int) -> DecodedPush:
    """Decode samples at an instant (ms). Raise Invalid naming the sample whose instant breaks a rule."""
    push = DecodedPush()
    for position, sample in enumerate(samples):
        at = to_milliseconds(sample.at)
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
