"""What one cycle of folding brings each indicator, and how it is folded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np

from sla.indicators.definition import IndicatorDefinition, IndicatorKind
from sla.indicators.rollup_rules import HistogramRole, SampleRole
from sla.measurements.data_points import DataPoints
from sla.measurements.histograms import columns as histograms
from sla.measurements.histograms.columns import HistogramColumns
from sla.measurements.rollup.histogram_hours import HistogramRule, roll_up_histograms
from sla.measurements.rollup.sample_hours import StoredHour, needed_hours, roll_up_samples
from sla.measurements.samples import Ints, Samples, concat_samples, series_runs

SeriesRoles = tuple[tuple[UUID, SampleRole | HistogramRole], ...]
"""The indicators that a series is bound to, and what it is to each."""


@dataclass(frozen=True, slots=True)
class IndicatorInput:
    definition: IndicatorDefinition
    sample_roles: dict[int, SampleRole] = field(default_factory=dict)
    histogram_roles: dict[int, HistogramRole] = field(default_factory=dict)
    samples: list[Samples] = field(default_factory=list)
    points: list[HistogramColumns] = field(default_factory=list)

    def add(self, series: int, role: SampleRole | HistogramRole, part: Samples | HistogramColumns) -> None:
        """Histograms are nothing to an indicator of single values or counts."""
        if isinstance(role, HistogramRole):
            self.histogram_roles[series] = role
        else:
            self.sample_roles[series] = role
        if isinstance(part, Samples):
            self.samples.append(part)
        elif isinstance(role, HistogramRole):
            self.points.append(part)

    @property
    def at(self) -> Ints:
        return np.concatenate([*(part.at for part in self.samples), *(part.at for part in self.points)])

    @property
    def needed_hours(self) -> list[int]:
        return needed_hours(self.at, self.definition.rule.hold_ms)

    def roll_up(self, stored: Mapping[int, StoredHour]) -> dict[int, StoredHour]:
        """The hours that change, as they are to be stored; `stored` holds what there is of the needed ones."""
        if self.definition.kind is not IndicatorKind.HISTOGRAM:
            return roll_up_samples(self.definition.rule, self.sample_roles, stored, concat_samples(self.samples))
        rule = HistogramRule(self.definition.rule.hold_ms, self.definition.limit)
        return roll_up_histograms(
            rule,
            self.histogram_roles,
            stored,
            DataPoints(concat_samples(self.samples), histograms.concat_histograms(self.points)),
        )


def split_by_indicator(
    sent: DataPoints,
    bound: Mapping[int, SeriesRoles],
    definitions: Mapping[UUID, IndicatorDefinition],
    until: Mapping[UUID, int],
) -> dict[UUID, IndicatorInput]:
    """By indicator, of those in `definitions`, what came of its series before the instant (ms) it takes samples to."""
    shares: dict[UUID, IndicatorInput] = {}
    for part in (sent.samples, sent.histograms):
        starts, rows = series_runs(part)
        for start, count in zip(starts.tolist(), rows.tolist(), strict=True):
            series = int(part.series[start])
            for indicator, role in bound.get(series, ()):
                end = start + int(np.searchsorted(part.at[start : start + count], until.get(indicator, 0)))
                if end > start and indicator in definitions:
                    share = shares.setdefault(indicator, IndicatorInput(definitions[indicator]))
                    share.add(series, role, part.pick(slice(start, end)))
    return {indicator: share for indicator, share in shares.items() if share.samples or share.points}


def distinct_series(sent: DataPoints) -> Sequence[int]:
    return [
        int(part.series[start]) for part in (sent.samples, sent.histograms) for start in series_runs(part)[0].tolist()
    ]
