"""What the sla service tells: promises, statements of what was kept, and what went wrong."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from published.event import Event, Part


class PromisedObjective(Part):
    objective_id: UUID
    name: str
    kind: str
    target: Decimal
    """Percent."""


class ObjectiveResult(Part):
    objective_id: UUID
    name: str
    target: Decimal
    """Percent."""
    attained: Decimal | None
    """Percent; null when nothing was measured."""
    met: bool | None
    budget_remaining: Decimal | None
    """Percent of the error budget, negative when overspent."""
    coverage: Decimal | None
    """Percent of the minutes in scope for which something was measured."""


class AgreementSigned(Event, service="sla", aggregate="agreement_id"):
    agreement_id: UUID
    version: int
    name: str
    customer_id: UUID
    offering_id: UUID
    service_name: str
    starts_on: date
    objectives: tuple[PromisedObjective, ...]
    signed_at: datetime


class AgreementActivated(Event, service="sla", aggregate="agreement_id"):
    agreement_id: UUID
    version: int
    customer_id: UUID
    activated_at: datetime


class AgreementEnded(Event, service="sla", aggregate="agreement_id"):
    """Its last day is over, or it was ended before: nothing is promised any more."""

    agreement_id: UUID
    customer_id: UUID
    ended_at: datetime


class AgreementAmended(Event, service="sla", aggregate="agreement_id"):
    """Both sides signed a further version: it replaces the ones before from a day on, which may be to come."""

    agreement_id: UUID
    version: int
    name: str
    customer_id: UUID
    valid_from: date
    ends_on: date | None
    objectives: tuple[PromisedObjective, ...]
    signed_at: datetime


class AgreementRenewed(Event, service="sla", aggregate="agreement_id"):
    """It has a new last day."""

    agreement_id: UUID
    customer_id: UUID
    last_day: date
    tacit: bool
    """By itself, as its terms say; otherwise both sides agreed."""
    renewed_at: datetime


class AgreementSuspended(Event, service="sla", aggregate="agreement_id"):
    """Nothing is promised from one instant to another; both may be to come."""

    agreement_id: UUID
    customer_id: UUID
    suspended_from: datetime
    suspended_to: datetime | None
    """Exclusive; null when it is not known yet."""
    reason: str


class AgreementResumed(Event, service="sla", aggregate="agreement_id"):
    """A suspension is over, or was called off before it began."""

    agreement_id: UUID
    customer_id: UUID
    resumed_at: datetime


class AgreementTerminated(Event, service="sla", aggregate="agreement_id"):
    """A side gave notice: nothing is promised after the last day. AgreementEnded tells when that is over."""

    agreement_id: UUID
    customer_id: UUID
    terminated_by: str
    """The side, `provider` or `customer`."""
    last_day: date
    reason: str
    terminated_at: datetime


class StatementIssued(Event, service="sla", aggregate="agreement_id"):
    """One review period of one agreement, evaluated; a higher revision replaces the one before."""

    agreement_id: UUID
    statement_id: UUID
    customer_id: UUID
    agreement_name: str
    service_name: str
    period_from: datetime
    period_to: datetime
    """Exclusive."""
    revision: int
    performance: Decimal | None
    """Overall performance percentage."""
    met: bool | None
    objectives: tuple[ObjectiveResult, ...]
    credit: Decimal | None
    currency: str | None
    sha256: str
    issued_at: datetime


class ObjectiveBreached(Event, service="sla", aggregate="agreement_id"):
    agreement_id: UUID
    statement_id: UUID
    customer_id: UUID
    objective_id: UUID
    objective_name: str
    period_from: datetime
    period_to: datetime
    target: Decimal
    attained: Decimal


class ObjectiveCleared(Event, service="sla", aggregate="agreement_id"):
    """A statement said it was missed; the statement that replaces it says it was not."""

    agreement_id: UUID
    statement_id: UUID
    """The one that replaces the other."""
    customer_id: UUID
    objective_id: UUID
    objective_name: str
    period_from: datetime
    period_to: datetime
    target: Decimal
    attained: Decimal | None
    """Percent; null when nothing is left that it is counted on."""


class ErrorBudgetBurning(Event, service="sla", aggregate="agreement_id"):
    """The error budget of the running period is spent too fast; told once, until it is no longer so."""

    agreement_id: UUID
    customer_id: UUID
    objective_id: UUID
    objective_name: str
    rule: str
    """The long window, as PT1H."""
    burn_rate: Decimal
    """How many times faster than the target allows, over the long window."""
    threshold: Decimal
    period_from: datetime
    period_to: datetime
    since: datetime


class ErrorBudgetRecovered(Event, service="sla", aggregate="agreement_id"):
    """The rule that was told to fire does so no longer."""

    agreement_id: UUID
    customer_id: UUID
    objective_id: UUID
    rule: str
    since: datetime
    recovered_at: datetime


class IssueOpened(Event, service="sla", aggregate="issue_id"):
    issue_id: UUID
    agreement_id: UUID
    customer_id: UUID
    title: str
    priority: int
    """1 is the most pressing."""
    opened_at: datetime
    period_from: datetime | None = None
    """Of the review period whose statement showed the breach; null when the issue has another origin."""
    period_to: datetime | None = None
    recurrence_of: UUID | None = None
    """The issue, closed not long ago, whose cause is back."""
    recurrences: int = 0


class IssueReopened(Event, service="sla", aggregate="issue_id"):
    """It was resolved and its cause is back, or unfounded and there was something after all."""

    issue_id: UUID
    customer_id: UUID
    priority: int
    recurrences: int
    """How often its cause has come back."""
    reason: str
    reopened_at: datetime


class IssueEscalated(Event, service="sla", aggregate="issue_id"):
    """It was ignored; each level is told once, until the issue is reopened."""

    issue_id: UUID
    customer_id: UUID
    title: str
    priority: int
    owner: str | None
    level: int
    """1: nobody took it up in time. 2: its plan, or a task of it, is overdue."""
    reason: str
    escalated_at: datetime


class IssueMerged(Event, service="sla", aggregate="issue_id"):
    """All of it is in another issue now, to which it points."""

    issue_id: UUID
    into_issue_id: UUID
    customer_id: UUID
    reason: str
    merged_at: datetime


class IssueCleared(Event, service="sla", aggregate="issue_id"):
    """Restatements left nothing of it: it was unfounded, and is closed."""

    issue_id: UUID
    customer_id: UUID
    cleared_at: datetime


class IssueResolved(Event, service="sla", aggregate="issue_id"):
    issue_id: UUID
    customer_id: UUID
    resolved_at: datetime


class IndicatorWentSilent(Event, service="sla", aggregate="indicator_id"):
    indicator_id: UUID
    name: str
    last_seen: datetime | None
    noticed_at: datetime


class IndicatorResumed(Event, service="sla", aggregate="indicator_id"):
    indicator_id: UUID
    resumed_at: datetime


class MaintenanceWindowAnnounced(Part):
    window_from: datetime
    window_to: datetime
    """Exclusive."""


class MaintenanceAnnounced(Event, service="sla", aggregate="maintenance_id"):
    """Planned maintenance was announced, or its windows changed: these replace what was announced before."""

    maintenance_id: UUID
    announcement: int
    title: str
    reason: str
    windows: tuple[MaintenanceWindowAnnounced, ...]
    service_ids: tuple[UUID, ...]
    offering_ids: tuple[UUID, ...]
    agreement_ids: tuple[UUID, ...]
    customer_ids: tuple[UUID, ...]
    """Those with an agreement that is affected."""
    announced_at: datetime


class MaintenanceApproved(Event, service="sla", aggregate="maintenance_id"):
    maintenance_id: UUID
    customer_id: UUID | None
    """Whose approval it is; null when it is the provider's."""
    approved_at: datetime


class MaintenanceCancelled(Event, service="sla", aggregate="maintenance_id"):
    maintenance_id: UUID
    reason: str
    cancelled_at: datetime


class WaiverGranted(Event, service="sla", aggregate="waiver_id"):
    """The customer does not hold this time against the provider."""

    waiver_id: UUID
    agreement_id: UUID
    customer_id: UUID
    objective_ids: tuple[UUID, ...] | None
    """Null: all objectives of the agreement."""
    window_from: datetime
    window_to: datetime
    reason: str
    granted_at: datetime


class WaiverRevoked(Event, service="sla", aggregate="waiver_id"):
    waiver_id: UUID
    agreement_id: UUID
    customer_id: UUID
    reason: str
    revoked_at: datetime


class IncidentOpened(Event, service="sla", aggregate="incident_id"):
    incident_id: UUID
    customer_id: UUID
    service_id: UUID
    offering_id: UUID | None
    """Null when it concerns the service as a whole."""
    source: str
    external_id: str
    """Its name at the source."""
    priority: int
    """1 is the most pressing."""
    opened_at: datetime


class IncidentAcknowledged(Event, service="sla", aggregate="incident_id"):
    incident_id: UUID
    customer_id: UUID
    acknowledged_at: datetime


class IncidentPriorityChanged(Event, service="sla", aggregate="incident_id"):
    incident_id: UUID
    customer_id: UUID
    priority: int


class IncidentResolved(Event, service="sla", aggregate="incident_id"):
    incident_id: UUID
    customer_id: UUID
    resolved_at: datetime


class IncidentReopened(Event, service="sla", aggregate="incident_id"):
    """What was told to be resolved is not, or not any more."""

    incident_id: UUID
    customer_id: UUID


class IncidentDueSoon(Event, service="sla", aggregate="incident_id"):
    """Most of the time that an objective allows is over; told again if the deadline has moved meanwhile."""

    incident_id: UUID
    customer_id: UUID
    agreement_id: UUID
    objective_id: UUID
    objective_name: str
    kind: str
    """`response_time` or `resolution_time`."""
    priority: int
    due_soon_at: datetime
    """The instant this is told for."""
    due_at: datetime | None
    """Null while a pause keeps it away."""


class IncidentBreached(Event, service="sla", aggregate="incident_id"):
    """The time that an objective allows is over, and it was not answered or resolved."""

    incident_id: UUID
    customer_id: UUID
    agreement_id: UUID
    objective_id: UUID
    objective_name: str
    kind: str
    """`response_time` or `resolution_time`."""
    priority: int
    due_at: datetime
    breached_at: datetime


class IncidentBreachWithdrawn(Event, service="sla", aggregate="incident_id"):
    """What was told later, of before the deadline, shows that there was no breach."""

    incident_id: UUID
    customer_id: UUID
    agreement_id: UUID
    objective_id: UUID
    objective_name: str
    kind: str
    breached_at: datetime
    """As it was told in IncidentBreached."""
    withdrawn_at: datetime


class ImprovementProposed(Event, service="sla", aggregate="improvement_id"):
    improvement_id: UUID
    title: str
    customer_ids: tuple[UUID, ...]
    """Whom it is for: those who had the issue, or gave the low score."""
    issue_ids: tuple[UUID, ...]
    survey_ids: tuple[UUID, ...]
    proposed_at: datetime


class ImprovementApproved(Event, service="sla", aggregate="improvement_id"):
    improvement_id: UUID
    title: str
    approved_at: datetime


class ImprovementRejected(Event, service="sla", aggregate="improvement_id"):
    improvement_id: UUID
    title: str
    customer_ids: tuple[UUID, ...]
    reason: str
    rejected_at: datetime


class ImprovementImplemented(Event, service="sla", aggregate="improvement_id"):
    """Something was done about it; whoever complained is to be told."""

    improvement_id: UUID
    title: str
    customer_ids: tuple[UUID, ...]
    issue_ids: tuple[UUID, ...]
    survey_ids: tuple[UUID, ...]
    implemented_at: datetime
    verify_at: datetime
    """When enough will have been measured to see whether it helped."""


class ImprovementVerified(Event, service="sla", aggregate="improvement_id"):
    """What was measured says whether it helped; whoever complained is to be told."""

    improvement_id: UUID
    title: str
    verdict: str
    """effective, no_effect, worse or inconclusive."""
    because: str
    effect: Decimal | None
    """Percent or, on an absolute scale, in the unit of the measure; null when nothing could be estimated."""
    low: Decimal | None
    """Lower end of the 95 % interval."""
    high: Decimal | None
    scale: str
    """absolute or relative."""
    before: int
    """How many points the effect stands on, before and after."""
    after: int
    customer_ids: tuple[UUID, ...]
    issue_ids: tuple[UUID, ...]
    survey_ids: tuple[UUID, ...]
    verified_at: datetime


class ImprovementClosed(Event, service="sla", aggregate="improvement_id"):
    """Everybody who complained has been told what became of it."""

    improvement_id: UUID
    closed_at: datetime


class RequirementSubmitted(Event, service="sla", aggregate="requirement_id"):
    """A customer wants a level of service."""

    requirement_id: UUID
    customer_id: UUID
    source_id: UUID | None
    """The requirement of engagement it was drawn from, here as in what follows."""
    service_id: UUID | None
    offering_id: UUID | None
    title: str
    asked_by: str
    submitted_at: datetime


class RequirementAnswer(Part):
    agreement_id: UUID
    version: int
    objective_id: UUID
    objective_name: str
    met: bool | None
    """Whether it gives all that is wanted; null when the two cannot be compared."""


class RequirementAnswered(Event, service="sla", aggregate="requirement_id"):
    """An agreement both sides have signed names it."""

    requirement_id: UUID
    customer_id: UUID
    source_id: UUID | None
    answers: tuple[RequirementAnswer, ...]
    answered_at: datetime


class RequirementReopened(Event, service="sla", aggregate="requirement_id"):
    """What answered it has ended, or was amended without it."""

    requirement_id: UUID
    customer_id: UUID
    source_id: UUID | None
    reopened_at: datetime


class RequirementRefused(Event, service="sla", aggregate="requirement_id"):
    requirement_id: UUID
    customer_id: UUID
    source_id: UUID | None
    reason: str
    refused_at: datetime


class RequirementWithdrawn(Event, service="sla", aggregate="requirement_id"):
    requirement_id: UUID
    customer_id: UUID
    source_id: UUID | None
    reason: str
    withdrawn_at: datetime


class ContractSigned(Event, service="sla", aggregate="contract_id"):
    contract_id: UUID
    customer_id: UUID
    title: str
    starts_on: date
    ends_on: date | None
    """The last day; null while it renews itself."""
    signed_at: datetime


class ContractAmended(Event, service="sla", aggregate="contract_id"):
    """Both sides have signed an amendment."""

    contract_id: UUID
    customer_id: UUID
    title: str
    version: int
    effective_on: date
    ends_on: date | None
    amended_at: datetime


class ContractNoticeGiven(Event, service="sla", aggregate="contract_id"):
    contract_id: UUID
    customer_id: UUID
    title: str
    side: str
    """Who gave notice: provider or customer."""
    given_on: date
    ends_on: date
    recorded_at: datetime


class ContractNoticeDue(Event, service="sla", aggregate="contract_id"):
    """A notice date is near: after it the contract renews itself. Told once for each date and lead."""

    contract_id: UUID
    customer_id: UUID
    title: str
    notice_by: date
    """The last day on which notice ends it with the term."""
    lead_days: int
    term_ends_on: date
    noticed_at: datetime


class ContractRenewed(Event, service="sla", aggregate="contract_id"):
    contract_id: UUID
    customer_id: UUID
    title: str
    renewal: int
    """1 for the first."""
    first_day: date
    last_day: date
    term_months: int
    """From the start of the contract to the end of the new term."""
    noticed_at: datetime


class ContractEnded(Event, service="sla", aggregate="contract_id"):
    """Its last day is over: it does not bind any more."""

    contract_id: UUID
    customer_id: UUID
    title: str
    ended_on: date
    by_notice: bool
    noticed_at: datetime
