"""The job that follows the calendar of contracts: it emits each due notice, renewal, obligation and end once."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from common.dates import ONE_DAY
from common.jobs.due_rows import due_rows_job
from common.service import PeriodicJob
from common.unit_of_work import UnitOfWork
from published.sla import ContractEnded, ContractNoticeDue, ContractObligationDue, ContractRenewed
from sla.contracts import store
from sla.contracts.model import Contract, NoticeReminder
from sla.contracts.obligations import ObligationReminder
from sla.contracts.term_schedule import ContractTerm, TermSchedule

JOB_NAME = "contracts-calendar"
INTERVAL = timedelta(minutes=1)


def periodic_job() -> PeriodicJob:
    return due_rows_job(JOB_NAME, INTERVAL, store.DUE_CONTRACTS, emit_due_events)


async def emit_due_events(work: UnitOfWork, contract: Contract) -> None:
    """Emit what is due by today, which is local to the contract, and schedule the next recheck."""
    today = contract.local_day(work.now)
    schedule = contract.term_schedule()
    _emit_renewals(work, contract, schedule, today)
    if (term := schedule.next_terminable_term(today)) is not None:
        await _emit_notice_due(work, contract, term, today)
    await _emit_obligations_due(work, contract, today)
    _emit_end(work, contract, today)
    days = [] if contract.is_end_emitted else [day for day in _event_days(contract, schedule, today) if day > today]
    contract.recheck_at = contract.versions[0].terms.start_of_day(min(days)) if days else None


def _emit_renewals(work: UnitOfWork, contract: Contract, schedule: TermSchedule, today: date) -> None:
    for term in schedule.list_begun_by(today)[contract.renewals_emitted + 1 :]:
        contract.renewals_emitted += 1
        work.emit(
            ContractRenewed.from_entity(
                contract, term, renewal=term.number - 1, term_months=term.months, noticed_at=work.now
            )
        )


async def _emit_notice_due(work: UnitOfWork, contract: Contract, term: ContractTerm, today: date) -> None:
    """Remind of the notice date with each lead that has come, unless the date has passed."""
    if not term.renews or term.notice_by is None:
        return
    for lead in contract.version_on(today).terms.remind_days:
        reminder: dict[str, date | int] = {"notice_by": term.notice_by, "lead_days": lead}
        is_due = term.notice_by - timedelta(days=lead) <= today
        if is_due and await store.add_reminder(work, NoticeReminder, contract_id=contract.id, **reminder):
            work.emit(
                ContractNoticeDue.from_entity(contract, **reminder, term_ends_on=term.last_day, noticed_at=work.now)
            )


async def _emit_obligations_due(work: UnitOfWork, contract: Contract, today: date) -> None:
    """Remind of what is open and due soon; a day that has passed is not reminded of."""
    for obligation in contract.obligations:
        for due_on in obligation.upcoming_due_days(today, contract.ends_on):
            reminder: dict[str, UUID | date] = {"obligation_id": obligation.id, "due_on": due_on}
            if await store.add_reminder(work, ObligationReminder, **reminder):
                work.emit(ContractObligationDue.from_entity(contract, obligation, **reminder, noticed_at=work.now))


def _emit_end(work: UnitOfWork, contract: Contract, today: date) -> None:
    if contract.ends_on is None or contract.ends_on >= today or contract.is_end_emitted:
        return
    contract.is_end_emitted = True
    by_notice = contract.notice_given_on is not None
    work.emit(ContractEnded.from_entity(contract, ended_on=contract.ends_on, by_notice=by_notice, noticed_at=work.now))


def _event_days(contract: Contract, schedule: TermSchedule, today: date) -> Iterator[date]:
    """The days on which there may be an event to emit; the next one of each kind is among them."""
    term = schedule.next_terminable_term(today)
    if term is not None and term.renews and term.notice_by is not None:
        yield term.notice_by + ONE_DAY
        yield from (term.notice_by - timedelta(days=lead) for lead in contract.version_on(today).terms.remind_days)
    yield from (term.last_day + ONE_DAY for term in schedule.list_begun_by(today)[-1:])
    yield contract.starts_on
    yield from (version.effective_on for version in contract.signed_versions)
    for obligation in contract.obligations:
        lead = timedelta(days=obligation.remind_days)
        reminder_days = (due_on - lead for due_on in obligation.due_days(contract.ends_on))
        yield next((day for day in reminder_days if day > today), today)
