"""What an amendment may say: from which day, and on what; and which day has no statement yet."""

from datetime import date, datetime
from http import HTTPStatus
from typing import ClassVar

from common.errors import DomainError
from sla.agreements.lifecycle import Lifecycle
from sla.agreements.schedule import ONE_DAY, Schedule
from sla.agreements.states import AgreementState
from sla.agreements.terms import Terms


class AgreementNotInForce(DomainError, slug="agreement-not-in-force"):
    """Only what both sides have signed, and what has not ended, is amended, renewed, suspended or terminated."""


class TerminationGiven(DomainError, slug="termination-given"):
    """After a notice of termination, terms and last day stay as they are."""


class AmendmentUnderWay(DomainError, slug="amendment-under-way"):
    """One amendment is negotiated at a time."""


class AmendmentRewritesHistory(DomainError, slug="amendment-rewrites-history"):
    """An amendment is valid from a day that no statement has been issued for."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class AmendmentAfterEnd(DomainError, slug="amendment-after-end"):
    """An amendment follows on what it amends without a gap."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class AmendmentChangesTimeZone(DomainError, slug="amendment-elsewhere"):
    """All versions of an agreement count their days in one time zone; another zone takes a new agreement."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


def first_open_day(schedule: Schedule, review_due_at: datetime | None) -> date | None:
    """The first day of the oldest review period without a statement; null when there is none."""
    if review_due_at is not None:
        found = schedule.period_ending_at(review_due_at)
        return found[1].first_day if found else None
    return schedule.last_day + ONE_DAY if schedule.last_day else schedule.first_day


def check_in_force(state: AgreementState) -> None:
    if not state.is_signed_by_both or state is AgreementState.ENDED:
        raise AgreementNotInForce(f"The agreement is {state.replace('_', ' ')}.")


def check_changeable(state: AgreementState, course: Lifecycle) -> None:
    check_in_force(state)
    if course.is_terminated:
        raise TerminationGiven(f"It ends on {course.schedule.last_day}.")


def check_amendment(course: Lifecycle, open_day: date | None, terms: Terms) -> None:
    schedule = course.schedule
    if open_day is not None and terms.starts_on < open_day:
        raise AmendmentRewritesHistory(f"The first day without a statement is {open_day}.", field="terms.starts_on")
    if schedule.last_day is not None and terms.starts_on > schedule.last_day + ONE_DAY:
        raise AmendmentAfterEnd(f"What is in force ends on {schedule.last_day}.", field="terms.starts_on")
    zone = schedule.bindings[0].terms.service_hours.timezone
    if terms.service_hours.timezone != zone:
        raise AmendmentChangesTimeZone(f"The agreement is in {zone}.", field="terms.service_hours.timezone")
