"""The shapes of indicators over HTTP."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, FiniteFloat, StringConstraints, model_validator

from common.views import Name, Text, View
from sla.indicators.definition import Counters, Kind, Part
from sla.indicators.rules import GoodWhen

Seconds = Annotated[int, Field(strict=True)]
Threshold = Annotated[FiniteFloat, Field(strict=True)]
Unit = Annotated[Text, StringConstraints(max_length=40)]
HoldsFor = Annotated[
    Seconds,
    Field(
        ge=1,
        le=3600,
        description="Seconds a sample speaks for when no other follows: at least the time between two samples. Minutes "
        "that no sample speaks for are unknown, and so is what a counter counted between samples further apart.",
    ),
]


class SeriesRule(View):
    selector: Annotated[Text, Field(examples=['probe_success{job="shop"}'])]
    """As in Prometheus, with one metric; patterns match whole values."""
    part: Part = Part.VALUE


_GOOD_WHEN = {Kind.AVAILABILITY: GoodWhen.AT_LEAST, Kind.LATENCY: GoodWhen.AT_MOST}


class NewIndicator(View):
    """Availability: a probe, good at 1. Latency: good up to the threshold. Gauge: good as `good_when` says.
    Ratio: counted events, made of two of good, total and bad.
    """

    name: Name
    description: Text = ""
    unit: Unit = ""
    kind: Kind
    good_when: GoodWhen | None = None
    threshold: Threshold | None = None
    holds_for: HoldsFor = 300
    counters: Counters = Counters.CUMULATIVE
    series: Annotated[list[SeriesRule], Field(max_length=20, default_factory=list)]
    """Which series it is bound to; none if all its samples are pushed to it by its id."""
    silent_after: Annotated[Seconds, Field(ge=60, le=7 * 86400)] = 900
    """Seconds without a push after which it is reported as silent."""

    @model_validator(mode="after")
    def _usual(self) -> Self:
        if self.kind is Kind.AVAILABILITY and self.threshold is None:
            self.threshold = 1.0
        if self.threshold is not None and self.good_when is None:
            self.good_when = _GOOD_WHEN.get(self.kind)
        return self


class IndicatorChange(View):
    """What measures can change only while nothing is measured yet; fields left out stay."""

    name: Name | None = None
    description: Text | None = None
    unit: Unit | None = None
    silent_after: Annotated[Seconds, Field(ge=60, le=7 * 86400)] | None = None
    good_when: GoodWhen | None = None
    threshold: Threshold | None = None
    holds_for: HoldsFor | None = None
    counters: Counters | None = None
    series: Annotated[list[SeriesRule], Field(max_length=20)] | None = None


class IndicatorView(View):
    id: UUID
    version: int
    created_at: datetime
    name: str
    description: str
    unit: str
    kind: Kind
    good_when: GoodWhen | None
    threshold: float | None
    holds_for: int
    counters: Counters
    series: list[SeriesRule]
    silent_after: int
    retired_at: datetime | None
    last_sample_at: datetime | None = None
    last_received_at: datetime | None = None
    silent_since: datetime | None = None
