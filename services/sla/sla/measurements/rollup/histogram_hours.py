"""The hours of indicators on histograms: what was observed in each minute, and how much of it was good."""

from dataclasses import dataclass
from decimal import Decimal

from sla.measurements.data_points import DataPoints
from sla.measurements.histograms.histogram_increases import Increases
from sla.measurements.histograms.observations import Observations
from sla.measurements.minute_counts import MinuteCounts
from sla.measurements.minutes import HOUR_MS, MINUTE_MS, count_ranges, to_hour_start
from sla.measurements.rollup.histogram_samples import (
    compute_data_point_increases,
    list_histogram_instants,
    pack_histogram_samples,
    unpack_histogram_samples,
)
from sla.measurements.rollup.hours import Roles
from sla.measurements.samples import Ints


@dataclass(frozen=True, slots=True)
class HistogramRollup:
    """Rolls up histograms, and samples that are parts of classic ones or single observations."""

    hold_ms: int
    """Milliseconds for which a histogram speaks when no other follows; at most an hour."""
    limit: Decimal | None
    """The value up to which observations are good; None if all of them are."""

    def compute(self, points: DataPoints, roles: Roles, first: int, count: int) -> tuple[MinuteCounts, Observations]:
        increases = compute_data_point_increases(points, roles, self.hold_ms)
        spans, observed = compute_observations(increases, first * HOUR_MS, 60 * count)
        return MinuteCounts(*observed.count_by_minute(self.limit), spans), observed

    list_instants = staticmethod(list_histogram_instants)
    pack = staticmethod(pack_histogram_samples)
    unpack = staticmethod(unpack_histogram_samples)


def compute_observations(increases: Increases, start: int, count: int) -> tuple[Ints, Observations]:
    """Compute how many known spans each of `count` minutes from `start` (ms) lies in, and what was observed in it."""
    minute = (increases.at - start) // MINUTE_MS
    inside = (minute >= 0) & (minute < count)
    columns = (minute[inside], increases.layout[inside], increases.key[inside], increases.amount[inside])
    first, last = (increases.known_from - start) // MINUTE_MS, (increases.known_to - start) // MINUTE_MS
    spans = count_ranges(first, last, count)
    hour_start = to_hour_start(start // HOUR_MS)
    return spans, Observations.from_columns(hour_start, spans > 0, increases.layouts, columns)
