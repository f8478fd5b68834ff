"""The input of one indicator to a rollup: its share of the data that was pushed, and the roles of its series."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple
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
from sla.measurements.samples import Ints, Samples, concat_samples, series_runs

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

    def add(self, runs: Sequence["SeriesRun"], part: Samples | HistogramColumns) -> None:
        """Add the data of series; an indicator of single values or counts ignores histograms."""
        self.roles.update((run.series, run.role) for run in runs)
        if isinstance(part, Samples):
            self.samples.append(part.pick(_rows_of(runs)))
        elif histogram_runs := [run for run in runs if isinstance(run.role, HistogramRole)]:
            self.histograms.append(part.pick(_rows_of(histogram_runs)))

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
        return list_missing_parts(self.rollup, self.roles, stored, self.arrived, from_whole_set=self.from_whole_set)

    def roll_up(self, stored: StoredHours) -> Changes:
        """Return what changes; `stored` holds the needed hours and parts that exist."""
        return roll_up_hours(self.rollup, self.roles, stored, self.arrived)


class SeriesRun(NamedTuple):
    """The rows of one series that one indicator takes, in the order of time."""

    series: int
    role: SampleRole | HistogramRole
    start: int
    end: int
    """Exclusive."""


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
        for indicator, runs in _list_runs(part, roles, definitions).items():
            if indicator not in inputs:
                inputs[indicator] = IndicatorInput(definitions[indicator], from_whole_set=from_whole_set)
            inputs[indicator].add(runs, part)
    return {indicator: input_ for indicator, input_ in inputs.items() if input_.samples or input_.histograms}


def _list_runs(
    part: Samples | HistogramColumns,
    roles: Mapping[int, SeriesRoles],
    definitions: Mapping[UUID, IndicatorDefinition],
) -> dict[UUID, list[SeriesRun]]:
    runs = defaultdict[UUID, list[SeriesRun]](list)
    starts, rows = series_runs(part.series)
    for series, start, count in zip(part.series[starts].tolist(), starts.tolist(), rows.tolist(), strict=True):
        for indicator, role in roles.get(series, ()):
            if indicator not in definitions:
                continue
            retired_at, end = definitions[indicator].retired_at, start + count
            if retired_at is not None:
                end = start + int(np.searchsorted(part.at[start:end], to_milliseconds(retired_at)))
            if end > start:
                runs[indicator].append(SeriesRun(series, role, start, end))
    return runs


def _rows_of(runs: Sequence[SeriesRun]) -> slice | Ints:
    """Return the rows of runs: mostly there are no others between them."""
    starts, ends = (np.array(column, np.int64) for column in zip(*((run.start, run.end) for run in runs), strict=True))
    if (starts[1:] == ends[:-1]).all():
        return slice(int(starts[0]), int(ends[-1]))
    counts = ends - starts
    first_places = np.cumsum(counts) - counts
    return np.repeat(starts - first_places, counts) + np.arange(int(counts.sum()))


def distinct_series(data: DataPoints) -> Sequence[int]:
    return [
        int(part.series[start])
        for part in (data.samples, data.histograms)
        for start in series_runs(part.series)[0].tolist()
    ]
