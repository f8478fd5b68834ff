"""When an agreement can be renewed, suspended and terminated, judged on its course alone."""

from datetime import date, datetime, timedelta

from sla.agreements.amendments import AgreementNotInForce, check_changeable, check_in_force
from sla.agreements.lifecycle import Lifecycle
from sla.agreements.states import AgreementState
from sla.agreements.suspensions import (
    NothingToRenew,
    NoticeTooShort,
    RenewalNotLater,
    SuspensionOutsideAgreement,
    TerminationAfterEnd,
    check_no_overlap,
)


def check_renewal(state: AgreementState, course: Lifecycle, last_day: date, at: datetime) -> None:
    check_changeable(state, course)
    last = course.schedule.last_day
    if last is None:
        raise NothingToRenew("It runs until it is ended.")
    if last < course.schedule.local_day(at):
        raise AgreementNotInForce(f"Its last day was {last}.")
    if last_day <= last:
        raise RenewalNotLater(f"It runs to {last}.", field="last_day")


def check_suspension(state: AgreementState, course: Lifecycle, start: datetime, end: datetime | None) -> None:
    check_in_force(state)
    if end is not None and end <= start:
        raise SuspensionOutsideAgreement("It would end before it begins.", field="to")
    if course.schedule.binding_on(course.schedule.local_day(start)) is None:
        raise SuspensionOutsideAgreement("Nothing is promised then.", field="from")
    check_no_overlap(course.suspensions, start, end)


def check_termination(state: AgreementState, course: Lifecycle, last_day: date, at: datetime) -> None:
    check_changeable(state, course)
    schedule, binding = course.schedule, course.binding_at(at)
    notice = timedelta(days=(binding or schedule.bindings[0]).terms.termination_notice_days)
    earliest = max(schedule.local_day(at) + notice, schedule.bindings[0].first_day)
    if last_day < earliest:
        raise NoticeTooShort(f"The earliest last day is {earliest}.", field="last_day")
    if schedule.last_day is not None and last_day > schedule.last_day:
        raise TerminationAfterEnd(f"It ends on {schedule.last_day}.", field="last_day")
