"""What a review period is evaluated on, besides the terms: the same evidence gives the same result."""

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
    """Minutes and observations may reach further back than a window needs; they never fall short of it."""

    minutes: Mapping[UUID, Minutes] = field(default_factory=dict)
    """By indicator."""
    observations: Mapping[UUID, Observations] = field(default_factory=dict)
    """By indicator."""
    incidents: Mapping[UUID, IncidentCounts] = field(default_factory=dict)
    """By objective, each of the objective's own window."""
    exclusions: Sequence[Exclusion] = ()


def minutes_between(minutes: Minutes, start: datetime, end: datetime) -> Minutes:
    """Those of a window inside, without copying."""
    inside = _inside(minutes, start, end)
    if inside == slice(0, len(minutes)):
        return minutes
    return Minutes(start, minutes.good[inside], minutes.total[inside], minutes.state[inside])


def observations_between(observed: Observations, start: datetime, end: datetime) -> Observations:
    """Those of a window inside, as if nothing else had ever been observed."""
    inside = _inside(observed, start, end)
    if inside == slice(0, len(observed)):
        return observed
    return observed.slice(inside.start, inside.stop)


def _inside(whole: Minutes | Observations, start: datetime, end: datetime) -> slice:
    first, last = (start - whole.start) // _MINUTE, (end - whole.start) // _MINUTE
    if first < 0 or last > len(whole):
        raise ValueError(f"what is known from {whole.start} to {whole.end} does not hold {start} to {end}")
    return slice(first, max(first, last))
