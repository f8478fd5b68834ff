"""What an indicator measures: its kind, and which series are which part of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from http import HTTPStatus
from typing import Any, ClassVar, Self
from uuid import UUID

from common.errors import RuleBroken
from sla.indicators.rules import VALUE, GoodWhen, Role, Rule, Stream
from sla.indicators.selectors import NAME, Selector, selector
from sla.indicators.streams import BUCKET, number_of, stream_of

DIRECT = "__indicator__"
"""The label of samples that were pushed to an indicator by its id."""
PART = "__part__"
TEMPORALITY = "__temporality__"
"""The label of counters that say themselves what they count: `delta` ones since the sample before."""
DELTA = "delta"
ALERT = "rapport_alert"
"""The metric of alerts, by whose labels an availability can be bound to them: `rapport_alert{alertname="ShopDown"}`."""


class Kind(StrEnum):
    AVAILABILITY = "availability"
    """A probe: 1 is up, 0 is down."""
    LATENCY = "latency"
    GAUGE = "gauge"
    RATIO = "ratio"
    """Counted events: good, bad, and all of them."""
    QUALITY = "quality"
    """What was delivered, and how much of it was right; counted as a ratio."""
    VOLUME = "volume"
    """Events, all of them good."""
    HISTOGRAM = "histogram"
    """Observations in buckets: good up to the threshold, if it has one. Single values are observations, too."""

    @property
    def judged(self) -> bool:
        return self in (Kind.AVAILABILITY, Kind.LATENCY, Kind.GAUGE)

    @property
    def pushed_as(self) -> frozenset["Part"]:
        """What is pushed to an indicator of this kind by its id."""
        if self in (Kind.RATIO, Kind.QUALITY):
            return frozenset({Part.GOOD, Part.TOTAL})
        if self in (Kind.VOLUME, Kind.HISTOGRAM):
            return frozenset({Part.VALUE})
        return frozenset({Part.VALUE, Part.GOOD, Part.TOTAL})


class Part(StrEnum):
    VALUE = "value"
    GOOD = "good"
    TOTAL = "total"
    BAD = "bad"


class Counters(StrEnum):
    CUMULATIVE = "cumulative"
    """Since some start, as Prometheus counts; resets are seen and handled."""
    DELTA = "delta"
    """Since the sample before."""


class ThresholdMissing(RuleBroken, slug="threshold-missing"):
    """A latency or gauge is judged by a threshold, and a gauge by when it is good; what counts events by neither.

    A histogram may have a threshold, up to which its observations are good.
    """

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class PartsDoNotFit(RuleBroken, slug="parts-do-not-fit"):
    """A ratio or quality is made of two of good, bad and total, a volume of total; the other kinds of values."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


_WEIGHTS: dict[frozenset[Part], dict[Part, tuple[int, int]]] = {
    frozenset({Part.GOOD, Part.TOTAL}): {Part.GOOD: (1, 0), Part.TOTAL: (0, 1)},
    frozenset({Part.GOOD, Part.BAD}): {Part.GOOD: (1, 1), Part.BAD: (0, 1)},
    frozenset({Part.TOTAL, Part.BAD}): {Part.TOTAL: (1, 1), Part.BAD: (-1, 0)},
    frozenset({Part.TOTAL}): {Part.TOTAL: (1, 1)},
}
"""How much an event of a part adds to good and to total."""

_PUSHED = {Part.VALUE: VALUE, Part.GOOD: Role(1, 0, delta=True), Part.TOTAL: Role(0, 1, delta=True)}


@dataclass(frozen=True, slots=True)
class Definition:
    indicator_id: UUID
    kind: Kind
    good_when: GoodWhen | None
    threshold: float | None
    holds_for: int
    """Seconds."""
    counters: Counters
    series: tuple[tuple[Selector, Part], ...]

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> Self:
        """From the columns of the indicator's row. Raise SelectorUnreadable."""
        good_when, threshold = fields["good_when"], fields["threshold"]
        return cls(
            fields["id"],
            Kind(fields["kind"]),
            None if good_when is None else GoodWhen(good_when),
            None if threshold is None else float(threshold),
            fields["holds_for"],
            Counters(fields["counters"]),
            tuple(
                (selector(rule["selector"], place), Part(rule["part"])) for place, rule in enumerate(fields["series"])
            ),
        )

    def check(self) -> None:
        """Raise the rule that is broken."""
        if not self._threshold_fits:
            raise ThresholdMissing(f"This does not judge an indicator of kind {self.kind}.", field="threshold")
        if self._parts and not self._parts_fit:
            raise PartsDoNotFit(f"An indicator of kind {self.kind} is not made of these parts.", field="series")
        if ALERT in self.metrics and self.kind is not Kind.AVAILABILITY:
            raise PartsDoNotFit("Alerts tell of availability alone.", field="series")

    @property
    def _threshold_fits(self) -> bool:
        if self.good_when is None and self.threshold is None:
            return not self.kind.judged
        whole = self.good_when is not None and self.threshold is not None
        if self.kind is Kind.HISTOGRAM:
            return whole and self.good_when is GoodWhen.AT_MOST
        return whole and self.kind.judged

    @property
    def _parts_fit(self) -> bool:
        if self.kind in (Kind.RATIO, Kind.QUALITY):
            return self._parts in _WEIGHTS and len(self._parts) > 1
        return self._parts == {Part.TOTAL if self.kind is Kind.VOLUME else Part.VALUE}

    @property
    def _parts(self) -> frozenset[Part]:
        return frozenset(part for _, part in self.series)

    @property
    def metrics(self) -> frozenset[str]:
        """The names of all metrics it can be bound to."""
        names = frozenset(selector.metric for selector, _ in self.series)
        return names | {name + BUCKET for name in names} if self.kind is Kind.HISTOGRAM else names

    def alerted_by(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels is downtime to it."""
        named = {**labels, NAME: ALERT}
        return any(selector.matches(named) for selector, _ in self.series)

    @property
    def rule(self) -> Rule:
        holds = self.holds_for * 1000
        if self.good_when is None or self.threshold is None:
            return Rule(holds)
        return Rule(holds, self.good_when, self.threshold)

    @property
    def limit(self) -> Decimal | None:
        """Up to where observations are good, as it is written; None: all of them are."""
        return None if self.threshold is None else Decimal(repr(self.threshold))

    def role_of(self, labels: Mapping[str, str]) -> Role | Stream | None:
        """What a series with these labels is to the indicator; None if it is nothing to it."""
        if DIRECT in labels:
            return self._role_of_pushed(labels)
        if self.kind is Kind.HISTOGRAM:
            selectors = [selector for selector, _ in self.series]
            return stream_of(selectors, labels, delta=self.counters is Counters.DELTA)
        parts = {part for selector, part in self.series if selector.matches(labels)}
        if not parts or self.kind.judged:
            return VALUE if parts else None
        weights = [_WEIGHTS[self._parts][part] for part in parts]
        to_good, to_total = (sum(column) for column in zip(*weights, strict=True))
        return Role(to_good, to_total, self.counters is Counters.DELTA or labels.get(TEMPORALITY) == DELTA)

    def _role_of_pushed(self, labels: Mapping[str, str]) -> Role | Stream | None:
        part = Part(labels[PART])
        if labels[DIRECT] != str(self.indicator_id) or part not in self.kind.pushed_as:
            return None
        if self.kind is Kind.HISTOGRAM:
            return Stream(number_of(labels))
        return Role(1, 1, delta=True) if self.kind is Kind.VOLUME else _PUSHED[part]
