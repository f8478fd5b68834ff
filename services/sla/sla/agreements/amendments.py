"""When an agreement may change, and from which day: the first one that no statement has been issued for."""

from datetime import date, datetime

from common.dates import ONE_DAY
from common.names import in_words
from sla.agreements import errors
from sla.agreements.lifecycle import Lifecycle
from sla.agreements.schedule import Schedule
from sla.agreements.states import IN_FORCE_STATES, AgreementState
from sla.agreements.terms import Terms


def first_open_day(schedule: Schedule, review_due_at: datetime | None) -> date | None:
    """Return the first day of the oldest review period without a statement, or None when there is none."""
    if review_due_at is not None:
        due = schedule.period_ending_at(review_due_at)
        return due[1].first_day if due else None
    return schedule.last_day + ONE_DAY if schedule.last_day else schedule.first_day


def check_in_force(state: AgreementState) -> None:
    if state not in IN_FORCE_STATES:
        raise errors.AgreementNotInForce(f"The agreement is {in_words(state)}: only an agreement in force allows this.")


def check_not_terminated(lifecycle: Lifecycle) -> None:
    if lifecycle.is_terminated:
        raise errors.TerminationGiven(
            f"Notice of termination was given: the agreement ends on {lifecycle.schedule.last_day}."
        )


def check_amendable(state: AgreementState, lifecycle: Lifecycle) -> None:
    check_in_force(state)
    check_not_terminated(lifecycle)


def check_amendment(state: AgreementState, lifecycle: Lifecycle, review_due_at: datetime | None, terms: Terms) -> None:
    """Check that `terms` can follow those in force, from a day on that has no statement."""
    check_amendable(state, lifecycle)
    schedule = lifecycle.schedule
    open_day = first_open_day(schedule, review_due_at)
    if open_day is not None and terms.starts_on < open_day:
        message = f"Start the amendment on {open_day} or later: earlier days have a statement."
        raise errors.AmendmentRewritesHistory(message, field="terms.starts_on")
    if schedule.last_day is not None and terms.starts_on > schedule.last_day + ONE_DAY:
        latest = schedule.last_day + ONE_DAY
        message = f"Start the amendment on {latest} at the latest: what is in force ends the day before."
        raise errors.AmendmentAfterEnd(message, field="terms.starts_on")
    zone = schedule.bindings[0].terms.service_hours.timezone
    if terms.service_hours.timezone != zone:
        raise errors.AmendmentChangesTimeZone(f"The agreement is in {zone}.", field="terms.service_hours.timezone")
