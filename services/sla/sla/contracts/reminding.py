"""What contracts tell by themselves: that notice is due, that they renewed, that they ended. Nothing is told twice."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from uuid import UUID

from common.service import Duty, Runtime
from common.setbacks import Chore
from common.work import Work
from published.sla import ContractEnded, ContractNoticeDue, ContractObligationDue, ContractRenewed
from sla.contracts import store
from sla.contracts.course import A_DAY, Course, Term
from sla.contracts.model import Contract

NAME = "contracts-calendar"
EVERY = timedelta(minutes=1)
AT_ONCE = 20


async def follow_calendar(work: Work, contract_ids: Sequence[UUID]) -> int:
    """Tell what there is to tell by today, which is local to each contract; how many were looked at."""
    found = await store.looked_at(work, contract_ids)
    for contract in found:
        await _follow(work, contract, contract.today(work.now))
    await work.flush()
    return len(found)


async def _follow(work: Work, contract: Contract, today: date) -> None:
    course = contract.course()
    _tell_renewals(work, contract, course, today)
    if (term := course.next_notice(today)) is not None:
        await _tell_notice(work, contract, term, today)
    await _tell_obligations(work, contract, today)
    _tell_end(work, contract, today)
    following = None if contract.end_told else _next_look(contract, course, today)
    contract.look_at = contract.versions[0].terms.midnight(following) if following else None


def _tell_renewals(work: Work, contract: Contract, course: Course, today: date) -> None:
    for term in course.terms_until(today)[contract.renewals_told + 1 :]:
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


async def _tell_notice(work: Work, contract: Contract, term: Term, today: date) -> None:
    """Of the leads that have come since it was looked at last; a date that has passed is not told of any more."""
    if not term.renews or term.notice_by is None:
        return
    for lead in contract.version_on(today).terms.remind_days:
        due = term.notice_by - timedelta(days=lead) <= today
        if due and await store.remind(work, contract, term.notice_by, lead):
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


async def _tell_obligations(work: Work, contract: Contract, today: date) -> None:
    """What is open and due within the days people want to be reminded in; a day that has passed is not told of."""
    for owed in contract.obligations:
        for due in owed.due_soon(today, contract.ends_on):
            if await store.remind_of(work, owed, due):
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


def _tell_end(work: Work, contract: Contract, today: date) -> None:
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


def _next_look(contract: Contract, course: Course, today: date) -> date | None:
    return min((day for day in _days(contract, course, today) if day > today), default=None)


def _days(contract: Contract, course: Course, today: date) -> Iterator[date]:
    term = course.next_notice(today)
    if term is not None and term.renews and term.notice_by is not None:
        yield term.notice_by + A_DAY
        yield from (term.notice_by - timedelta(days=lead) for lead in contract.version_on(today).terms.remind_days)
    yield from (one.last_day + A_DAY for one in course.terms_until(today)[-1:])
    yield from (day for day in (contract.starts_on, contract.ends_on and contract.ends_on + A_DAY) if day)
    yield from (one.effective_on for one in contract.signed)
    for owed in contract.obligations:
        lead = timedelta(days=owed.remind_days)
        yield from islice((due - lead for due in owed.due_days(contract.ends_on) if due - lead > today), 1)


async def look(runtime: Runtime) -> None:
    async with runtime.begin() as work:
        due = await store.to_look_at(work)
    await Chore(runtime, NAME, follow_calendar, at_once=AT_ONCE).each(due)


def duty() -> Duty:
    return Duty(NAME, EVERY, look)
