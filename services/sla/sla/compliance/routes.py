"""HTTP: the calculator, statements with their keys, and open periods."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request

from common.door import AsAdmin, AsManager, AsReader, Public, Router, runtime_of
from common.paging import Page, Paging, paginate
from common.views import Instant
from sla.agreements.store import agreement
from sla.compliance import actions, calculator, closing, keys, store
from sla.compliance.model import Statement
from sla.compliance.questions import AssessmentAnswer, AssessmentQuestion
from sla.compliance.views import (
    ClosingView,
    ComplianceView,
    ExportedStatement,
    KeySetView,
    KeyView,
    NewStatement,
    PeriodKey,
    Restatement,
    StatementSummary,
    StatementView,
    VerificationView,
)

router = Router(tags=["compliance"])
OfPeriod = Annotated[PeriodKey | None, Query(description="As 2026-10, 2026-Q4 or 2026.")]
KnownAt = Annotated[Instant | None, Query(description="The statements as they were known then. Absent: now.")]


@router.post("/assessments", summary="Assess one objective over one window")
def assess(work: AsReader, question: AssessmentQuestion) -> AssessmentAnswer:
    """What was attained, from the slices or downtimes given. Nothing is kept."""
    del work
    return calculator.assess(question)


@router.get("/agreements/{agreement_id}/compliance", summary="Look at a review period as it stands")
async def read_compliance(work: AsReader, agreement_id: UUID, period: OfPeriod = None) -> ComplianceView:
    """To date, and if all goes well from here; how fast the error budget is spent, and what it can still afford.
    Without a period, the current one.
    """
    found = await actions.look(work, agreement_id, period)
    return await asyncio.to_thread(ComplianceView.of, agreement_id, *found)  # it plays outages, which takes a while


@router.post("/agreements/{agreement_id}/statements", status_code=201, summary="Close a review period")
async def close_period(work: AsManager, agreement_id: UUID, body: NewStatement) -> StatementView:
    """Evaluate a period that is over, and issue its statement."""
    return StatementView.of(await actions.close(work, agreement_id, body.period))


@router.get("/agreements/{agreement_id}/statements", summary="List what was stated, as known on an instant")
async def list_statements_known(
    work: AsReader, agreement_id: UUID, paging: Paging, period: OfPeriod = None, known_at: KnownAt = None
) -> Page[StatementSummary]:
    """Of each period the last revision that had been issued by then, in the order in which they were issued."""
    await agreement(work, agreement_id)
    query = store.known_on(work, agreement_id, period, known_at or work.now)
    page = await paginate(work.session, query, paging, key=Statement.id)
    return page.map(StatementSummary.of)


@router.post("/closings", summary="Close every review period that is due")
async def close_all(work: AsManager, request: Request) -> ClosingView:
    """Each agreement for itself: what cannot be closed is listed with the reason, and keeps nothing else up. Whatever
    was interrupted goes on when this is asked again.
    """
    return ClosingView.model_validate(await closing.close_all(runtime_of(request), work.principal))


@router.get("/statements", summary="List statements")
async def list_statements(
    work: AsReader,
    paging: Paging,
    agreement_id: UUID | None = None,
    customer_id: UUID | None = None,
    period: OfPeriod = None,
) -> Page[StatementSummary]:
    """Oldest first, every revision."""
    query = store.statements(work, agreement_id, customer_id, period)
    page = await paginate(work.session, query, paging, key=Statement.id)
    return page.map(StatementSummary.of)


@router.get("/statements/{statement_id}", summary="Read a statement")
async def read_statement(work: AsReader, statement_id: UUID) -> StatementView:
    return StatementView.of(await work.get(Statement, statement_id))


@router.get("/statements/{statement_id}/export", summary="Export a statement")
async def export_statement(work: AsReader, statement_id: UUID) -> ExportedStatement:
    """With all that `rapport verify` needs to check it offline."""
    statement = await work.get(Statement, statement_id)
    return ExportedStatement.of(statement, await keys.key_of(work, statement))


@router.post("/statements/{statement_id}/verification", summary="Verify a statement")
async def verify_statement(work: AsReader, statement_id: UUID) -> VerificationView:
    """Compute it again from the stored measurements, and check its hash, its signature and its chain."""
    return VerificationView.of(await actions.verify(work, statement_id))


@router.post("/statements/{statement_id}/restatement", status_code=201, summary="Restate a statement")
async def restate_statement(work: AsManager, statement_id: UUID, body: Restatement) -> StatementView:
    """Issue a further revision with what is known now; this one stays as it is."""
    return StatementView.of(await actions.restate(work, statement_id, body.reason))


@router.get("/statement-keys", summary="Read the public keys statements are signed with")
async def list_statement_keys(work: Public) -> KeySetView:
    """A JSON Web Key Set (RFC 7517). A key stays in it after it was replaced."""
    return KeySetView(keys=[KeyView.of(key) for key in await keys.published(work)])


@router.post("/statement-keys", status_code=201, summary="Replace the key statements are signed with")
async def rotate_statement_key(work: AsAdmin) -> KeyView:
    """From now on; what was signed before can be checked with the old key, which stays published."""
    return KeyView.of(await keys.rotate(work))
