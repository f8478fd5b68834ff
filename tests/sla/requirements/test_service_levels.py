"""How far an objective falls short of what is wanted: on numbers alone."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from sla.agreements.terms import Terms
from sla.requirements.answered_requirements import compute_coverage, list_committed_objectives
from sla.requirements.level_comparison import LevelComparison, compare_to_objective
from sla.requirements.required_service_level import RequiredServiceLevel

INDICATOR = UUID(int=7)
FIRST, SECOND, THIRD = (UUID(int=number) for number in (1, 2, 3))
AVAILABLE = {"kind": "availability", "target": "99.9", "method": "time", "missing": "bad"}
FAST = {"kind": "latency_percentile", "target": "95", "limit": "300"}
MANY = {"kind": "volume", "direction": "at_least", "limit": 1000, "per": "hour"}
SOON = {"kind": "response_time", "priorities": [1, 2], "within": "PT30M", "target": "95"}

Matched = Callable[..., LevelComparison]


@pytest.fixture
def matched(terms: Callable[..., Terms]) -> Matched:
    def of(level: dict[str, Any], objective: dict[str, Any], **more: Any) -> LevelComparison:
        measured = {} if "priorities" in objective else {"indicator_id": str(INDICATOR)}
        agreed = terms(objectives=[{"name": "Promise", **measured, **objective}])
        return compare_to_objective(
            RequiredServiceLevel.model_validate({"level": level, **more}), agreed.objectives[0], agreed
        )

    return of


@pytest.mark.parametrize(
    ("level", "objective", "gap"),
    [
        ({"kind": "availability", "target": "99.9"}, AVAILABLE, None),
        ({"kind": "availability", "target": "99.5"}, AVAILABLE, None),
        (
            {"kind": "availability", "target": "99.95"},
            AVAILABLE,
            "99.95 % is wanted, 99.9 % is agreed: 0.05 points less.",
        ),
        ({"kind": "latency_percentile", "target": "95", "limit": "300"}, FAST, None),
        ({"kind": "latency_percentile", "target": "90", "limit": "500"}, FAST, None),
        (
            {"kind": "latency_percentile", "target": "95", "limit": "250"},
            FAST,
            "At most 250 is wanted, 300 is agreed.",
        ),
        (MANY, MANY, None),
        (MANY | {"limit": 900}, MANY, None),
        (
            MANY | {"limit": 1001},
            MANY,
            "At least 1001 per hour is wanted, At least 1000 per hour is agreed.",
        ),
        (MANY | {"direction": "at_most"}, MANY | {"direction": "at_most", "limit": 999}, None),
        (
            MANY | {"per": "day"},
            MANY,
            "At least 1000 per day is wanted, At least 1000 per hour is agreed.",
        ),
        (SOON, SOON, None),
        (SOON | {"within": "PT15M"}, SOON, "PT15M is wanted, PT30M is agreed."),
        (SOON | {"priorities": [1, 3, 4]}, SOON, "Nothing is agreed for priority 3, 4."),
    ],
)
def test_the_gap_is_named(matched: Matched, level: dict[str, Any], objective: dict[str, Any], gap: str | None) -> None:
    assert matched(level, objective) == (gap is None, () if gap is None else (gap,))


def test_other_kinds_cannot_be_compared(matched: Matched) -> None:
    comparison = matched({"kind": "ratio", "target": "1"}, AVAILABLE)
    assert comparison == (None, ("Ratio is wanted, Availability is agreed.",))


def test_hours_wanted_have_to_be_agreed(matched: Matched) -> None:
    """Service from 8 to 18 on work days, closed at Christmas, which is a Friday in 2026."""
    level = {"kind": "availability", "target": "99"}
    days = ("mon", "tue", "wed", "thu", "fri")
    closures = [{"from": "12-25", "every": "year"}]
    wide = {"timezone": "Europe/Paris", "hours": {day: [["08:00", "18:30"]] for day in days}, "closures": closures}
    open_at_christmas = wide | {"hours": {day: [["08:00", "18:00"]] for day in days}, "closures": []}
    narrow = open_at_christmas | {"closures": closures}
    assert matched(level, AVAILABLE, hours=narrow).met
    assert matched(level, AVAILABLE, hours=open_at_christmas).gaps == (
        "In the first year, PT10H of the hours wanted are not agreed.",
    )
    met, gaps = matched(level, AVAILABLE, hours=wide)
    assert (met, "PT130H" in gaps[0]) == (False, True)


def test_business_days_are_compared_with_business_days_only(matched: Matched) -> None:
    days = {key: value for key, value in SOON.items() if key != "within"}

    assert matched(days | {"within_business_days": 2}, days | {"within_business_days": 1}).met
    assert matched(days | {"within_business_days": 1}, days | {"within_business_days": 2}) == (
        False,
        ("1 business day is wanted, 2 business days is agreed.",),
    )
    assert matched(days | {"within_business_days": 1}, SOON) == (
        None,
        ("1 business day is wanted, PT30M is agreed.",),
    )


@pytest.mark.parametrize(
    ("required_shift", "agreed_shift", "gaps"),
    [
        (("08:00", "12:00"), ("08:00", "12:00"), ()),
        (("08:00", "12:00"), ("09:00", "11:00"), ()),
        (
            ("08:00", "12:00"),
            ("08:00", "24:00"),
            ("In the first year, 52 of the business days wanted end later in the hours agreed.",),
        ),
    ],
)
def test_business_days_have_to_be_agreed_and_end_no_later(
    matched: Matched, required_shift: tuple[str, str], agreed_shift: tuple[str, str], gaps: tuple[str, ...]
) -> None:
    """Unlike service time, a business day is over later if it has more hours."""
    level = {key: value for key, value in SOON.items() if key != "within"} | {"within_business_days": 1}
    mondays = {"timezone": "Europe/Paris", "hours": {"mon": [required_shift]}}
    work_days = {"timezone": "Europe/Paris", "hours": {day: [agreed_shift] for day in ("mon", "tue")}}

    assert matched(level, level | {"hours": work_days}, hours=mondays) == (not gaps, gaps)


def test_business_days_that_are_not_agreed_are_counted(matched: Matched) -> None:
    level = {key: value for key, value in SOON.items() if key != "within"} | {"within_business_days": 1}
    mondays, tuesdays, elsewhere = (
        {"timezone": zone, "hours": {day: [["08:00", "12:00"]]}}
        for zone, day in (("Europe/Paris", "mon"), ("Europe/Paris", "tue"), ("Asia/Tokyo", "mon"))
    )

    assert matched(level, level | {"hours": tuesdays}, hours=mondays) == (
        False,
        ("In the first year, 52 of the business days wanted are not agreed.",),
    )
    met, (sentence,) = matched(level, level | {"hours": elsewhere}, hours=mondays)
    assert (met, "Asia/Tokyo" in sentence) == (None, True)


def test_incidents_may_have_hours_of_their_own(matched: Matched) -> None:
    always = {"timezone": "Europe/Paris", "hours": "24x7"}
    assert matched(SOON, SOON | {"hours": always}, hours=always).met
    assert not matched(SOON, SOON, hours=always).met


@pytest.mark.parametrize(
    "level",
    [
        {"kind": "availability"},
        {"kind": "availability", "target": "0"},
        {"kind": "availability", "target": "99", "limit": "3"},
        {"kind": "latency_percentile", "target": "95"},
        {"kind": "response_time", "target": "95", "within": "PT0S", "priorities": [1]},
        {"kind": "speed", "target": "95"},
    ],
)
def test_a_level_has_to_be_complete_for_its_kind(level: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RequiredServiceLevel.model_validate({"level": level})


def test_coverage_lists_answers_and_open_requirements(terms: Callable[..., Terms]) -> None:
    level = RequiredServiceLevel.model_validate({"level": {"kind": "availability", "target": "99.95"}})
    objectives = [
        {"name": "A", "indicator_id": str(INDICATOR), "answers": [str(FIRST), str(THIRD)], **AVAILABLE},
        {"name": "B", "indicator_id": str(INDICATOR), "answers": [str(FIRST)], **AVAILABLE, "target": "99.99"},
        {"name": "C", "indicator_id": str(INDICATOR), **AVAILABLE},
    ]
    commitments = list_committed_objectives(UUID(int=9), 2, terms(objectives=objectives))

    coverage = compute_coverage({FIRST: level, SECOND: level}, commitments)

    assert [(answer.objective_name, answer.requirement_id, answer.met) for answer in coverage.answers] == [
        ("A", FIRST, False),
        ("A", THIRD, None),
        ("B", FIRST, True),
    ]
    assert [committed.objective_name for committed in coverage.without_requirement] == ["C"]
    assert coverage.unanswered_ids == [SECOND]
    assert coverage.not_met == []
    assert [answer.objective_name for answer in coverage.answers_to(FIRST)] == ["A", "B"]
