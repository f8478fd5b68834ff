"""Waivers as clients request and see them."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from common.http.conventions.open_actions import ActionNames, OpenAction, list_open_actions
from common.http.request_scope import AsCustomer
from common.names.references import Reference, look_up
from common.unit_of_work import UnitOfWork
from common.views import Flag, Instant, RequiredText, View
from sla.agreements.states import Side
from sla.agreements.store import acting_party
from sla.exclusions.views import WholeMinuteWindow
from sla.exclusions.waivers.model import Waiver, WaiverState


class NewWaiver(View):
    objective_ids: Annotated[frozenset[UUID], Field(min_length=1, max_length=50)] | None = None
    """Null: all objectives of the agreement."""
    window: WholeMinuteWindow = Field(examples=[{"from": "2026-11-12T08:00:00Z", "to": "2026-11-12T11:30:00Z"}])
    reason: RequiredText = Field(examples=["We switched the store's power off ourselves"])
    evidence: Annotated[list[RequiredText], Field(min_length=1, max_length=50)] = Field(
        examples=[["https://tickets.example.com/4711", "Mail of the site manager, 12 November"]]
    )
    """Links and text."""
    both_sides: Flag = False
    """Whether the provider has to approve it as well; the customer always has to."""


class WaiverApprovalView(View):
    side: Side
    subject: str
    approved_at: Instant


class WaiverView(View):
    id: UUID
    agreement_id: UUID
    customer_id: UUID
    customer: Reference = look_up("customer")
    objective_ids: list[UUID] | None
    window_from: Instant
    window_to: Instant
    reason: str
    evidence: list[str]
    both_sides: bool
    state: WaiverState
    requested_by: str
    requested_at: Instant
    approvals: list[WaiverApprovalView]
    granted_at: Instant | None
    refused_at: Instant | None
    revoked_at: Instant | None
    ended_by: str | None
    """The person who refused or revoked it."""
    ended_because: str | None
    actions: ActionNames

    @classmethod
    def from_waiver(cls, work: UnitOfWork, waiver: Waiver) -> Self:
        return cls.from_entity(waiver, actions=list_open_actions(work, WAIVER_ACTIONS, waiver))


WAIVER_ACTIONS = {
    "approve": OpenAction[Waiver](AsCustomer, lambda work, waiver: waiver.check_may_approve(acting_party(work))),
    "refuse": OpenAction[Waiver](AsCustomer, lambda _, waiver: waiver.check_requested()),
    "revoke": OpenAction[Waiver](AsCustomer, lambda _, waiver: waiver.check_granted()),
}
