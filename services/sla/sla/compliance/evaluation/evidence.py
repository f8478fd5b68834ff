"""The evidence a review period is evaluated on, besides the terms: the same evidence gives the same result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sla.agreements.objectives import MeasuredObjective, PercentileObjective, VolumeObjective
from sla.exclusions.exclusion_rules import Exclusion
from sla.incidents.clocks.period_counts import IncidentCounts
from sla.measurements.histograms.observations import Observations
from sla.measurements.minutes import Minutes

IndicatorObjective = MeasuredObjective | PercentileObjective | VolumeObjective
"""An objective on what an indicator measures."""
Series = TypeVar("Series", Minutes, Observations)
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

    def measured_for(self, objective: IndicatorObjective) -> Minutes | Observations:
        """Return all that is known of the objective's indicator."""
        is_percentile = isinstance(objective, PercentileObjective)
        return (self.observations if is_percentile else self.minutes)[objective.indicator_id]


def series_between(series: Series, start: datetime, end: datetime) -> Series:
    """Return what was measured in a window inside, as if nothing else had ever been measured."""
    first, last = (start - series.start) // _MINUTE, (end - series.start) // _MINUTE
    if first < 0 or last > len(series):
        raise ValueError(f"measurements from {series.start} to {series.end} do not hold {start} to {end}")
    return series if (first, last) == (0, len(series)) else series.slice(first, max(first, last))
