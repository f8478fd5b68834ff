"""What of planned maintenance is excluded by the policy of the agreement: on numbers alone."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.agreements.terms import Terms
from sla.exclusions.exclusion_rules import ExclusionDecision, ExclusionOutcome
from sla.exclusions.maintenance.agreement_windows import (
    AgreementWindow,
    maintenance_decisions,
    review_periods_touching,
)
from sla.hours.spans import HOUR, MINUTE, Span, intersection, to_microseconds, total_length, union

PARIS = ZoneInfo("Europe/Paris")
A, B, C = (UUID(int=number) for number in (1, 2, 3))
ALWAYS = {"timezone": "Europe/Paris", "hours": "24x7"}


def at(day: int, hour: int = 0, minute: int = 0, month: int = 2) -> int:
    return to_microseconds(datetime(2026, month, day, hour, minute, tzinfo=PARIS))


def month(number: int = 2) -> Span:
    return Span(at(1, month=number), at(1, month=number + 1))


def window(start: int, end: int, key: UUID = A, **changes: Any) -> AgreementWindow:
    usual = {"announced_at": at(1, month=1), "provider_approved": True}
    return AgreementWindow(maintenance_id=key, reason="Upgrade", span=Span(start, end), **usual | changes)


Agreed = Callable[..., Terms]


@pytest.fixture
def agreed(terms: Callable[..., Terms]) -> Agreed:
    """Terms with service at all hours, and a policy of maintenance."""

    def of(cap: str | None = None, notice: str = "PT72H", *, customer: bool = False, **changes: Any) -> Terms:
        policy = {"notice": notice, "cap": cap, "approved_by_customer": customer}
        return terms(**{"service_hours": ALWAYS, "maintenance": policy} | changes)

    return of


def outcomes(decisions: list[ExclusionDecision]) -> list[tuple[str, Span]]:
    return [(decision.outcome.value, decision.exclusion.span) for decision in decisions]


def excluded_spans(decisions: list[ExclusionDecision]) -> list[Span]:
    return union(decision.exclusion.span for decision in decisions if decision.is_excluded)


def test_maintenance_announced_in_time_and_approved_is_excluded(agreed: Agreed) -> None:
    decisions = maintenance_decisions([window(at(10, 2), at(10, 4))], agreed(), month())
    assert outcomes(decisions) == [("excluded", Span(at(10, 2), at(10, 4)))]
    assert decisions[0].exclusion.cause == "maintenance"
    assert decisions[0].exclusion.objective_ids is None


@pytest.mark.parametrize(("announced", "outcome"), [(at(7, 2), "excluded"), (at(7, 2, 1), "short_notice")])
def test_the_notice_is_kept_to_the_minute(agreed: Agreed, announced: int, outcome: str) -> None:
    decisions = maintenance_decisions([window(at(10, 2), at(10, 4), announced_at=announced)], agreed(), month())
    assert [actual_outcome for actual_outcome, _ in outcomes(decisions)] == [outcome]


def test_notice_is_elapsed_time_also_where_the_clocks_change(agreed: Agreed) -> None:
    """72 hours before 30 March, 02:00 is 27 March, 01:00: the night of the 29th has an hour less."""
    start, end = at(30, 2, month=3), at(30, 4, month=3)
    early, late = at(27, 1, month=3), at(27, 1, 1, month=3)
    assert excluded_spans(maintenance_decisions([window(start, end, announced_at=early)], agreed(), month(3)))
    assert not excluded_spans(maintenance_decisions([window(start, end, announced_at=late)], agreed(), month(3)))


@pytest.mark.parametrize(
    ("changes", "customer", "outcome"),
    [
        ({"provider_approved": None}, False, "not_approved"),
        ({"provider_approved": False}, False, "refused"),
        ({}, True, "not_approved"),
        ({"customer_approved": False}, True, "refused"),
        ({"customer_approved": True, "provider_approved": None}, True, "excluded"),
        ({"customer_approved": False}, False, "excluded"),
        ({"cancelled": True}, False, "cancelled"),
        ({"overrun": True}, False, "overran"),
        ({"announced_at": at(10, 3)}, False, "short_notice"),
    ],
)
def test_maintenance_not_as_agreed_is_not_excluded_and_the_outcome_says_why(
    agreed: Agreed, changes: dict[str, Any], customer: bool, outcome: str
) -> None:
    decisions = maintenance_decisions([window(at(10, 2), at(10, 4), **changes)], agreed(customer=customer), month())
    assert [decision.outcome for decision in decisions] == [outcome]
    assert decisions[0].why.endswith(".")


def test_without_a_policy_nothing_is_excluded(agreed: Agreed) -> None:
    decisions = maintenance_decisions([window(at(10, 2), at(10, 4))], agreed(maintenance=None), month())
    assert [decision.outcome for decision in decisions] == [ExclusionOutcome.NOT_AGREED]


def test_work_that_ended_early_gives_the_rest_of_its_window_back(agreed: Agreed) -> None:
    ended_early = window(at(10, 2), at(10, 6), work_ended_at=at(10, 3))
    broken_off = window(at(11, 2), at(11, 6), B, work_ended_at=at(11, 3), cancelled=True)
    assert outcomes(maintenance_decisions([ended_early, broken_off], agreed(), month())) == [
        ("excluded", Span(at(10, 2), at(10, 3))),
        ("work_had_ended", Span(at(10, 3), at(10, 6))),
        ("excluded", Span(at(11, 2), at(11, 3))),
        ("cancelled", Span(at(11, 3), at(11, 6))),
    ]


def test_a_window_after_the_work_ended_is_not_excluded(agreed: Agreed) -> None:
    later = window(at(12, 2), at(12, 4), work_ended_at=at(10, 3))
    assert outcomes(maintenance_decisions([later], agreed(), month())) == [
        ("work_had_ended", Span(at(12, 2), at(12, 4)))
    ]


def test_only_time_in_service_is_excluded_and_spends_the_cap(agreed: Agreed) -> None:
    """Tuesday 10 February, in service from 8 to 18: of 6 to 12 four hours, of which three are allowed."""
    terms = agreed("PT3H", service_hours={"timezone": "Europe/Paris", "hours": {"tue": [["08:00", "18:00"]]}})
    assert outcomes(maintenance_decisions([window(at(10, 6), at(10, 12))], terms, month())) == [
        ("outside_service_hours", Span(at(10, 6), at(10, 8))),
        ("excluded", Span(at(10, 8), at(10, 11))),
        ("beyond_cap", Span(at(10, 11), at(10, 12))),
    ]


def test_the_cap_is_spent_in_the_order_of_time_and_anew_in_each_review_period(agreed: Agreed) -> None:
    first, second = window(at(20, 0), at(20, 3), B), window(at(10, 0), at(10, 3))
    over = window(at(28, 22), at(1, 2, month=3), C)
    decisions = maintenance_decisions([first, second, over], agreed("PT4H"), Span(at(1), at(1, month=4)))
    assert outcomes(decisions) == [
        ("excluded", Span(at(10, 0), at(10, 3))),
        ("excluded", Span(at(20, 0), at(20, 1))),
        ("beyond_cap", Span(at(20, 1), at(20, 3))),
        ("beyond_cap", Span(at(28, 22), at(1, month=3))),
        ("excluded", Span(at(1, month=3), at(1, 2, month=3))),
    ]


def test_time_that_two_windows_share_spends_the_cap_once(agreed: Agreed) -> None:
    decisions = maintenance_decisions(
        [window(at(10, 2), at(10, 5)), window(at(10, 3), at(10, 6), B)], agreed("PT4H"), month()
    )
    assert excluded_spans(decisions) == [Span(at(10, 2), at(10, 6))]


def test_a_span_inside_of_a_period_finds_the_cap_spent_before_it(agreed: Agreed) -> None:
    windows = [window(at(10, 0), at(10, 3)), window(at(20, 0), at(20, 3), B)]
    assert outcomes(maintenance_decisions(windows, agreed("PT4H"), Span(at(20, 0), at(20, 2)))) == [
        ("excluded", Span(at(20, 0), at(20, 1))),
        ("beyond_cap", Span(at(20, 1), at(20, 2))),
    ]


def test_review_periods_are_cut_where_the_terms_begin(agreed: Agreed) -> None:
    terms = agreed(starts_on="2026-02-10", review_period="calendar_quarter")
    quarter = Span(at(1, month=1), at(1, month=4))
    assert review_periods_touching(terms, quarter) == [Span(quarter.start, at(10)), Span(at(10), quarter.end)]
    assert review_periods_touching(terms, Span(at(11), at(12))) == [
        Span(quarter.start, at(10)),
        Span(at(10), quarter.end),
    ]


def test_review_periods_are_local(agreed: Agreed) -> None:
    """The last hour of February in UTC is in March in Paris."""
    last = to_microseconds(datetime(2026, 2, 28, 23, tzinfo=UTC))
    assert review_periods_touching(agreed(), Span(last, last + HOUR)) == [month(3)]


spans = st.tuples(st.integers(0, 90 * 24 * 4), st.integers(1, 40)).map(
    lambda pair: Span(at(1) + pair[0] * 15 * MINUTE, at(1) + (pair[0] + pair[1]) * 15 * MINUTE)
)


@given(st.lists(spans, max_size=12), st.integers(0, 40), st.integers(0, 2**32))
def test_whatever_is_announced_the_cap_holds_and_every_minute_is_accounted_for(
    windows: list[Span], quarters: int, seed: int
) -> None:
    terms = Terms.model_validate(_BARE | {"maintenance": {"notice": "PT0S", "cap": f"PT{quarters * 15}M"}})
    announced = [window(*span, UUID(int=seed + place)) for place, span in enumerate(windows)]
    evaluated_span = Span(at(1), at(1, month=6))
    decisions = maintenance_decisions(announced, terms, evaluated_span)
    assert union(decision.exclusion.span for decision in decisions) == union(windows)
    for unit in review_periods_touching(terms, evaluated_span):
        excluded = intersection(excluded_spans(decisions), [unit])
        hours = terms.service_hours.to_service_hours().in_service_spans(unit)
        assert total_length(excluded) <= quarters * 15 * MINUTE
        assert intersection(excluded, hours) == excluded
        allowed = min(quarters * 15 * MINUTE, total_length(intersection(intersection(union(windows), [unit]), hours)))
        assert total_length(excluded) == allowed
    for narrow in (month(2), Span(at(14, 3), at(3, 7, month=3))):
        assert excluded_spans(maintenance_decisions(announced, terms, narrow)) == intersection(
            excluded_spans(decisions), [narrow]
        )


_BARE: dict[str, Any] = {
    "name": "Bare",
    "service_hours": {"timezone": "Europe/Paris", "hours": {d: [["08:00", "18:00"]] for d in ("mon", "wed", "sat")}},
    "objectives": [{"name": "Answers", "kind": "response_time", "priorities": [1], "within": "PT1H", "target": "90"}],
    "starts_on": "2026-01-15",
}
