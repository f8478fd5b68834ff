"""The definition of an indicator: its kind, when it is good, and the role that each series plays in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from sla.indicators.errors import SeriesPartsMismatch, ThresholdMismatch
from sla.indicators.histogram_roles import BUCKET_SUFFIX, compute_histogram_id, histogram_role
from sla.indicators.rollup_rules import VALUE_ROLE, GoodWhen, HistogramRole, SampleRole, SampleRule
from sla.indicators.selectors import METRIC_NAME_LABEL, Selector, parse_selector

INDICATOR_LABEL = "__indicator__"
"""The label of samples that were pushed to an indicator by its id."""
PART_LABEL = "__part__"
TEMPORALITY_LABEL = "__temporality__"
"""The label of counters that bring their own temporality; `delta` counts since the sample before."""
DELTA_TEMPORALITY = "delta"
ALERT_METRIC = "rapport_alert"
"""The metric of alerts, for selectors that bind an availability to alerts: `rapport_alert{alertname="ShopDown"}`."""


class IndicatorKind(StrEnum):
    AVAILABILITY = "availability"
    """A probe: 1 is up, 0 is down."""
    LATENCY = "latency"
    GAUGE = "gauge"
    RATIO = "ratio"
    """Counted events: good, bad, and all of them."""
    QUALITY = "quality"
    """Deliveries, and how many of them were right; counted as a ratio."""
    VOLUME = "volume"
    """Events, all of them good."""
    HISTOGRAM = "histogram"
    """Observations in buckets: good up to the threshold, if it has one. Single values are observations too."""

    @property
    def is_threshold_based(self) -> bool:
        return self in (IndicatorKind.AVAILABILITY, IndicatorKind.LATENCY, IndicatorKind.GAUGE)

    @property
    def pushable_parts(self) -> frozenset["SeriesPart"]:
        """The parts that can be pushed by the indicator's id."""
        return frozenset(_PUSHED_ROLES[self])


class SeriesPart(StrEnum):
    VALUE = "value"
    GOOD = "good"
    TOTAL = "total"
    BAD = "bad"


class Temporality(StrEnum):
    CUMULATIVE = "cumulative"
    """Counts since some start, as Prometheus does; resets are detected."""
    DELTA = "delta"
    """Counts since the sample before."""


_PART_WEIGHTS: dict[frozenset[SeriesPart], dict[SeriesPart, tuple[int, int]]] = {
    frozenset({SeriesPart.GOOD, SeriesPart.TOTAL}): {SeriesPart.GOOD: (1, 0), SeriesPart.TOTAL: (0, 1)},
    frozenset({SeriesPart.GOOD, SeriesPart.BAD}): {SeriesPart.GOOD: (1, 1), SeriesPart.BAD: (0, 1)},
    frozenset({SeriesPart.TOTAL, SeriesPart.BAD}): {SeriesPart.TOTAL: (1, 1), SeriesPart.BAD: (-1, 0)},
    frozenset({SeriesPart.TOTAL}): {SeriesPart.TOTAL: (1, 1)},
}
"""How much an event of a part adds to good and to total."""

_PUSHED_COUNTS = {SeriesPart.GOOD: SampleRole(1, 0, delta=True), SeriesPart.TOTAL: SampleRole(0, 1, delta=True)}
_PUSHED_ROLES: dict[IndicatorKind, dict[SeriesPart, SampleRole]] = {
    **dict.fromkeys(IndicatorKind, {SeriesPart.VALUE: VALUE_ROLE} | _PUSHED_COUNTS),
    **dict.fromkeys((IndicatorKind.RATIO, IndicatorKind.QUALITY), _PUSHED_COUNTS),
    IndicatorKind.VOLUME: {SeriesPart.VALUE: SampleRole(1, 1, delta=True)},
    IndicatorKind.HISTOGRAM: {SeriesPart.VALUE: VALUE_ROLE},
}
"""The parts that can be pushed by an indicator's id, by its kind."""


@dataclass(frozen=True, slots=True)
class IndicatorDefinition:
    indicator_id: UUID
    kind: IndicatorKind
    good_when: GoodWhen | None
    threshold: float | None
    holds_for: int
    """Seconds for which a sample speaks when no other follows."""
    counters: Temporality
    series: tuple[tuple[Selector, SeriesPart], ...]
    retired_at: datetime | None = None
    """It takes no sample from then on."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Read a definition from the columns of an indicator. Raise InvalidSelector."""
        return cls(
            row["id"],
            IndicatorKind(row["kind"]),
            row["good_when"] and GoodWhen(row["good_when"]),
            row["threshold"],
            row["holds_for"],
            Temporality(row["counters"]),
            tuple(
                (parse_selector(binding["selector"], place), SeriesPart(binding["part"]))
                for place, binding in enumerate(row["series"])
            ),
            row.get("retired_at"),
        )

    def check(self) -> None:
        """Raise the rule that the definition breaks."""
        if not self._threshold_fits:
            raise ThresholdMismatch(
                f"The threshold does not suit the kind {self.kind}: its description says what it takes.",
                field="threshold",
            )
        if self._parts and not self._parts_fit:
            raise SeriesPartsMismatch(
                f'The kind {self.kind} takes {self._parts_in_words}, as {{"part": "…", "selector": "…"}}.',
                field="series",
            )
        if ALERT_METRIC in self.metric_names and self.kind is not IndicatorKind.AVAILABILITY:
            raise SeriesPartsMismatch("Alerts measure availability only: use the kind availability.", field="series")

    @property
    def _threshold_fits(self) -> bool:
        if (self.good_when is None) != (self.threshold is None):
            return False
        if self.kind is IndicatorKind.HISTOGRAM:
            return self.good_when in (None, GoodWhen.AT_MOST)
        return self.kind.is_threshold_based == (self.threshold is not None)

    @property
    def _parts_fit(self) -> bool:
        if self.kind in (IndicatorKind.RATIO, IndicatorKind.QUALITY):
            return self._parts in _PART_WEIGHTS and len(self._parts) > 1
        return self._parts == {SeriesPart.TOTAL if self.kind is IndicatorKind.VOLUME else SeriesPart.VALUE}

    @property
    def _parts_in_words(self) -> str:
        if self.kind in (IndicatorKind.RATIO, IndicatorKind.QUALITY):
            return "series of two of the parts good, bad and total"
        return f"series of the part {SeriesPart.TOTAL if self.kind is IndicatorKind.VOLUME else SeriesPart.VALUE} only"

    @property
    def _parts(self) -> frozenset[SeriesPart]:
        return frozenset(part for _, part in self.series)

    @property
    def metric_names(self) -> frozenset[str]:
        """The names of all metrics whose series can be bound to the indicator."""
        names = frozenset(selector.metric for selector, _ in self.series)
        if self.kind is IndicatorKind.HISTOGRAM:
            return names | {name + BUCKET_SUFFIX for name in names}
        return names

    def matches_alert(self, labels: Mapping[str, str]) -> bool:
        """Return whether an alert with these labels is downtime to the indicator."""
        alert_labels = {**labels, METRIC_NAME_LABEL: ALERT_METRIC}
        return any(selector.matches(alert_labels) for selector, _ in self.series)

    @property
    def rule(self) -> SampleRule:
        hold_ms = self.holds_for * 1000
        if self.good_when is None or self.threshold is None:
            return SampleRule(hold_ms)
        return SampleRule(hold_ms, self.good_when, self.threshold)

    @property
    def limit(self) -> Decimal | None:
        """The value up to which observations are good, as it is written; None if all of them are."""
        return None if self.threshold is None else Decimal(repr(self.threshold))

    def role_of(self, labels: Mapping[str, str]) -> SampleRole | HistogramRole | None:
        """Return the role of a series with these labels; None if it is not bound to the indicator."""
        if INDICATOR_LABEL in labels:
            return self._role_of_pushed(labels)
        if self.kind is IndicatorKind.HISTOGRAM:
            selectors = [selector for selector, _ in self.series]
            return histogram_role(selectors, labels, delta=self.counters is Temporality.DELTA)
        parts = {part for selector, part in self.series if selector.matches(labels)}
        if not parts or self.kind.is_threshold_based:
            return VALUE_ROLE if parts else None
        weights = [_PART_WEIGHTS[self._parts][part] for part in parts]
        to_good, to_total = (sum(column) for column in zip(*weights, strict=True))
        is_delta = self.counters is Temporality.DELTA or labels.get(TEMPORALITY_LABEL) == DELTA_TEMPORALITY
        return SampleRole(to_good, to_total, is_delta)

    def _role_of_pushed(self, labels: Mapping[str, str]) -> SampleRole | HistogramRole | None:
        """Return the role of the series in which samples for this indicator's id were pushed."""
        part = SeriesPart(labels[PART_LABEL])
        if labels[INDICATOR_LABEL] != str(self.indicator_id) or part not in self.kind.pushable_parts:
            return None
        if self.kind is IndicatorKind.HISTOGRAM:
            return HistogramRole(compute_histogram_id(labels))
        return _PUSHED_ROLES[self.kind][part]
