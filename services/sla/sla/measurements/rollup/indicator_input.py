"""The input of one indicator to a rollup: its share of the data that was pushed, and the roles of its series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

import numpy as np

from sla.indicators.definition import IndicatorDefinition, IndicatorKind
from sla.indicators.rollup_rules import HistogramRole, SampleRole
from sla.measurements.data_points import DataPoints
from sla.measurements.histograms.columns import HistogramColumns, concat_histograms
from sla.measurements.minutes import HOUR_MS, to_milliseconds
from sla.measurements.rollup.histogram_hours import HistogramRollup
from sla.measurements.rollup.hours import Changes, HourRollup, StoredHours, needed_hours, roll_up_hours
from sla.measurements.rollup.neighbours import list_missing_parts
from sla.measurements.rollup.sample_hours import SampleRollup
from sla.measurements.samples import Samples, concat_samples, series_runs

SeriesRoles = tuple[tuple[UUID, SampleRole | HistogramRole], ...]
"""The indicators to which a series is bound, and its role in each."""


@dataclass(frozen=True)
class IndicatorInput:
    definition: IndicatorDefinition
    roles: dict[int, SampleRole | HistogramRole] = field(default_factory=dict)
    samples: list[Samples] = field(default_factory=list)
    histograms: list[HistogramColumns] = field(default_factory=list)
    from_whole_set: bool = False
    """Whether its minutes are computed anew from all that is stored, as a refold wants it."""

    def add(self, series: int, role: SampleRole | HistogramRole, part: Samples | HistogramColumns) -> None:
        """Add data of a series; an indicator of single values or counts ignores histograms."""
        self.roles[series] = role
        if isinstance(part, Samples):
            self.samples.append(part)
        elif isinstance(role, HistogramRole):
            self.histograms.append(part)

    @cached_property
    def arrived(self) -> DataPoints:
        return DataPoints(concat_samples(self.samples), concat_histograms(self.histograms))

    @property
    def hour_count(self) -> int:
        """The hours in which something arrived."""
        return len(np.unique(self.arrived.at // HOUR_MS))

    @property
    def needed_hours(self) -> list[int]:
        return needed_hours(self.arrived.at, self.definition.rule.hold_ms)

    @cached_property
    def rollup(self) -> HourRollup:
        rule = self.definition.rule
        if self.definition.kind is IndicatorKind.HISTOGRAM:
            return HistogramRollup(rule.hold_ms, self.definition.limit)
        return SampleRollup(rule)

    def list_missing_parts(self, stored: StoredHours) -> list[int]:
        """List the large parts, by their start (ms), that must be read before it is rolled up."""
        return list_missing_parts(self.rollup, stored, self.arrived, from_whole_set=self.from_whole_set)

    def roll_up(self, stored: StoredHours) -> Changes:
        """Return what changes; `stored` holds the needed hours and parts that exist."""
        return roll_up_hours(self.rollup, self.roles, stored, self.arrived)


def split_by_indicator(
    data: DataPoints,
    roles: Mapping[int, SeriesRoles],
    definitions: Mapping[UUID, IndicatorDefinition],
    *,
    from_whole_set: bool = False,
) -> dict[UUID, IndicatorInput]:
    """Split data by the indicators in `definitions`, each without what was measured after it was retired."""
    inputs: dict[UUID, IndicatorInput] = {}
    for part in (data.samples, data.histograms):
        starts, rows = series_runs(part.series)
        for start, count in zip(starts.tolist(), rows.tolist(), strict=True):
            series = int(part.series[start])
            for indicator, role in roles.get(series, ()):
                if indicator not in definitions:
                    continue
                retired_at, end = definitions[indicator].retired_at, start + count
                if retired_at is not None:
                    end = start + int(np.searchsorted(part.at[start:end], to_milliseconds(retired_at)))
                if end > start:
                    if indicator not in inputs:
                        inputs[indicator] = IndicatorInput(definitions[indicator], from_whole_set=from_whole_set)
                    inputs[indicator].add(series, role, part.pick(slice(start, end)))
    return {indicator: input_ for indicator, input_ in inputs.items() if input_.samples or input_.histograms}


def distinct_series(data: DataPoints) -> Sequence[int]:
    return [
        int(part.series[start])
        for part in (data.samples, data.histograms)
        for start in series_runs(part.series)[0].tolist()
    ]
