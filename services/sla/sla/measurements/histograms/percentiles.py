"""Percentiles of observations, and their count up to a limit, from a distribution over buckets. Exact at edges."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

from sla.measurements.histograms.bucket_layout import BucketLayout

INFINITY = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Distribution:
    layouts: tuple[BucketLayout, ...]
    amounts: Mapping[tuple[int, int], int]
    """By the place of a layout and the key of a bucket."""

    @property
    def count(self) -> int:
        return sum(self.amounts.values())

    def count_up_to(self, limit: Decimal) -> int:
        """Return how many observations were certainly up to the limit.

        A bucket in which the limit lies does not count: compared is the edge below (`edges_below`). Observations at an
        edge belong to the bucket below it.
        """
        last = [layout.last_key_up_to(limit) for layout in self.layouts]
        return sum(amount for (layout, key), amount in self.amounts.items() if key <= last[layout])

    def percentile(self, share: Decimal | Fraction) -> Decimal | None:
        """Return the smallest edge up to which that share (0 to 1) of the observations lies; None if there are none.

        If the limit is an edge of all histograms, the percentile is up to it exactly when `count_up_to` reaches the
        share. The percentile is infinite when not even the last edge reaches the share.
        """
        count = Fraction(share) * self.count
        amounts = sorted((self._edge(*bucket), amount) for bucket, amount in self.amounts.items())
        totals = accumulate(amount for _, amount in amounts)
        edges = (edge for (edge, _), total in zip(amounts, totals, strict=True) if total >= count)
        return next(edges) if count > 0 else None

    def _edge(self, layout: int, key: int) -> Decimal:
        edge = self.layouts[layout].upper_edge(key)
        return INFINITY if edge is None else edge
