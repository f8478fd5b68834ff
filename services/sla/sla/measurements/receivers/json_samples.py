"""Samples as JSON, for scripts: parsed strictly, so that nothing is written that was not meant."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError, model_validator

from common.errors import Invalid
from common.views import Count, Instant
from sla.indicators.definition import SeriesPart
from sla.measurements.ingest.decoded_push import DecodedPush, LabelledSamples, is_timely
from sla.measurements.ingest.series_labels import Labels, direct_labels, label_problem
from sla.measurements.minutes import to_milliseconds
from sla.measurements.receivers.errors import BodyNotJson

MAX_SAMPLES = 10_000
_MAX_DIGITS = 30


@dataclass(frozen=True, slots=True)
class _InvalidValue:
    """A placeholder for what JSON does not have, so that the sample that holds it can be named."""

    reason: str


class JsonSample(BaseModel):
    """A sample of an indicator or of a series: a value, or counts of the time since the sample before."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    indicator: Annotated[UUID, Field(strict=False)] | None = None
    series: dict[str, str] | None = None
    """Labels, with `__name__`."""
    at: Instant
    value: FiniteFloat | None = None
    good: Count | None = None
    total: Count | None = None

    @model_validator(mode="after")
    def _check_combination(self) -> Self:
        if (self.indicator is None) is (self.series is None):
            raise ValueError("needs either indicator or series")
        if (self.good is None) is not (self.total is None) or (self.value is None) is (self.good is None):
            raise ValueError("needs either value, or both good and total")
        if self.series is not None and self.value is None:
            raise ValueError("good and total are pushed to an indicator; a series has values")
        if self.good is not None and self.total is not None and self.good > self.total:
            raise ValueError("good is more than total")
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
        document = json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_constant=lambda text: _InvalidValue(f"{text} is not a number in JSON"),
            parse_float=_float,
            parse_int=lambda text: int(text) if len(text) < _MAX_DIGITS else _InvalidValue("has too many digits"),
        )
        _refuse_invalid_values(document)
    except (ValueError, RecursionError):
        raise BodyNotJson("The body is not JSON in UTF-8, or is nested too deeply.") from None
    try:
        return TypeAdapter(JsonPush).validate_python(document).samples
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise Invalid(first["msg"], field=_path(first["loc"])) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        members[name] = _InvalidValue("appears twice")
    return members


def _float(text: str) -> float | _InvalidValue:
    number = float(text)
    return number if number not in (float("inf"), float("-inf")) else _InvalidValue("is too large a number")


def _refuse_invalid_values(document: Any, path: tuple[str | int, ...] = ()) -> None:
    if isinstance(document, _InvalidValue):
        raise Invalid(document.reason, field=_path(path))
    if isinstance(document, str) and not _is_text(document):
        raise Invalid("holds half a surrogate pair", field=_path(path))
    items = enumerate(document) if isinstance(document, list) else ()
    for key, value in document.items() if isinstance(document, dict) else items:
        is_valid = not isinstance(key, str) or _is_text(key)
        _refuse_invalid_values(value if is_valid else _InvalidValue("is not a valid name"), (*path, key))


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _path(location: Sequence[str | int]) -> str:
    """Format a path as `samples[3].at`, without what cannot be sent back in a name that the sender made up."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part[:60]}" for part in location)
    return text.removeprefix(".").encode(errors="replace").decode()


def decode_samples(samples: Sequence[JsonSample], now: int) -> DecodedPush:
    """Decode samples at an instant (ms). Raise Invalid naming the sample whose labels or instant break a rule."""
    push = DecodedPush()
    for position, sample in enumerate(samples):
        at = [to_milliseconds(sample.at)]
        for labels, value in _values(position, sample):
            push.labelled_samples.append(LabelledSamples(position, labels, at, [value]))
    for position, sample in enumerate(samples):
        if not is_timely(to_milliseconds(sample.at), now):
            raise Invalid("is more than 10 minutes ahead or before 1970", field=f"samples[{position}].at")
    return push


def _values(position: int, sample: JsonSample) -> list[tuple[Labels, float]]:
    if sample.indicator is None:
        return [(_series_labels(position, sample.series or {}), sample.value or 0.0)]
    if sample.value is not None:
        return [(direct_labels(sample.indicator, SeriesPart.VALUE), sample.value)]
    counts = ((SeriesPart.GOOD, sample.good), (SeriesPart.TOTAL, sample.total))
    return [(direct_labels(sample.indicator, part), float(count or 0)) for part, count in counts]


def _series_labels(position: int, series: dict[str, str]) -> Labels:
    labels = tuple(sorted(series.items()))
    if problem := label_problem(labels):
        raise Invalid(problem, field=f"samples[{position}].series")
    return labels
