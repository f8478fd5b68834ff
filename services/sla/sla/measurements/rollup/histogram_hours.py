"""The hours of indicators on histograms: what was observed in each minute, and how much of it was good."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from sla.measurements.data_points import DataPoints
from sla.measurements.histograms.histogram_increases import Increases
from sla.measurements.histograms.observations import Observations
from sla.measurements.histograms.row_groups import decode_group_keys, encode_group_keys, sum_by_key
from sla.measurements.minute_counts import MinuteCounts
from sla.measurements.minutes import HOUR_MS, MINUTE_MS, count_ranges, to_hour_start
from sla.measurements.rollup.histogram_samples import (
    compute_data_point_increases,
    pack_histogram_samples,
    unpack_histogram_samples,
)
from sla.measurements.rollup.hours import Roles


@dataclass(frozen=True, slots=True)
class HistogramRollup:
    """Rolls up histograms, and samples that are parts of classic ones or single observations."""

    hold_ms: int
    """Milliseconds for which a histogram speaks when no other follows; at most an hour."""
    limit: Decimal | None
    """The value up to which observations are good; None if all of them are."""

    @property
    def is_additive(self) -> bool:
        return False

    def compute(self, points: DataPoints, roles: Roles, first: int, count: int) -> tuple[MinuteCounts, Observations]:
        increases = compute_data_point_increases(points, roles, self.hold_ms)
        observed = compute_observations(increases, first * HOUR_MS, 60 * count)
        good, total = observed.count_by_minute(self.limit)
        return MinuteCounts(good, total, observed.is_known.astype(np.int64)), observed

    pack = staticmethod(pack_histogram_samples)
    unpack = staticmethod(unpack_histogram_samples)


def compute_observations(increases: Increases, start: int, count: int) -> Observations:
    """Compute what was observed in `count` minutes from `start` (ms)."""
    minute = (increases.at - start) // MINUTE_MS
    inside = (minute >= 0) & (minute < count)
    layout_count = len(increases.layouts) + 1
    group_keys = encode_group_keys(minute * layout_count + increases.layout, increases.key)
    group_keys, amount = sum_by_key(group_keys[inside], increases.amount[inside])
    group, key = decode_group_keys(group_keys[amount != 0])
    minute, layout = np.divmod(group, layout_count)
    first, last = (increases.known_from - start) // MINUTE_MS, (increases.known_to - start) // MINUTE_MS
    is_known, columns = count_ranges(first, last, count) > 0, (minute, layout, key, amount[amount != 0])
    return Observations.from_columns(to_hour_start(start // HOUR_MS), is_known, increases.layouts, columns)
