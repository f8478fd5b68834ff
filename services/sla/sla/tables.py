"""Every mapped entity of this service, so that its metadata is complete; and which of them a replay rebuilds."""

from sqlalchemy import Table

from common.auth.apikeys import KeyRow
from common.tables import machinery
from sla.agreements.model import Agreement, AgreementVersion, KnownCustomer, KnownOffering, Notice, Signature
from sla.alerts.model import AlertFiring
from sla.backtests.model import Backtest
from sla.calendars.model import ClosureCalendar, ClosureEdition
from sla.causes.model import Cause
from sla.chains.model import ChainPart, Underpinning
from sla.compliance.model import BudgetAlert, Statement, StatementKey, StatementSecret
from sla.contracts.model import Contract
from sla.contracts.obligations import Fulfilment, Obligation, ObligationReminder
from sla.contracts.parts import Attachment, ContractSignature, ContractVersion, Reminder
from sla.corrections.model import CorrectionDue, RestatementDue
from sla.exclusions.model import Announcement, Decision, Maintenance, MaintenanceTarget, MaintenanceWindow
from sla.exclusions.waivers import Waiver, WaiverApproval
from sla.improvements.model import Improvement, ImprovementNotice, ImprovementSource, MeasuredSatisfaction
from sla.incidents.model import AlertPriorities, Incident, IncidentClock, IncidentClockTerms, IncidentEvent
from sla.indicators.model import Indicator, IndicatorActivity, Refold
from sla.issues.model import Issue
from sla.issues.parts import CustomerImportance, IssueBreach, IssueConcern, IssueEntry, IssueTask
from sla.measurements.model import LateArrival, ObservedHour, PackedHour, PushBatch, PushPending, SampleHour, Series
from sla.negotiations.model import NegotiationEntry
from sla.requirements.model import ServiceRequirement
from sla.schema import SCHEMA, Base

__all__ = [
    "PROJECTIONS",
    "Agreement",
    "AgreementVersion",
    "AlertFiring",
    "AlertPriorities",
    "Announcement",
    "ApiKey",
    "Attachment",
    "Backtest",
    "Base",
    "BudgetAlert",
    "Cause",
    "ChainPart",
    "ClosureCalendar",
    "ClosureEdition",
    "Contract",
    "ContractSignature",
    "ContractVersion",
    "CorrectionDue",
    "CustomerImportance",
    "Decision",
    "Fulfilment",
    "Improvement",
    "ImprovementNotice",
    "ImprovementSource",
    "Incident",
    "IncidentClock",
    "IncidentClockTerms",
    "IncidentEvent",
    "Indicator",
    "IndicatorActivity",
    "Issue",
    "IssueBreach",
    "IssueConcern",
    "IssueEntry",
    "IssueTask",
    "KnownCustomer",
    "KnownOffering",
    "LateArrival",
    "Maintenance",
    "MaintenanceTarget",
    "MaintenanceWindow",
    "MeasuredSatisfaction",
    "NegotiationEntry",
    "Notice",
    "Obligation",
    "ObligationReminder",
    "ObservedHour",
    "PackedHour",
    "PushBatch",
    "PushPending",
    "Refold",
    "Reminder",
    "RestatementDue",
    "SampleHour",
    "Series",
    "ServiceRequirement",
    "Signature",
    "Statement",
    "StatementKey",
    "StatementSecret",
    "Underpinning",
    "Waiver",
    "WaiverApproval",
]


class ApiKey(KeyRow, Base):
    """A monitor's."""


machinery(Base.metadata)

PROJECTIONS: list[Table] = [
    Base.metadata.tables[f"{SCHEMA}.{kind.__tablename__}"]
    for kind in (KnownCustomer, KnownOffering, MeasuredSatisfaction)
]
