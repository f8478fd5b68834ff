"""The shapes of series, trials and measured minutes over HTTP."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

import numpy as np
from pydantic import Field

from common.views import Instant, Text, View
from sla.indicators.suggestions import IndicatorSuggestion
from sla.indicators.views import NewIndicator
from sla.measurements.histograms.observations import Observations
from sla.measurements.histograms.percentiles import Distribution
from sla.measurements.minutes import Minutes, MinuteState

PERCENTILE_SHARES = tuple(Decimal(share) for share in ("0.5", "0.9", "0.95", "0.99", "0.999"))


class SeriesView(View):
    id: int
    labels: dict[str, str]
    histogram: bool
    """Whether it is sent as native or exponential histograms."""
    first_seen: datetime
    last_seen: Annotated[datetime, Field(description="Exact to some minutes.")]
    indicators: list[UUID]
    """The indicators that use it."""
    suggestion: IndicatorSuggestion | None = None
    """For a series that no indicator uses."""


class SelectorTrial(View):
    selector: Annotated[Text, Field(examples=['http_requests_total{code=~"5.."}'])]


class SelectorMatches(View):
    """The series that a selector would bind, as a trial."""

    matched: list[SeriesView]
    examined: int
    """How many series of the metric were examined."""
    complete: bool
    """Whether all series of the metric were examined."""


class IndicatorTrial(View):
    """An indicator as it would be defined, and a window of whole minutes, of at most seven days."""

    indicator: NewIndicator
    window_from: Instant = Field(alias="from", examples=["2026-11-22T08:00:00Z"])
    window_to: Instant = Field(alias="to", examples=["2026-11-22T09:00:00Z"])


class MinutesView(View):
    """Columns with one entry per minute of the half-open window.

    For a probe, latency or gauge `total` counts the samples that speak for the minute: those taken in it, or else the
    last one before, while it holds. For a ratio it counts events, in the minute in which they were reported. A minute
    is bad when not all of it is good, and unknown when nothing speaks for it.
    """

    indicator_id: UUID | None
    window_from: datetime = Field(alias="from")
    window_to: datetime = Field(alias="to")
    good: list[int]
    total: list[int]
    state: list[Literal["unknown", "good", "bad"]]
    sha256: str
    """The hash of the window and all its minutes, which a statement names as its evidence."""

    @classmethod
    def from_minutes(cls, indicator_id: UUID | None, minutes: Minutes) -> Self:
        names = {state.value: state.name.lower() for state in MinuteState}
        return cls.from_entity(
            indicator_id=indicator_id,
            window_from=minutes.start,
            window_to=minutes.end,
            good=minutes.good.tolist(),
            total=minutes.total.tolist(),
            state=[names[state] for state in minutes.state.tolist()],
            sha256=minutes.digest(),
        )


class Percentile(View):
    share: Decimal
    at_most: Decimal | None
    """The edge up to which this share of the observations lies; null if it lies above every edge."""


class ShareUpToLimit(View):
    limit: Decimal
    edges: list[Decimal | None]
    """The edges at or below the limit that stand for it, one per bucket layout; null where there is none."""
    count: int
    percent: Decimal | None
    """Rounded down; null when nothing was observed."""

    @classmethod
    def from_observations(cls, observed: Observations, distribution: Distribution, limit: Decimal) -> Self:
        good, total = distribution.count_up_to(limit), distribution.count
        percent = Decimal(good * 1_000_000 // total).scaleb(-4) if total else None
        return cls(limit=limit, edges=observed.edges_below(limit), count=good, percent=percent)


class ObservationsView(View):
    """The observations of a histogram in a half-open window."""

    indicator_id: UUID
    window_from: datetime = Field(alias="from")
    window_to: datetime = Field(alias="to")
    observed_minutes: int
    count: int
    up_to: ShareUpToLimit | None
    percentiles: list[Percentile]
    sha256: str
    """The hash of the window and all its observations, which a statement names as its evidence."""

    @classmethod
    def from_observations(cls, indicator_id: UUID, observed: Observations, limit: Decimal | None) -> Self:
        distribution = observed.distribution(np.ones(len(observed), np.bool_))
        edges = [(share, distribution.percentile(share)) for share in PERCENTILE_SHARES]
        return cls.from_entity(
            indicator_id=indicator_id,
            window_from=observed.start,
            window_to=observed.end,
            observed_minutes=int(np.count_nonzero(observed.is_known)),
            count=distribution.count,
            up_to=None if limit is None else ShareUpToLimit.from_observations(observed, distribution, limit),
            percentiles=[
                Percentile(share=share, at_most=edge if edge.is_finite() else None)
                for share, edge in edges
                if edge is not None
            ],
            sha256=observed.digest(),
        )


class IndicatorTrialView(View):
    """The minutes that an indicator would have measured; nothing is stored."""

    series: list[SeriesView]
    """The first hundred of the series it would use."""
    series_count: int
    minutes: MinutesView
