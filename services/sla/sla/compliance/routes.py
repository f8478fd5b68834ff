"""HTTP: the calculator, statements, and open periods."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from common.door import AsManager, AsReader, Router
from common.paging import Page, Paging, paginate
from sla.compliance import actions, calculator, store
from sla.compliance.model import Statement
from sla.compliance.views import (
    AssessmentAnswer,
    AssessmentQuestion,
    ComplianceView,
    Month,
    NewStatement,
    Restatement,
    StatementSummary,
    StatementView,
    VerificationView,
    first_of,
)

router = Router(tags=["compliance"])
InMonth = Annotated[Month | None, Query(description="As 2026-10, in the zone of the service hours.")]


@router.post("/assessments")
def assess(work: AsReader, question: AssessmentQuestion) -> AssessmentAnswer:
    """What was attained of one objective over one window, from the slices or downtimes given."""
    del work
    return calculator.assess(question)


@router.get("/agreements/{agreement_id}/compliance")
async def read_compliance(work: AsReader, agreement_id: UUID, period: InMonth = None) -> ComplianceView:
    """A period to date, and if all goes well from here. Absent: the current one."""
    found = await actions.look(work, agreement_id, first_of(period) if period else None)
    return ComplianceView.of(agreement_id, *found)


@router.post("/agreements/{agreement_id}/statements", status_code=201)
async def close_period(work: AsManager, agreement_id: UUID, body: NewStatement) -> StatementView:
    """Evaluate a period that is over, and issue its statement."""
    return StatementView.of(await actions.close(work, agreement_id, first_of(body.period)))


@router.get("/statements")
async def list_statements(
    work: AsReader,
    paging: Paging,
    agreement_id: UUID | None = None,
    customer_id: UUID | None = None,
    period: InMonth = None,
) -> Page[StatementSummary]:
    """Oldest first, every revision."""
    query = store.statements(work, agreement_id, customer_id, period)
    page = await paginate(work.session, query, paging, key=Statement.id)
    return page.map(StatementSummary.of)


@router.get("/statements/{statement_id}")
async def read_statement(work: AsReader, statement_id: UUID) -> StatementView:
    return StatementView.of(await work.get(Statement, statement_id))


@router.post("/statements/{statement_id}/verification")
async def verify_statement(work: AsReader, statement_id: UUID) -> VerificationView:
    """Compute it again from the stored measurements, and check its hash and its chain."""
    return VerificationView.of(await actions.verify(work, statement_id))


@router.post("/statements/{statement_id}/restatement", status_code=201)
async def restate_statement(work: AsManager, statement_id: UUID, body: Restatement) -> StatementView:
    """Issue a further revision with what the measurements say now; this one stays as it is."""
    return StatementView.of(await actions.restate(work, statement_id, body.reason))
