"""Samples as JSON, for scripts: read strictly, so that nothing is kept that was not meant."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError, model_validator

from common.errors import Invalid, Malformed
from common.views import Count, Instant
from sla.indicators.definition import SeriesPart
from sla.measurements.ingest.decoded_push import DecodedPush, LabelledSamples
from sla.measurements.ingest.series_labels import Labels, direct_labels, label_problem
from sla.measurements.minutes import to_milliseconds

MAX_SAMPLES = 10_000
"""Samples of one request."""
_DIGITS = 30


class BodyNotJson(Malformed, slug="body-not-json"):
    """The body is a JSON document in UTF-8."""


@dataclass(frozen=True, slots=True)
class _Unfit:
    """Stands in the document for what JSON does not have, so that the sample it is in can be named."""

    why: str


class JsonSample(BaseModel):
    """Either of an indicator or of a series; either a value or counts of the time since the sample before."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    indicator: Annotated[UUID, Field(strict=False)] | None = None
    series: dict[str, str] | None = None
    """Labels, with `__name__`."""
    at: Instant
    value: FiniteFloat | None = None
    good: Count | None = None
    total: Count | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.indicator is None) is (self.series is None):
            raise ValueError("needs either indicator or series")
        if (self.good is None) is not (self.total is None) or (self.value is None) is (self.good is None):
            raise ValueError("needs either value or both good and total")
        if self.series is not None and self.value is None:
            raise ValueError("good and total are pushed to an indicator; a series has values")
        if self.good is not None and self.total is not None and self.good > self.total:
            raise ValueError("good is more than total")
        return self


class JsonPush(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    samples: Annotated[list[JsonSample], Field(min_length=1, max_length=MAX_SAMPLES)]


def samples_body_schema() -> dict[str, Any]:
    """JSON Schema of the body, in one piece."""
    whole = JsonPush.model_json_schema()
    sample = whole.pop("$defs")[JsonSample.__name__]
    whole["properties"]["samples"]["items"] = sample
    return whole


def parse_samples(body: bytes) -> list[JsonSample]:
    """Raise BodyNotJson, or Invalid naming the sample and its field."""
    try:
        document = json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_constant=lambda text: _Unfit(f"{text} is no number in JSON"),
            parse_float=_float,
            parse_int=lambda text: int(text) if len(text) < _DIGITS else _Unfit("has too many digits"),
        )
        _refuse_unfit(document)
    except (ValueError, RecursionError):
        raise BodyNotJson("The body is not JSON in UTF-8, or is nested too deeply.") from None
    try:
        return TypeAdapter(JsonPush).validate_python(document).samples
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise Invalid(first["msg"], field=_path(first["loc"])) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        found[name] = _Unfit("appears twice")
    return found


def _float(text: str) -> float | _Unfit:
    number = float(text)
    return number if number not in (float("inf"), float("-inf")) else _Unfit("is too large a number")


def _refuse_unfit(document: Any, path: tuple[str | int, ...] = ()) -> None:
    if isinstance(document, _Unfit):
        raise Invalid(document.why, field=_path(path))
    if isinstance(document, str) and not _is_text(document):
        raise Invalid("holds half of a surrogate pair", field=_path(path))
    inside = enumerate(document) if isinstance(document, list) else ()
    for key, value in document.items() if isinstance(document, dict) else inside:
        _refuse_unfit(value if not isinstance(key, str) or _is_text(key) else _Unfit("is no name"), (*path, key))


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _path(location: Sequence[str | int]) -> str:
    """As `samples[3].at`; a name the sender made up may hold what cannot be sent back."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part[:60]}" for part in location)
    return text.removeprefix(".").encode(errors="replace").decode()


def decode_samples(samples: Sequence[JsonSample]) -> DecodedPush:
    """Raise Invalid naming the sample whose labels break a rule."""
    found = DecodedPush()
    for place, sample in enumerate(samples):
        at = [to_milliseconds(sample.at)]
        for labels, value in _parts(place, sample):
            found.unresolved_samples.append(LabelledSamples(place, labels, at, [value]))
    return found


def _parts(place: int, sample: JsonSample) -> list[tuple[Labels, float]]:
    if sample.indicator is None:
        return [(_labels(place, sample.series or {}), sample.value or 0.0)]
    if sample.value is not None:
        return [(direct_labels(sample.indicator, SeriesPart.VALUE), sample.value)]
    counts = ((SeriesPart.GOOD, sample.good), (SeriesPart.TOTAL, sample.total))
    return [(direct_labels(sample.indicator, part), float(count or 0)) for part, count in counts]


def _labels(place: int, series: dict[str, str]) -> Labels:
    labels = tuple(sorted(series.items()))
    if problem := label_problem(labels):
        raise Invalid(problem, field=f"samples[{place}].series")
    return labels
