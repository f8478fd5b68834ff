"""What one cycle of folding brings each indicator, and how it is folded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np

from sla.indicators.definition import Definition, Kind
from sla.indicators.rules import Role, Stream
from sla.measurements import points as histograms
from sla.measurements.observed_hours import HistogramRule, fold_histograms
from sla.measurements.packed_hours import Hour, fold, needed_hours
from sla.measurements.points import Points
from sla.measurements.samples import Ints, Samples, by_series, joined
from sla.measurements.sent import Sent

Bound = tuple[tuple[UUID, Role | Stream], ...]
"""The indicators that a series is bound to, and what it is to each."""


@dataclass(frozen=True, slots=True)
class Share:
    definition: Definition
    roles: dict[int, Role] = field(default_factory=dict)
    streams: dict[int, Stream] = field(default_factory=dict)
    samples: list[Samples] = field(default_factory=list)
    points: list[Points] = field(default_factory=list)

    def take(self, series: int, role: Role | Stream, part: Samples | Points) -> None:
        """Histograms are nothing to an indicator of single values or counts."""
        if isinstance(role, Stream):
            self.streams[series] = role
        else:
            self.roles[series] = role
        if isinstance(part, Samples):
            self.samples.append(part)
        elif isinstance(role, Stream):
            self.points.append(part)

    @property
    def at(self) -> Ints:
        return np.concatenate([*(part.at for part in self.samples), *(part.at for part in self.points)])

    @property
    def needed(self) -> list[int]:
        return needed_hours(self.at, self.definition.rule.holds)

    def fold(self, stored: Mapping[int, Hour]) -> dict[int, Hour]:
        """The hours that change, as they are to be stored; `stored` holds what there is of the needed ones."""
        if self.definition.kind is not Kind.HISTOGRAM:
            return fold(self.definition.rule, self.roles, stored, joined(self.samples))
        rule = HistogramRule(self.definition.rule.holds, self.definition.limit)
        return fold_histograms(rule, self.streams, stored, Sent(joined(self.samples), histograms.joined(self.points)))


def shared(
    sent: Sent, bound: Mapping[int, Bound], definitions: Mapping[UUID, Definition], until: Mapping[UUID, int]
) -> dict[UUID, Share]:
    """By indicator, of those in `definitions`, what came of its series before the instant (ms) it takes samples to."""
    shares: dict[UUID, Share] = {}
    for part in (sent.samples, sent.points):
        starts, rows = by_series(part)
        for start, count in zip(starts.tolist(), rows.tolist(), strict=True):
            series = int(part.series[start])
            for indicator, role in bound.get(series, ()):
                end = start + int(np.searchsorted(part.at[start : start + count], until.get(indicator, 0)))
                if end > start and indicator in definitions:
                    share = shares.setdefault(indicator, Share(definitions[indicator]))
                    share.take(series, role, part.pick(slice(start, end)))
    return {indicator: share for indicator, share in shares.items() if share.samples or share.points}


def series_of(sent: Sent) -> Sequence[int]:
    return [int(part.series[start]) for part in (sent.samples, sent.points) for start in by_series(part)[0].tolist()]
