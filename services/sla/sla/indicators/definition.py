"""What an indicator measures: its kind, and which series are which part of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, ClassVar, Self
from uuid import UUID

from common.errors import RuleBroken
from sla.indicators.rules import VALUE, GoodWhen, Role, Rule
from sla.indicators.selectors import Selector, selector

DIRECT = "__indicator__"
"""The label of samples that were pushed to an indicator by its id."""
PART = "__part__"


class Kind(StrEnum):
    AVAILABILITY = "availability"
    """A probe: 1 is up, 0 is down."""
    LATENCY = "latency"
    GAUGE = "gauge"
    RATIO = "ratio"
    """Counted events: good, bad, and all of them."""


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


class ThresholdMissing(RuleBroken):
    """A latency or gauge is judged by a threshold, and a gauge by when it is good; a ratio by neither."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class PartsDoNotFit(RuleBroken):
    """A ratio is made of two of good, bad and total; the other kinds of values."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


_WEIGHTS: dict[frozenset[Part], dict[Part, tuple[int, int]]] = {
    frozenset({Part.GOOD, Part.TOTAL}): {Part.GOOD: (1, 0), Part.TOTAL: (0, 1)},
    frozenset({Part.GOOD, Part.BAD}): {Part.GOOD: (1, 1), Part.BAD: (0, 1)},
    frozenset({Part.TOTAL, Part.BAD}): {Part.TOTAL: (1, 1), Part.BAD: (-1, 0)},
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
        judged = self.threshold is not None and self.good_when is not None
        if judged is (self.kind is Kind.RATIO) or (self.good_when is None) is not (self.threshold is None):
            raise ThresholdMissing(f"This does not judge an indicator of kind {self.kind}.", field="threshold")
        parts = self._parts
        if parts and (parts not in _WEIGHTS if self.kind is Kind.RATIO else parts != {Part.VALUE}):
            raise PartsDoNotFit(f"An indicator of kind {self.kind} is not made of these parts.", field="series")

    @property
    def _parts(self) -> frozenset[Part]:
        return frozenset(part for _, part in self.series)

    @property
    def metrics(self) -> frozenset[str]:
        """The names of all metrics it can be bound to."""
        return frozenset(selector.metric for selector, _ in self.series)

    @property
    def rule(self) -> Rule:
        holds = self.holds_for * 1000
        if self.good_when is None or self.threshold is None:
            return Rule(holds)
        return Rule(holds, self.good_when, self.threshold)

    def role_of(self, labels: Mapping[str, str]) -> Role | None:
        """What a series with these labels is to the indicator; None if it is nothing to it."""
        if DIRECT in labels:
            return _PUSHED[Part(labels[PART])] if labels[DIRECT] == str(self.indicator_id) else None
        parts = {part for selector, part in self.series if selector.matches(labels)}
        if not parts or self.kind is not Kind.RATIO:
            return VALUE if parts else None
        weights = [_WEIGHTS[self._parts][part] for part in parts]
        to_good, to_total = (sum(column) for column in zip(*weights, strict=True))
        return Role(to_good, to_total, self.counters is Counters.DELTA)
