"""When an agreement can be renewed, suspended, resumed and terminated."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sla.agreements.amendments import check_not_terminated
from sla.agreements.errors import AgreementNotInForce
from sla.agreements.lifecycle import Lifecycle, Suspension
from sla.notices import errors


def check_renewable(lifecycle: Lifecycle, at: datetime) -> date:
    """Check that the agreement can be renewed at all, and return its last day."""
    check_not_terminated(lifecycle)
    agreed_last_day = lifecycle.schedule.last_day
    if agreed_last_day is None:
        raise errors.NothingToRenew("The agreement runs until it is ended.")
    if agreed_last_day < lifecycle.schedule.local_day(at):
        raise AgreementNotInForce(f"The last day of the agreement was {agreed_last_day}.")
    return agreed_last_day


def check_renewal(lifecycle: Lifecycle, last_day: date, at: datetime) -> None:
    agreed_last_day = check_renewable(lifecycle, at)
    if last_day <= agreed_last_day:
        raise errors.RenewalNotLater(f"The agreement runs to {agreed_last_day}: give a later day.", field="last_day")


def check_no_pending_renewal(*, is_pending: bool) -> None:
    if is_pending:
        raise errors.RenewalUnderWay("Another renewal waits for consent: withdraw it or have it answered first.")


def check_suspension(lifecycle: Lifecycle, start: datetime, end: datetime | None) -> None:
    if end is not None and end <= start:
        raise errors.SuspensionOutsideAgreement("The suspension would end before it begins.", field="to")
    if lifecycle.schedule.binding_on(lifecycle.schedule.local_day(start)) is None:
        raise errors.SuspensionOutsideAgreement("Nothing is promised when the suspension would begin.", field="from")
    for suspension in lifecycle.suspensions:
        if (suspension.to is None or start < suspension.to) and (end is None or suspension.from_ < end):
            message = f"The agreement is suspended from {suspension.from_.isoformat()} already."
            raise errors.SuspensionsOverlap(message, field="from")


def check_resumption(suspensions: Iterable[Suspension], suspension_id: UUID, at: datetime) -> None:
    """Check that the suspension would be shorter if it ended at `at`."""
    ends = {suspension.id: suspension.to for suspension in suspensions}
    if suspension_id not in ends or ((end := ends[suspension_id]) is not None and end <= at):
        raise errors.NotSuspended("This suspension is not in effect at that time.", field="at")


def check_termination(lifecycle: Lifecycle, last_day: date, at: datetime) -> None:
    check_not_terminated(lifecycle)
    schedule, binding = lifecycle.schedule, lifecycle.binding_at(at)
    notice_period = (binding or schedule.bindings[0]).terms.notice_period
    earliest = max(notice_period.earliest_last_day(schedule.local_day(at)), schedule.bindings[0].first_day)
    if last_day < earliest:
        raise errors.NoticeTooShort(f"The earliest last day is {earliest}.", field="last_day")
    if schedule.last_day is not None and last_day > schedule.last_day:
        raise errors.TerminationAfterEnd(f"The agreement ends on {schedule.last_day} already.", field="last_day")
