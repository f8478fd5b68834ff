"""Which series is which part of an indicator, and which definitions hold together."""

from typing import Any

import pytest

from common.ids import new_id
from sla.indicators.definition import IndicatorDefinition
from sla.indicators.errors import SeriesPartsMismatch, ThresholdMismatch
from sla.indicators.rollup_rules import VALUE_ROLE, SampleRole

LABELS = {"__name__": "requests", "code": "503"}


def defined(kind: str, *parts: tuple[str, str], **fields: Any) -> IndicatorDefinition:
    judged = {} if kind == "ratio" else {"good_when": "at_most", "threshold": 1.0}
    usual: dict[str, Any] = {"good_when": None, "threshold": None, "holds_for": 300, "counters": "cumulative"}
    series = [{"selector": text, "part": part} for text, part in parts]
    return IndicatorDefinition.from_row({"id": new_id(), "kind": kind, "series": series} | usual | judged | fields)


@pytest.mark.parametrize(
    ("parts", "role"),
    [
        ([("requests", "total"), ("requests{code=~'5..'}", "bad")], SampleRole(0, 1)),
        ([("requests", "total"), ("requests{code=~'2..'}", "good")], SampleRole(0, 1)),
        ([("requests{code=~'[45]..'}", "good"), ("requests", "total")], SampleRole(1, 1)),
        ([("requests{code=~'2..'}", "good"), ("requests{code!~'2..'}", "bad")], SampleRole(0, 1)),
        ([("requests{code='503'}", "good"), ("other", "bad")], SampleRole(1, 1)),
        ([("errors", "bad"), ("requests", "total")], SampleRole(1, 1)),
        ([("requests", "bad"), ("all", "total")], SampleRole(-1, 0)),
        ([("errors", "bad"), ("all", "total")], None),
    ],
)
def test_the_role_of_a_part_in_a_ratio(parts: list[tuple[str, str]], role: SampleRole | None) -> None:
    assert defined("ratio", *parts).role_of(LABELS) == role


def test_values_are_values_however_often_they_match() -> None:
    assert defined("latency", ("requests", "value"), ("requests{code=~'.+'}", "value")).role_of(LABELS) == VALUE_ROLE


def test_samples_pushed_by_id_belong_to_that_indicator_only() -> None:
    ratio = defined("ratio", counters="cumulative")
    pushed = {"__indicator__": str(ratio.indicator_id), "__part__": "good"}
    assert ratio.role_of(pushed) == SampleRole(1, 0, delta=True)
    assert defined("ratio").role_of(pushed) is None


@pytest.mark.parametrize(
    "parts", [["good"], ["total"], ["good", "bad", "total"], ["value"], ["value", "total"], ["good", "good"]]
)
def test_a_ratio_is_made_of_two_parts(parts: list[str]) -> None:
    with pytest.raises(SeriesPartsMismatch):
        defined("ratio", *((f"m{number}", part) for number, part in enumerate(parts))).check()


@pytest.mark.parametrize("kind", ["availability", "latency", "gauge"])
def test_values_need_a_threshold(kind: str) -> None:
    defined(kind, ("up", "value")).check()
    for missing in ({"threshold": None}, {"good_when": None}, {"threshold": None, "good_when": None}):
        with pytest.raises(ThresholdMismatch):
            defined(kind, ("up", "value"), **missing).check()
    with pytest.raises(SeriesPartsMismatch):
        defined(kind, ("up", "good"), ("up", "total")).check()


def test_a_ratio_takes_no_threshold() -> None:
    defined("ratio").check()
    with pytest.raises(ThresholdMismatch):
        defined("ratio", threshold=1.0, good_when="above").check()
