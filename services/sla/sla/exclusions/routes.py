"""HTTP route of the exclusions of an agreement."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query

from common.errors import Invalid
from common.http.request_scope import AsReader, Router
from sla.agreements import store as agreements
from sla.exclusions import store
from sla.exclusions.views import ExclusionDecisionView, ExclusionsView
from sla.hours.spans import Span, to_microseconds, total_length, union
from sla.hours.views import BoundedInstant

MAX_RANGE = timedelta(days=400)

router = Router(tags=["exclusions"])


@router.get("/agreements/{agreement_id}/exclusions", summary="List the exclusions of an agreement")
async def list_exclusions(
    work: AsReader,
    agreement_id: UUID,
    from_: Annotated[BoundedInstant, Query(alias="from")],
    to: BoundedInstant,
    known_at: Annotated[
        BoundedInstant | None, Query(description="Answer as it was known then; by default now.")
    ] = None,
) -> ExclusionsView:
    """The answer says of maintenance, waivers and suspensions whether they are excluded, and why."""
    if not from_ < to <= from_ + MAX_RANGE:
        raise Invalid(f"must be later than `from`, by at most {MAX_RANGE.days} days", field="to")
    agreement = await agreements.get_agreement(work, agreement_id)
    span, at = Span(to_microseconds(from_), to_microseconds(to)), known_at or work.now
    decisions = await store.list_decisions_by_version(work, agreement.id, span, known_at=at)
    excluded = union(
        decision.exclusion.span
        for _, decision in decisions
        if decision.is_excluded and decision.exclusion.objective_ids is None
    )
    items = [ExclusionDecisionView.from_decision(decision, version) for version, decision in decisions]
    return ExclusionsView(
        from_=from_, to=to, agreement_id=agreement.id, known_at=at, excluded=total_length(excluded), items=items
    )
