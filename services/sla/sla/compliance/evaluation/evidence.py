"""The evidence a review period is evaluated on, besides the terms: the same evidence gives the same result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sla.exclusions.policy import Exclusion
from sla.incidents.clocks.period_counts import IncidentCounts
from sla.measurements.histograms.observations import Observations
from sla.measurements.minutes import Minutes

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PeriodEvidence:
    """Measurements, incidents and exclusions; they may reach further back than a window needs, and never less far."""

    minutes: Mapping[UUID, Minutes] = field(default_factory=dict)
    """By indicator."""
    observations: Mapping[UUID, Observations] = field(default_factory=dict)
    """By indicator."""
    incidents: Mapping[UUID, IncidentCounts] = field(default_factory=dict)
    """By objective, each of the objective's own window."""
    exclusions: Sequence[Exclusion] = ()


def minutes_between(minutes: Minutes, start: datetime, end: datetime) -> Minutes:
    """Return the minutes of a window inside, without copying."""
    inside = _slice_between(minutes, start, end)
    if inside == slice(0, len(minutes)):
        return minutes
    return Minutes(start, minutes.good[inside], minutes.total[inside], minutes.state[inside])


def observations_between(observations: Observations, start: datetime, end: datetime) -> Observations:
    """Return the observations of a window inside, as if nothing else had ever been observed."""
    inside = _slice_between(observations, start, end)
    if inside == slice(0, len(observations)):
        return observations
    return observations.slice(inside.start, inside.stop)


def _slice_between(series: Minutes | Observations, start: datetime, end: datetime) -> slice:
    first, last = (start - series.start) // _MINUTE, (end - series.start) // _MINUTE
    if first < 0 or last > len(series):
        raise ValueError(f"measurements from {series.start} to {series.end} do not hold {start} to {end}")
    return slice(first, max(first, last))
