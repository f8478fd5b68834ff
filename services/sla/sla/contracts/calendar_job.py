"""What contracts tell by themselves: that notice is due, that they renewed, that they ended. Nothing is told twice."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from uuid import UUID

from common.jobs.retries import JobBatch
from common.service import PeriodicJob, Runtime
from common.unit_of_work import UnitOfWork
from published.sla import ContractEnded, ContractNoticeDue, ContractObligationDue, ContractRenewed
from sla.contracts import store
from sla.contracts.model import Contract
from sla.contracts.term_schedule import ONE_DAY, ContractTerm, TermSchedule

JOB_NAME = "contracts-calendar"
INTERVAL = timedelta(minutes=1)
BATCH_SIZE = 20


async def emit_due_contract_events(work: UnitOfWork, contract_ids: Sequence[UUID]) -> int:
    """Tell what there is to tell by today, which is local to each contract; how many were looked at."""
    found = await store.lock_due_contracts(work, contract_ids)
    for contract in found:
        await _follow(work, contract, contract.local_day(work.now))
    await work.flush()
    return len(found)


async def _follow(work: UnitOfWork, contract: Contract, today: date) -> None:
    course = contract.term_schedule()
    _tell_renewals(work, contract, course, today)
    if (term := course.next_terminable_term(today)) is not None:
        await _tell_notice(work, contract, term, today)
    await _tell_obligations(work, contract, today)
    _tell_end(work, contract, today)
    following = None if contract.end_told else _next_look(contract, course, today)
    contract.look_at = contract.versions[0].terms.start_of_day(following) if following else None


def _tell_renewals(work: UnitOfWork, contract: Contract, course: TermSchedule, today: date) -> None:
    for term in course.terms_begun_by(today)[contract.renewals_told + 1 :]:
        contract.renewals_told += 1
        work.emit(
            ContractRenewed(
                contract_id=contract.id,
                customer_id=contract.customer_id,
                title=contract.title,
                renewal=term.number - 1,
                first_day=term.first_day,
                last_day=term.last_day,
                term_months=term.months,
                noticed_at=work.now,
            )
        )


async def _tell_notice(work: UnitOfWork, contract: Contract, term: ContractTerm, today: date) -> None:
    """Of the leads that have come since it was looked at last; a date that has passed is not told of any more."""
    if not term.renews or term.notice_by is None:
        return
    for lead in contract.version_on(today).terms.remind_days:
        due = term.notice_by - timedelta(days=lead) <= today
        if due and await store.add_notice_reminder(work, contract, term.notice_by, lead):
            work.emit(
                ContractNoticeDue(
                    contract_id=contract.id,
                    customer_id=contract.customer_id,
                    title=contract.title,
                    notice_by=term.notice_by,
                    lead_days=lead,
                    term_ends_on=term.last_day,
                    noticed_at=work.now,
                )
            )


async def _tell_obligations(work: UnitOfWork, contract: Contract, today: date) -> None:
    """What is open and due within the days people want to be reminded in; a day that has passed is not told of."""
    for owed in contract.obligations:
        for due in owed.upcoming_due_days(today, contract.ends_on):
            if await store.add_obligation_reminder(work, owed, due):
                work.emit(
                    ContractObligationDue(
                        contract_id=contract.id,
                        customer_id=contract.customer_id,
                        title=contract.title,
                        obligation_id=owed.id,
                        side=owed.side,
                        text=owed.text,
                        due_on=due,
                        noticed_at=work.now,
                    )
                )


def _tell_end(work: UnitOfWork, contract: Contract, today: date) -> None:
    if contract.ends_on is None or contract.ends_on >= today or contract.end_told:
        return
    contract.end_told = True
    work.emit(
        ContractEnded(
            contract_id=contract.id,
            customer_id=contract.customer_id,
            title=contract.title,
            ended_on=contract.ends_on,
            by_notice=contract.notice_given_on is not None,
            noticed_at=work.now,
        )
    )


def _next_look(contract: Contract, course: TermSchedule, today: date) -> date | None:
    return min((day for day in _days(contract, course, today) if day > today), default=None)


def _days(contract: Contract, course: TermSchedule, today: date) -> Iterator[date]:
    term = course.next_terminable_term(today)
    if term is not None and term.renews and term.notice_by is not None:
        yield term.notice_by + ONE_DAY
        yield from (term.notice_by - timedelta(days=lead) for lead in contract.version_on(today).terms.remind_days)
    yield from (one.last_day + ONE_DAY for one in course.terms_begun_by(today)[-1:])
    yield from (day for day in (contract.starts_on, contract.ends_on and contract.ends_on + ONE_DAY) if day)
    yield from (one.effective_on for one in contract.signed_versions)
    for owed in contract.obligations:
        lead = timedelta(days=owed.remind_days)
        yield from islice((due - lead for due in owed.due_days(contract.ends_on) if due - lead > today), 1)


async def run_calendar_job(runtime: Runtime) -> None:
    async with runtime.begin() as work:
        due = await store.list_due_contract_ids(work)
    await JobBatch(runtime, JOB_NAME, emit_due_contract_events, batch_size=BATCH_SIZE).run(due)


def periodic_job() -> PeriodicJob:
    return PeriodicJob(JOB_NAME, INTERVAL, run_calendar_job)
