"""The shapes of indicators over HTTP."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import MISSING, AliasChoices, Field, FiniteFloat, StringConstraints, model_validator

from common.views import Change, Instant, Name, Text, View, WholeNumber, field_error
from sla.indicators.definition import IndicatorKind, SeriesPart, Temporality
from sla.indicators.rollup_rules import GoodWhen

Threshold = Annotated[FiniteFloat, Field(strict=True)]
Unit = Annotated[Text, StringConstraints(max_length=40)]
HoldsFor = Annotated[
    WholeNumber,
    Field(
        ge=1,
        le=3600,
        description="Seconds for which a sample speaks when no other follows: at least the time between two samples. "
        "A minute for which no sample speaks is unknown, and so is the increase of a counter between samples further "
        "apart.",
    ),
]


class SeriesBinding(View):
    """The series that a selector names, and the part that they play in the indicator."""

    selector: Annotated[Text, Field(examples=['probe_success{job="shop"}'])]
    """Written as in Prometheus, with one metric; patterns match whole values."""
    part: SeriesPart = SeriesPart.VALUE


_GOOD_WHEN = {
    IndicatorKind.AVAILABILITY: GoodWhen.AT_LEAST,
    IndicatorKind.LATENCY: GoodWhen.AT_MOST,
    IndicatorKind.HISTOGRAM: GoodWhen.AT_MOST,
}


class NewIndicator(View):
    """The definition of an indicator; its kind says what its samples are and when they are good.

    Availability: a probe, good at 1. Latency: good up to the threshold. Gauge: good as `good_when` says.
    Ratio and quality: counted events, bound to two of the parts good, total and bad. Volume: counted events, bound to
    the part total.
    Histogram: observations, good up to the threshold, or all of them without one. A threshold between two edges counts
    as the edge below it. A selector names a histogram with or without `_bucket`; native, exponential and classic
    histograms are read, and single values, each as one observation.
    """

    name: Name
    description: Text = ""
    unit: Unit = ""
    kind: IndicatorKind
    good_when: GoodWhen | None = None
    threshold: Threshold | None = None
    holds_for: HoldsFor = 300
    counters: Temporality = Temporality.CUMULATIVE
    series: Annotated[list[SeriesBinding], Field(max_length=20, default_factory=list)]
    """The series it is bound to; empty if all its samples are pushed by its id."""
    silent_after: Annotated[WholeNumber, Field(ge=60, le=7 * 86400)] = 900
    """Seconds without a push after which the indicator is reported as silent."""

    @model_validator(mode="after")
    def _apply_defaults_of_kind(self) -> Self:
        if self.kind is IndicatorKind.AVAILABILITY and self.threshold is None:
            self.threshold = 1.0
        if self.threshold is not None and self.good_when is None:
            self.good_when = _GOOD_WHEN.get(self.kind)
        return self


class IndicatorChange(Change):
    """The fields to change; those left out stay. Fields that measure can change only while there are no samples."""

    name: Name | MISSING = MISSING
    description: Text | MISSING = MISSING
    unit: Unit | MISSING = MISSING
    silent_after: Annotated[WholeNumber, Field(ge=60, le=7 * 86400)] | MISSING = MISSING
    good_when: GoodWhen | MISSING | None = MISSING
    threshold: Threshold | MISSING | None = MISSING
    holds_for: HoldsFor | MISSING = MISSING
    counters: Temporality | MISSING = MISSING
    series: Annotated[list[SeriesBinding], Field(max_length=20)] | MISSING = MISSING


class IndicatorView(View):
    id: UUID
    version: int
    created_at: datetime
    name: str
    description: str
    unit: str
    kind: IndicatorKind
    good_when: GoodWhen | None
    threshold: float | None
    holds_for: int
    counters: Temporality
    series: list[SeriesBinding]
    silent_after: int
    retired_at: datetime | None
    last_sample_at: datetime | None = None
    last_received_at: datetime | None = None
    silent_since: datetime | None = None


class NewRefold(View):
    """The window of the samples' times; open where a bound is left out."""

    window_from: Instant | None = Field(None, alias="from", examples=["2026-11-01T00:00:00Z"])
    window_to: Instant | None = Field(None, alias="to", examples=["2026-11-02T00:00:00Z"])

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.window_from and self.window_to and self.window_from >= self.window_to:
            raise field_error("to", "to must be after from")
        return self


class RefoldView(View, validate_by_name=True):
    id: UUID
    indicator_id: UUID
    window_from: datetime | None = Field(alias="from")
    window_to: datetime | None = Field(alias="to")
    requested_by: str
    requested_at: datetime = Field(validation_alias=AliasChoices("requested_at", "created_at"))
    batches: int
    """Pushes rolled up so far."""
    hours_changed: int
    """Zero where these hours were rolled up from the same log before."""
    done_at: datetime | None
