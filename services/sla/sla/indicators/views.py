"""The shapes of indicators over HTTP."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AliasChoices, Field, FiniteFloat, StringConstraints, model_validator

from common.views import Instant, Name, Text, View, WholeNumber
from sla.indicators.definition import IndicatorKind, SeriesPart, Temporality
from sla.indicators.rollup_rules import GoodWhen

Threshold = Annotated[FiniteFloat, Field(strict=True)]
Unit = Annotated[Text, StringConstraints(max_length=40)]
HoldsFor = Annotated[
    WholeNumber,
    Field(
        ge=1,
        le=3600,
        description="Seconds a sample speaks for when no other follows: at least the time between two samples. Minutes "
        "that no sample speaks for are unknown, and so is what a counter counted between samples further apart.",
    ),
]


class SeriesBinding(View):
    selector: Annotated[Text, Field(examples=['probe_success{job="shop"}'])]
    """As in Prometheus, with one metric; patterns match whole values."""
    part: SeriesPart = SeriesPart.VALUE


_GOOD_WHEN = {
    IndicatorKind.AVAILABILITY: GoodWhen.AT_LEAST,
    IndicatorKind.LATENCY: GoodWhen.AT_MOST,
    IndicatorKind.HISTOGRAM: GoodWhen.AT_MOST,
}


class NewIndicator(View):
    """Availability: a probe, good at 1. Latency: good up to the threshold. Gauge: good as `good_when` says.
    Ratio and quality: counted events, made of two of good, total and bad. Volume: counted events, of the part total.

    Histogram: observations; good up to the threshold, or all of them without one. A threshold between two edges is the
    edge below it. A selector names a histogram with or without `_bucket`: native, exponential and classic ones are
    read, and single values, each as one observation.
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
    """Which series it is bound to; none if all its samples are pushed to it by its id."""
    silent_after: Annotated[WholeNumber, Field(ge=60, le=7 * 86400)] = 900
    """Seconds without a push after which it is reported as silent."""

    @model_validator(mode="after")
    def _usual(self) -> Self:
        if self.kind is IndicatorKind.AVAILABILITY and self.threshold is None:
            self.threshold = 1.0
        if self.threshold is not None and self.good_when is None:
            self.good_when = _GOOD_WHEN.get(self.kind)
        return self


class IndicatorChange(View):
    """What measures can change only while nothing is measured yet; fields left out stay."""

    name: Name | None = None
    description: Text | None = None
    unit: Unit | None = None
    silent_after: Annotated[WholeNumber, Field(ge=60, le=7 * 86400)] | None = None
    good_when: GoodWhen | None = None
    threshold: Threshold | None = None
    holds_for: HoldsFor | None = None
    counters: Temporality | None = None
    series: Annotated[list[SeriesBinding], Field(max_length=20)] | None = None


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
    """The window of the samples' instants; open where it is left out."""

    window_from: Instant | None = Field(None, alias="from", examples=["2026-11-01T00:00:00Z"])
    window_to: Instant | None = Field(None, alias="to", examples=["2026-11-02T00:00:00Z"])

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.window_from and self.window_to and self.window_from >= self.window_to:
            raise ValueError("to must be after from")
        return self


class RefoldView(View):
    id: UUID
    indicator_id: UUID
    window_from: datetime | None = Field(
        serialization_alias="from", validation_alias=AliasChoices("from", "window_from")
    )
    window_to: datetime | None = Field(serialization_alias="to", validation_alias=AliasChoices("to", "window_to"))
    requested_by: str
    requested_at: datetime = Field(validation_alias=AliasChoices("requested_at", "created_at"))
    batches: int
    """Pushes gone through so far."""
    hours_changed: int
    """None, where these hours were folded out of the log before."""
    done_at: datetime | None
