"""How observations are distributed over buckets: how many were up to a limit, and quantiles. Exact at edges."""

from collections.abc import Mapping, Sequence
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
    """By the place of a layout, and key."""

    @property
    def count(self) -> int:
        return sum(self.amounts.values())

    def count_up_to(self, limit: Decimal) -> int:
        """How many observations were certainly up to the limit.

        Of a bucket in which the limit lies, nothing counts as up to it: what is compared is the edge below
        (`edges_below`). Observations at an edge belong to the bucket below it.
        """
        last = [layout.last_key_up_to(limit) for layout in self.layouts]
        return sum(amount for (layout, key), amount in self.amounts.items() if key <= last[layout])

    def quantile(self, share: Decimal | Fraction) -> Decimal | None:
        """The smallest edge up to which there is that share (0 to 1) of the observations; None if there are none.

        It is up to a limit exactly when `up_to` finds the share reached, if the limit is an edge of all histograms.
        Infinity when not even the last edge reaches it.
        """
        return self.quantiles([share])[0]

    def quantiles(self, shares: Sequence[Decimal | Fraction]) -> list[Decimal | None]:
        edges = sorted((self._edge(*bucket), amount) for bucket, amount in self.amounts.items())
        reached = list(accumulate(amount for _, amount in edges))
        wanted = [Fraction(share) * (reached[-1] if reached else 0) for share in shares]
        return [
            next(edge for (edge, _), amount in zip(edges, reached, strict=True) if amount >= one) if one > 0 else None
            for one in wanted
        ]

    def _edge(self, layout: int, key: int) -> Decimal:
        edge = self.layouts[layout].upper_edge(key)
        return INFINITY if edge is None else edge
