"""Requests and responses on planned maintenance, waivers and exclusions."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from common.views import Flag, Instant, Name, RequiredText, View
from sla.agreements.states import Side
from sla.exclusions.model import Maintenance, MaintenanceAudience
from sla.exclusions.policy import ExclusionCause, ExclusionOutcome, ExclusionVerdict
from sla.exclusions.states import AffectedKind, MaintenanceState, WaiverState
from sla.hours.spans import MINUTE, to_datetime
from sla.hours.views import DurationOutput, TimeRange

TargetIds = Annotated[frozenset[UUID], Field(max_length=200)]
WINDOWS_EXAMPLE = [[{"from": "2026-12-05T22:00:00Z", "to": "2026-12-06T02:00:00Z"}]]


class WholeMinuteWindow(TimeRange):
    """A half-open window on whole minutes, since minutes are what is measured."""

    @model_validator(mode="after")
    def _on_minutes(self) -> Self:
        start, end = self.span
        if start % MINUTE or end % MINUTE:
            raise ValueError("windows begin and end on whole minutes")
        if start == end:
            raise ValueError("the window is empty")
        return self


Windows = Annotated[list[WholeMinuteWindow], Field(min_length=1, max_length=200)]


class MaintenanceTargets(View):
    service_ids: TargetIds = frozenset()
    offering_ids: TargetIds = frozenset()
    agreement_ids: TargetIds = frozenset()

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not (self.service_ids or self.offering_ids or self.agreement_ids):
            raise ValueError("name a service, an offering or an agreement")
        return self

    def by_kind(self) -> dict[AffectedKind, frozenset[UUID]]:
        return {
            AffectedKind.SERVICE: self.service_ids,
            AffectedKind.OFFERING: self.offering_ids,
            AffectedKind.AGREEMENT: self.agreement_ids,
        }


class NewMaintenance(View):
    title: Name = Field(examples=["Database upgrade"])
    reason: RequiredText = Field(examples=["Version 17 is not supported any more"])
    affects: MaintenanceTargets
    windows: Windows = Field(examples=WINDOWS_EXAMPLE)


class ChangedWindows(View):
    windows: Windows = Field(examples=WINDOWS_EXAMPLE)
    """All windows as they are to be."""


class ExclusionReason(View):
    reason: RequiredText = Field(examples=["The release is postponed"])


class MaintenanceDecisionView(View):
    side: Side
    customer_id: UUID | None
    """Null: the provider's decision."""
    subject: str
    approved: bool
    reason: str | None
    """Why it was refused."""
    decided_at: Instant


class MaintenanceAnnouncementView(View):
    number: int
    announced_at: Instant
    announced_by: str
    decisions: list[MaintenanceDecisionView]


class MaintenanceWindowView(TimeRange):
    announcement: int
    withdrawn_at: Instant | None
    """When the window was taken back; null for a window that still counts."""


class MaintenanceView(View):
    id: UUID
    title: str
    reason: str
    state: MaintenanceState
    affects: MaintenanceTargets
    windows: list[MaintenanceWindowView]
    announcements: list[MaintenanceAnnouncementView]
    created_at: Instant
    changed_at: Instant
    started_at: Instant | None
    ended_at: Instant | None
    cancellation: str | None

    @classmethod
    def from_maintenance(cls, maintenance: Maintenance, audience: MaintenanceAudience) -> Self:
        """Build the view of the maintenance for whoever asks."""
        numbers = {announcement.id: announcement.number for announcement in maintenance.announcements}
        agreement_ids = frozenset(maintenance.target_ids(AffectedKind.AGREEMENT))
        return cls.from_entity(
            maintenance,
            affects=MaintenanceTargets(
                service_ids=frozenset(maintenance.target_ids(AffectedKind.SERVICE)),
                offering_ids=frozenset(maintenance.target_ids(AffectedKind.OFFERING)),
                agreement_ids=audience.visible_agreement_ids(agreement_ids),
            ),
            windows=[
                MaintenanceWindowView.from_entity(
                    window,
                    from_=window.window_from,
                    to=window.window_to,
                    announcement=numbers[window.announcement_id],
                )
                for window in maintenance.windows
            ],
            announcements=[
                MaintenanceAnnouncementView.from_entity(
                    announcement,
                    decisions=[
                        decision
                        for decision in announcement.decisions
                        if audience.can_see_decisions_of(decision.customer_id)
                    ],
                )
                for announcement in maintenance.announcements
            ],
        )


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


class ExclusionVerdictView(TimeRange):
    cause: ExclusionCause
    id: UUID
    """The id of the maintenance, the waiver or the suspension."""
    reason: str
    objective_ids: list[UUID] | None
    """Null: all objectives."""
    excluded: bool
    outcome: ExclusionOutcome
    why: str
    version: int
    """The version of the agreement whose terms decide."""

    @classmethod
    def from_verdict(cls, verdict: ExclusionVerdict, version: int) -> Self:
        exclusion = verdict.exclusion
        return cls.from_entity(
            verdict,
            exclusion,
            from_=to_datetime(exclusion.span.start),
            to=to_datetime(exclusion.span.end),
            objective_ids=None if exclusion.objective_ids is None else sorted(exclusion.objective_ids),
            excluded=verdict.is_excluded,
            version=version,
        )


class ExclusionsView(TimeRange):
    agreement_id: UUID
    known_at: Instant
    excluded: DurationOutput
    """The total time excluded for all objectives."""
    items: list[ExclusionVerdictView]
    """The verdicts in the order of time."""
