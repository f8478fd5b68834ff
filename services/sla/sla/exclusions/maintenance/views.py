"""Planned maintenance as clients announce and see it."""

from collections.abc import Collection
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AliasChoices, AliasPath, Field, model_validator

from common.http.conventions.open_actions import ActionNames, OpenAction, list_open_actions
from common.http.request_scope import AsCustomer, AsOwner
from common.names.references import Reference, look_up
from common.unit_of_work import UnitOfWork
from common.views import Flag, Instant, Name, RequiredText, View, field_error
from sla.agreements.states import Side
from sla.agreements.store import acting_party
from sla.exclusions.maintenance.model import Maintenance
from sla.exclusions.maintenance.recurring_windows import Recurrence, RecurringWindows
from sla.exclusions.maintenance.states import AffectedKind, MaintenanceState
from sla.exclusions.views import WholeMinuteWindow
from sla.hours.spans import Span
from sla.hours.views import BoundedInstant, TimeRange

TargetIds = Annotated[frozenset[UUID], Field(max_length=200)]
Windows = Annotated[list[WholeMinuteWindow], Field(min_length=1, max_length=200)]
WINDOWS_EXAMPLE = [[{"from": "2026-12-05T22:00:00Z", "to": "2026-12-06T02:00:00Z"}]]


class MaintenanceTargets(View):
    service_ids: TargetIds = frozenset()
    offering_ids: TargetIds = frozenset()
    agreement_ids: TargetIds = frozenset()

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not (self.service_ids or self.offering_ids or self.agreement_ids):
            raise field_error("service_ids", "name a service, an offering or an agreement")
        return self

    def by_kind(self) -> dict[AffectedKind, frozenset[UUID]]:
        return {kind: getattr(self, f"{kind}_ids") for kind in AffectedKind}


class MaintenanceTargetsView(View):
    service_ids: frozenset[UUID]
    services: list[Reference] = look_up("service", "service_ids")
    offering_ids: frozenset[UUID]
    offerings: list[Reference] = look_up("offering", "offering_ids")
    agreement_ids: frozenset[UUID]


class ChangedWindows(View):
    windows: Windows | None = Field(default=None, examples=WINDOWS_EXAMPLE)
    """All windows as they are to be."""
    recurrence: RecurringWindows | None = None
    """Instead: a rule that all windows follow as they are to be."""

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.windows is None) == (self.recurrence is None):
            raise field_error("windows", "give either windows or a recurrence")
        return self

    @property
    def spans(self) -> list[Span]:
        return self.recurrence.spans if self.recurrence else [window.span for window in self.windows or ()]

    @property
    def recurrence_document(self) -> dict[str, Any] | None:
        return None if self.recurrence is None else self.recurrence.model_dump(mode="json")


class NewMaintenance(ChangedWindows):
    title: Name = Field(examples=["Database upgrade"])
    reason: RequiredText = Field(examples=["Version 17 is not supported any more"])
    affects: MaintenanceTargets
    entered_afterwards: Flag = False
    """Whether the work is over, as in a history that is imported: a second person of the provider and the customer
    approve it, and no notice is asked for."""


class MaintenanceDecisionView(View):
    side: Side
    customer_id: UUID | None
    """Null: the provider's decision."""
    customer: Reference | None = look_up("customer")
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
    from_: BoundedInstant = Field(alias="from", validation_alias=AliasChoices("from", "window_from"))
    to: BoundedInstant = Field(validation_alias=AliasChoices("to", "window_to"))
    announcement: int = Field(validation_alias=AliasPath("announcement", "number"))
    withdrawn_at: Instant | None
    """When the window was taken back; null for a window that still counts."""


class MaintenanceView(View):
    id: UUID
    title: str
    reason: str
    state: MaintenanceState
    affects: MaintenanceTargetsView
    windows: list[MaintenanceWindowView]
    recurrence: Recurrence | None
    """The rule that the windows follow; null for windows that were written down."""
    entered_afterwards: bool
    announcements: list[MaintenanceAnnouncementView]
    created_at: Instant
    changed_at: Instant
    started_at: Instant | None
    ended_at: Instant | None
    cancellation: str | None
    actions: ActionNames

    @classmethod
    def from_maintenance(
        cls, work: UnitOfWork, maintenance: Maintenance, visible_agreement_ids: Collection[UUID]
    ) -> Self:
        """Build the view for whoever asks: a customer sees its own decisions and agreements, and the provider's."""
        customer_id = work.principal.customer_id
        actions = list_open_actions(work, MAINTENANCE_ACTIONS, maintenance)
        target_ids = {name: frozenset(ids) for name, ids in maintenance.target_ids().items()}
        target_ids["agreement_ids"] &= frozenset(visible_agreement_ids)
        announcements = [
            MaintenanceAnnouncementView.from_entity(announcement, decisions=announcement.decisions_for(customer_id))
            for announcement in maintenance.announcements
        ]
        return cls.from_entity(
            maintenance,
            affects=MaintenanceTargetsView.model_validate(target_ids),
            announcements=announcements,
            actions=actions,
        )


def _check_may_decide(work: UnitOfWork, maintenance: Maintenance) -> None:
    maintenance.check_may_decide(acting_party(work), work.principal.customer_id)


MAINTENANCE_ACTIONS = {
    "change_windows": OpenAction[Maintenance](AsOwner, lambda _, maintenance: maintenance.check_before_work()),
    "approve": OpenAction[Maintenance](AsCustomer, _check_may_decide),
    "refuse": OpenAction[Maintenance](AsCustomer, _check_may_decide),
    "start": OpenAction[Maintenance](AsOwner, lambda _, maintenance: maintenance.check_startable()),
    "complete": OpenAction[Maintenance](AsOwner, lambda _, maintenance: maintenance.check_under_way()),
    "cancel": OpenAction[Maintenance](AsOwner, lambda work, maintenance: maintenance.check_cancellable(work.now)),
}
