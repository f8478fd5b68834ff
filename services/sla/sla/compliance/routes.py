"""HTTP: the calculator, statements with their keys, and open periods."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request

from common.http.paging import Page, Paging, paginate
from common.http.request_scope import AsAdmin, AsAnyone, AsManager, AsReader, Router, get_runtime
from common.views import Instant
from sla.agreements.store import get_agreement
from sla.compliance.evaluation import calculator
from sla.compliance.evaluation.calculator_views import AssessmentRequest, AssessmentResult
from sla.compliance.statements import actions, period_closing, signing_keys, store
from sla.compliance.statements.model import Statement
from sla.compliance.statements.views import (
    ClosingView,
    NewRestatement,
    NewStatement,
    PeriodComplianceView,
    PeriodKey,
    StatementExport,
    StatementKeySetView,
    StatementKeyView,
    StatementSummary,
    StatementVerificationView,
    StatementView,
)

router = Router(tags=["compliance"])
PeriodFilter = Annotated[PeriodKey | None, Query(description="As 2026-10, 2026-Q4 or 2026.")]
KnownAtFilter = Annotated[Instant | None, Query(description="The statements as they were known then. Absent: now.")]


@router.post("/assessments", summary="Assess one objective over one window")
def assess_objective(work: AsReader, question: AssessmentRequest) -> AssessmentResult:
    """What was attained, from the slices or downtimes given. Nothing is kept."""
    del work
    return calculator.assess_request(question)


@router.get("/agreements/{agreement_id}/compliance", summary="Look at a review period as it stands")
async def read_period_compliance(
    work: AsReader, agreement_id: UUID, period: PeriodFilter = None
) -> PeriodComplianceView:
    """To date, and if all goes well from here; how fast the error budget is spent, and what it can still afford.
    Without a period, the current one.
    """
    found = await actions.forecast_period(work, agreement_id, period)
    return await asyncio.to_thread(
        PeriodComplianceView.from_forecast, agreement_id, *found
    )  # it plays outages, which takes a while


@router.post("/agreements/{agreement_id}/statements", status_code=201, summary="Close a review period")
async def close_period(work: AsManager, agreement_id: UUID, body: NewStatement) -> StatementView:
    """Evaluate a period that is over, and issue its statement."""
    return StatementView.from_entity(await actions.close_period(work, agreement_id, body.period))


@router.get("/agreements/{agreement_id}/statements", summary="List what was stated, as known on an instant")
async def list_agreement_statements(
    work: AsReader, agreement_id: UUID, paging: Paging, period: PeriodFilter = None, known_at: KnownAtFilter = None
) -> Page[StatementSummary]:
    """Of each period the last revision that had been issued by then, in the order in which they were issued."""
    await get_agreement(work, agreement_id)
    query = store.select_statements_known_at(work, agreement_id, period, known_at or work.now)
    page = await paginate(work.session, query, paging, key=Statement.id)
    return page.to_page(StatementSummary.from_entity)


@router.post("/closings", summary="Close every review period that is due")
async def close_due_periods(work: AsManager, request: Request) -> ClosingView:
    """Each agreement for itself: what cannot be closed is listed with the reason, and keeps nothing else up. Whatever
    was interrupted goes on when this is asked again.
    """
    return ClosingView.model_validate(await period_closing.close_all_due(get_runtime(request), work.principal))


@router.get("/statements", summary="List statements")
async def list_statements(
    work: AsReader,
    paging: Paging,
    agreement_id: UUID | None = None,
    customer_id: UUID | None = None,
    period: PeriodFilter = None,
) -> Page[StatementSummary]:
    """Oldest first, every revision."""
    query = store.select_statements(work, agreement_id, customer_id, period)
    page = await paginate(work.session, query, paging, key=Statement.id)
    return page.to_page(StatementSummary.from_entity)


@router.get("/statements/{statement_id}", summary="Read a statement")
async def read_statement(work: AsReader, statement_id: UUID) -> StatementView:
    return StatementView.from_entity(await work.get(Statement, statement_id))


@router.get("/statements/{statement_id}/export", summary="Export a statement")
async def export_statement(work: AsReader, statement_id: UUID) -> StatementExport:
    """With all that `rapport verify` needs to check it offline."""
    statement = await work.get(Statement, statement_id)
    return StatementExport.from_entity(statement, await signing_keys.get_key(work, statement))


@router.post("/statements/{statement_id}/verification", summary="Verify a statement")
async def verify_statement(work: AsReader, statement_id: UUID) -> StatementVerificationView:
    """Compute it again from the stored measurements, and check its hash, its signature and its chain."""
    return StatementVerificationView.from_verification(await actions.verify(work, statement_id))


@router.post("/statements/{statement_id}/restatement", status_code=201, summary="Restate a statement")
async def restate_statement(work: AsManager, statement_id: UUID, body: NewRestatement) -> StatementView:
    """Issue a further revision with what is known now; this one stays as it is."""
    return StatementView.from_entity(await actions.restate(work, statement_id, body.reason))


@router.get("/statement-keys", summary="Read the public keys statements are signed with")
async def list_statement_keys(work: AsAnyone) -> StatementKeySetView:
    """A JSON Web Key Set (RFC 7517). A key stays in it after it was replaced."""
    return StatementKeySetView(keys=[StatementKeyView.from_entity(key) for key in await signing_keys.list_keys(work)])


@router.post("/statement-keys", status_code=201, summary="Replace the key statements are signed with")
async def rotate_statement_key(work: AsAdmin) -> StatementKeyView:
    """From now on; what was signed before can be checked with the old key, which stays published."""
    return StatementKeyView.from_entity(await signing_keys.rotate_key(work))
