"""Which series are one histogram, and which indicators of the newer kinds hold together."""

import math
from typing import Any

import pytest

from common.ids import new_id
from sla.indicators.definition import IndicatorDefinition
from sla.indicators.errors import SeriesPartsMismatch, ThresholdMismatch
from sla.indicators.rollup_rules import HistogramRole, SampleRole

BARE = {"good_when": None, "threshold": None, "holds_for": 300, "counters": "cumulative"}
SHOP = {"__name__": "answer_seconds", "job": "shop"}


def defined(kind: str, *parts: tuple[str, str], **fields: Any) -> IndicatorDefinition:
    series = [{"selector": text, "part": part} for text, part in parts]
    return IndicatorDefinition.from_row({"id": new_id(), "kind": kind, "series": series} | BARE | fields)


def histogram(selector: str, **fields: Any) -> IndicatorDefinition:
    return defined("histogram", (selector, "value"), **fields)


def bucket(edge: str, **labels: str) -> dict[str, str]:
    return SHOP | {"__name__": "answer_seconds_bucket", "le": edge} | labels


@pytest.mark.parametrize("selector", ["answer_seconds", "answer_seconds_bucket", 'answer_seconds{job=~"sh.*"}'])
def test_classic_series_share_one_histogram_id(selector: str) -> None:
    roles = [histogram(selector).role_of(bucket(edge)) for edge in ("0.5", "1", "1e3", "+Inf")]
    assert [role.edge for role in roles if isinstance(role, HistogramRole)] == [0.5, 1.0, 1000.0, math.inf]
    assert len({role.histogram_id for role in roles if isinstance(role, HistogramRole)}) == 1


def test_classic_and_native_series_share_one_histogram_id() -> None:
    definition = histogram("answer_seconds")
    native, classic = definition.role_of(SHOP), definition.role_of(bucket("1"))
    assert isinstance(native, HistogramRole)
    assert isinstance(classic, HistogramRole)
    assert (native.histogram_id, native.edge) == (classic.histogram_id, None)
    other_role = definition.role_of(SHOP | {"job": "bank"})
    assert isinstance(other_role, HistogramRole)
    assert other_role.histogram_id != native.histogram_id


@pytest.mark.parametrize(
    "labels",
    [
        bucket("NaN"),
        bucket("fast"),
        bucket("1", job="bank"),
        SHOP | {"le": "1"},
        SHOP | {"__name__": "answer_seconds_sum"},
        SHOP | {"__name__": "other_bucket", "le": "1"},
    ],
)
def test_series_without_a_role_in_a_histogram(labels: dict[str, str]) -> None:
    assert histogram('answer_seconds{job="shop"}').role_of(labels) is None


def test_the_counters_of_a_histogram_may_be_deltas() -> None:
    role = histogram("answer_seconds", counters="delta").role_of(bucket("1"))
    assert isinstance(role, HistogramRole)
    assert role.delta


def test_metrics_that_a_histogram_can_be_bound_to() -> None:
    assert histogram("answer_seconds").metric_names == {"answer_seconds", "answer_seconds_bucket"}


def test_every_event_of_a_volume_is_good() -> None:
    assert defined("volume", ("orders_total", "total")).role_of({"__name__": "orders_total"}) == SampleRole(1, 1)
    volume = defined("volume", counters="delta")
    pushed = {"__indicator__": str(volume.indicator_id), "__part__": "value"}
    assert volume.role_of(pushed) == SampleRole(1, 1, delta=True)
    assert volume.role_of(pushed | {"__part__": "good"}) is None


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("volume", ["value"]),
        ("volume", ["good", "total"]),
        ("quality", ["total"]),
        ("quality", ["value"]),
        ("histogram", ["total"]),
        ("ratio", ["total"]),
    ],
)
def test_parts_that_a_kind_does_not_take_are_refused(kind: str, parts: list[str]) -> None:
    with pytest.raises(SeriesPartsMismatch):
        defined(kind, *((f"m{number}", part) for number, part in enumerate(parts))).check()


@pytest.mark.parametrize(
    ("kind", "good_when", "threshold", "fits"),
    [
        ("histogram", "at_most", 0.3, True),
        ("histogram", None, None, True),
        ("histogram", "at_least", 0.3, False),
        ("histogram", "at_most", None, False),
        ("volume", None, None, True),
        ("volume", "at_most", 3.0, False),
        ("quality", None, None, True),
        ("quality", "at_least", 3.0, False),
    ],
)
def test_thresholds_of_kinds(kind: str, good_when: str | None, threshold: float | None, *, fits: bool) -> None:
    definition = defined(kind, good_when=good_when, threshold=threshold)
    if fits:
        definition.check()
    else:
        with pytest.raises(ThresholdMismatch):
            definition.check()


def test_a_threshold_is_compared_as_it_is_written() -> None:
    limit = histogram("answer_seconds", good_when="at_most", threshold=0.1).limit
    assert str(limit) == "0.1"
