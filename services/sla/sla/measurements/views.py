"""The shapes of pushes, series and measured minutes over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from common.views import Instant, Text, View
from sla.indicators.definition import Kind, Part
from sla.indicators.views import NewIndicator
from sla.measurements.minutes import Minutes, State


class Accepted(View):
    accepted: int
    """Samples written down; a repeated one counts here, and has no effect."""


class SuggestionView(View):
    """A guess from name and labels at what indicator a series would make."""

    kind: Kind
    part: Part
    selector: str
    unit: str
    why: str


class SeriesView(View):
    id: int
    labels: dict[str, str]
    histogram: bool
    """Whether it is sent as native or exponential histograms."""
    first_seen: datetime
    last_seen: Annotated[datetime, Field(description="To some minutes.")]
    indicators: list[UUID]
    """The indicators it is bound to."""
    suggestion: SuggestionView | None = None
    """Of a series that is bound to none."""


class MatchedSeries(SeriesView):
    last_at: datetime | None = None
    """When it was last sampled, if that is to be found in the last pushes."""
    last_value: float | None = None
    """Of a histogram its count; null for what is no number."""


class SelectorTrial(View):
    selector: Annotated[Text, Field(examples=['http_requests_total{code=~"5.."}'])]


class SelectorMatches(View):
    """A dry run: what a selector would bind."""

    matched: list[MatchedSeries]
    examined: int
    """Series of the metric that were looked at."""
    complete: bool
    """Whether these are all series of the metric."""


class IndicatorTrial(View):
    """An indicator as it would be defined, and a window of whole minutes, at the most seven days."""

    indicator: NewIndicator
    window_from: Instant = Field(alias="from", examples=["2026-11-22T08:00:00Z"])
    window_to: Instant = Field(alias="to", examples=["2026-11-22T09:00:00Z"])


class MinutesView(View):
    """Columns, one entry per minute of the half-open window.

    Of a probe, latency or gauge `total` counts the samples that speak for the minute: those taken in it, or else the
    last one before, while it holds. Of a ratio it counts events, in the minute in which they were reported. A minute is
    bad when not all of it is good, and unknown when nothing speaks for it.
    """

    indicator_id: UUID | None
    window_from: datetime = Field(serialization_alias="from")
    window_to: datetime = Field(serialization_alias="to")
    good: list[int]
    total: list[int]
    state: list[Literal["unknown", "good", "bad"]]
    sha256: str
    """Of the window and all its minutes: what a statement names as its evidence."""

    @classmethod
    def of(cls, indicator_id: UUID | None, minutes: Minutes) -> "MinutesView":
        names = {state.value: state.name.lower() for state in State}
        return cls.model_validate(
            {
                "indicator_id": indicator_id,
                "window_from": minutes.start,
                "window_to": minutes.end,
                "good": minutes.good.tolist(),
                "total": minutes.total.tolist(),
                "state": [names[state] for state in minutes.state.tolist()],
                "sha256": minutes.digest(),
            }
        )


class TrialView(View):
    """A dry run: what an indicator would have measured; nothing is kept."""

    series: list[SeriesView]
    """The first hundred of those it would be bound to."""
    series_bound: int
    good_minutes: int
    bad_minutes: int
    unknown_minutes: int
    good: int
    """Over all minutes."""
    total: int
    minutes: MinutesView
