"""Clocks of incidents whose time is allowed in business days: over with the service hours of the last of them."""

import pytest
from pydantic import ValidationError

from sla.hours.spans import HOUR, Span
from sla.incidents.clocks.clock_pauses import ClockContext
from sla.incidents.clocks.model import IncidentClockTerms
from sla.incidents.clocks.verdict import ClockVerdict, evaluate_clock
from sla.incidents.history import build_history
from tests.sla.incidents.shorthand import OFFICE, at, clock, evaluate, reported, verdict_of

ONE_DAY = clock(None, kind="response_time", calendar=OFFICE, business_days=1)
TWO_DAYS = clock(None, calendar=OFFICE, business_days=2)


@pytest.mark.parametrize(
    ("opened", "due_at"),
    [
        ("09:00", at("41:00")),
        ("20:00", at("41:00")),
        ("24:30", at("65:00")),
        ("97:00", at("17:00") + 7 * 24 * HOUR),  # on Friday: by the end of Monday
    ],
)
def test_one_business_day_is_over_with_the_service_hours_of_the_next_one(opened: str, due_at: int) -> None:
    assert evaluate(ONE_DAY, "99:00", f"{opened} opened 2").deadline.due_at == due_at


def test_an_answer_at_closing_time_is_in_time() -> None:
    on_time, too_late = ["09:00 opened 2", "41:00 acknowledged"], ["09:00 opened 2", "41:01 acknowledged"]

    assert verdict_of(evaluate(ONE_DAY, "50:00", *on_time)) == ("in_time", "03 17:00")
    assert verdict_of(evaluate(ONE_DAY, "50:00", *too_late)) == ("late", "03 17:00")


def test_a_day_does_not_count_at_whose_end_the_clock_stands_still() -> None:
    over_the_evening = ["09:00 opened 2", "40:00 paused user", "60:00 resumed"]
    at_noon = ["09:00 opened 2", "36:00 paused user", "37:00 resumed"]

    assert evaluate(TWO_DAYS, "61:00", *at_noon).deadline.due_at == at("65:00")
    assert evaluate(TWO_DAYS, "61:00", *over_the_evening).deadline.due_at == at("89:00")


def test_an_open_pause_keeps_the_deadline_away() -> None:
    assert evaluate(TWO_DAYS, "98:00", "09:00 opened 2", "40:00 paused user").deadline.due_at is None


def test_a_day_on_which_the_agreement_is_suspended_does_not_count() -> None:
    context = ClockContext(build_history(reported("09:00 opened 2")), TWO_DAYS, [Span(at("24:00"), at("48:00"))])
    evaluation = evaluate_clock(context, at("30:00"))
    assert evaluation is not None
    assert evaluation.deadline.due_at == at("89:00")


def test_the_warning_comes_after_the_share_of_the_service_time_up_to_the_deadline() -> None:
    """From Monday 09:00 to Wednesday 17:00 there are 24 hours of service; 18 are over on Wednesday at 11:00."""
    evaluation = evaluate(TWO_DAYS, "10:00", "09:00 opened 2")
    assert (evaluation.deadline.due_at, evaluation.deadline.due_soon_at) == (at("65:00"), at("59:00"))


def test_a_new_priority_counts_the_days_from_the_opening_or_anew() -> None:
    lines = ["09:00 opened 2", "33:00 priority_changed 1"]
    anew = clock(None, calendar=OFFICE, business_days=2, priority_change="restart")

    assert evaluate(TWO_DAYS, "34:00", *lines).deadline.due_at == at("65:00")
    assert evaluate(anew, "34:00", *lines).deadline.due_at == at("89:00")


def test_what_was_resolved_at_the_end_of_a_day_does_not_use_it_up() -> None:
    lines = ["09:00 opened 2", "40:00 resolved", "57:00 reopened"]
    going_on = clock(None, calendar=OFFICE, business_days=2, reopening="continue")

    assert evaluate(TWO_DAYS, "58:00", *lines).deadline.due_at == at("89:00")
    assert evaluate(going_on, "58:00", *lines).deadline.due_at == at("65:00")


def test_nothing_is_late_before_its_day_is_over() -> None:
    evaluation = evaluate(ONE_DAY, "40:59", "09:00 opened 2")
    assert (evaluation.verdict, evaluation.deadline.breach_at) == (ClockVerdict.RUNNING, at("41:00"))


def test_the_time_is_given_in_one_unit_and_stored_as_it_was_given() -> None:
    for within, days in ((HOUR, 1), (None, None)):
        with pytest.raises(ValidationError, match="either as within or as within_business_days"):
            clock(within, business_days=days)

    documents = [terms.to_document()["objective"] for terms in (clock(HOUR), ONE_DAY)]
    assert ["within_business_days" in document for document in documents] == [False, True]
    assert ["within" in document for document in documents] == [True, False]
    assert IncidentClockTerms(sha256=ONE_DAY.sha256, document=ONE_DAY.to_document()).terms == ONE_DAY
