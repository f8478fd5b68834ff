"""HTTP endpoints of the assessment calculator, statements with their keys, and open periods."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request

from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsAdmin, AsAnyone, AsManager, AsReader, Router, get_runtime
from common.views import Instant
from sla.agreements.store import get_agreement
from sla.compliance.calculator.actions import assess_request
from sla.compliance.calculator.views import AssessmentRequest, AssessmentResult
from sla.compliance.forecast.actions import forecast_current_period, forecast_period
from sla.compliance.forecast.views import ComplianceNotInForce, PeriodComplianceView
from sla.compliance.statements import actions, closing_job, signing_keys, store, views
from sla.compliance.statements.model import Statement

router = Router(tags=["compliance"])
PeriodFilter = Annotated[views.PeriodKey | None, Query(description="As 2026-10, 2026-Q4 or 2026.")]
KnownAtFilter = Annotated[
    Instant | None, Query(description="The statements as they were known at this instant; absent: now.")
]
KeyId = Annotated[str, Path(pattern="^[A-Za-z0-9_-]+$", max_length=64, description="The `kid` of the key.")]
StatementPaging = Annotated[
    PageRequest, listing(Statement.id, changed=Statement.created_at, sort=(Statement.period_from, Statement.issued_at))
]


@router.post("/assessments", summary="Assess one objective over one window")
def assess_objective(work: AsReader, request: AssessmentRequest) -> AssessmentResult:
    """Return what was attained, from the slices or downtimes of the request. Nothing is stored."""
    del work
    return assess_request(request)


@router.get("/agreements/{agreement_id}/compliance", summary="Forecast a review period")
async def read_period_compliance(
    work: AsReader, agreement_id: UUID, period: PeriodFilter = None
) -> PeriodComplianceView | ComplianceNotInForce:
    """Return what was attained to date, what can still be attained, and how fast error budgets are spent.

    Without `period`, the current one, or the state `not_in_force` and why. Nothing is stored.
    """
    if period is None:
        return await forecast_current_period(work, agreement_id)
    return await forecast_period(work, agreement_id, period)


@router.post("/agreements/{agreement_id}/statements", status_code=201, summary="Close a review period")
async def close_period(
    work: AsManager, agreement_id: UUID, body: views.NewStatement, request: Request
) -> views.StatementView:
    """Evaluate a period that is over, and issue its statement."""
    await get_runtime(request).clock_guard.check()
    return views.StatementView.from_entity(await actions.close_period(work, agreement_id, body.period))


@router.get("/agreements/{agreement_id}/statements", summary="List the latest statements of an agreement")
async def list_agreement_statements(
    work: AsReader,
    agreement_id: UUID,
    paging: StatementPaging,
    period: PeriodFilter = None,
    known_at: KnownAtFilter = None,
) -> Page[views.StatementSummary]:
    """List the latest revision of each period that was issued by `known_at`, in the order of issue."""
    await get_agreement(work, agreement_id)
    query = store.select_statements_known_at(work, agreement_id, period, known_at or work.now)
    page = await paginate(work.session, query, paging, key=Statement.id)
    return page.to_page(views.StatementSummary.model_validate)


@router.post("/closings", summary="Close every review period that is due")
async def close_due_periods(work: AsManager, request: Request) -> views.ClosingView:
    """Close each agreement's periods independently: one that cannot be closed is listed with the reason.

    If it is interrupted, call it again: it continues with what is left.
    """
    return await closing_job.close_all_due(get_runtime(request), work.principal)


@router.get("/statements", summary="List statements")
async def list_statements(
    work: AsReader,
    paging: StatementPaging,
    agreement_id: UUID | None = None,
    customer_id: UUID | None = None,
    period: PeriodFilter = None,
) -> Page[views.StatementSummary]:
    """List every revision, oldest first."""
    query = store.select_statements(work, agreement_id, customer_id, period)
    page = await paginate(work.session, query, paging, key=Statement.id)
    return page.to_page(views.StatementSummary.model_validate)


@router.get("/statements/{statement_id}", summary="Read a statement")
async def read_statement(work: AsReader, statement_id: UUID) -> views.StatementView:
    return views.StatementView.from_entity(await work.get(Statement, statement_id))


@router.get("/statements/{statement_id}/export", summary="Export a statement")
async def export_statement(work: AsReader, statement_id: UUID) -> views.StatementExport:
    """Return the statement with all that `rapport verify` needs to check it offline."""
    statement = await work.get(Statement, statement_id)
    return views.StatementExport.from_entity(statement, await signing_keys.get_key(work, statement.kid))


@router.post("/statements/{statement_id}/verification", summary="Verify a statement")
async def verify_statement(work: AsReader, statement_id: UUID) -> views.StatementVerificationView:
    """Compute it again from the stored measurements, and check its hash, its signature and its chain."""
    return await actions.verify(work, statement_id)


@router.post("/statements/{statement_id}/restatement", status_code=201, summary="Restate a statement")
async def restate_statement(work: AsManager, statement_id: UUID, body: views.NewRestatement) -> views.StatementView:
    """Issue a further revision with what is known now; this one stays as it is."""
    return views.StatementView.from_entity(await actions.restate(work, statement_id, body.reason))


@router.get("/statement-keys", summary="List the keys that statements are signed with")
async def list_statement_keys(work: AsAnyone) -> views.StatementKeySetView:
    """Return a JSON Web Key Set (RFC 7517); a key stays in it after it is replaced."""
    return views.StatementKeySetView(
        keys=[views.PublishedKeyView.from_entity(key) for key in await signing_keys.list_keys(work)]
    )


@router.post("/statement-keys", status_code=201, summary="Replace the key that statements are signed with")
async def rotate_statement_key(work: AsAdmin) -> views.StatementKeyView:
    """Sign with a new key from now on; the old one stays published, to check what was signed before."""
    return views.StatementKeyView.from_entity(await signing_keys.rotate_key(work))


@router.post("/statement-keys/{kid}/revocation", status_code=201, summary="Revoke a signing key of statements")
async def revoke_statement_key(work: AsAdmin, kid: KeyId, body: views.KeyRevocation) -> views.PublishedKeyView:
    """Trust nothing that the key signed from `since` on: verification, here and offline, refuses those statements.

    A key in use is replaced by a new one. Restate the refused statements that are right, which signs them anew.
    """
    return views.PublishedKeyView.from_entity(await signing_keys.revoke_key(work, kid, body.since))
