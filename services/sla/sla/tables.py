"""Every mapped entity of this service, so that its metadata is complete, and those that a replay rebuilds."""

from sqlalchemy import Table

from common.auth.api_keys import ApiKeyEntity
from common.database.machinery_tables import machinery_tables
from sla.agreements.model import (
    Agreement,
    AgreementSignature,
    AgreementVersion,
    CustomerReplica,
    Notice,
    OfferingReplica,
)
from sla.alerts.model import AlertFiring
from sla.backtests.model import Backtest
from sla.causes.model import Cause
from sla.chains.model import ChainPart, Underpinning
from sla.closure_calendars.model import ClosureCalendar, ClosureEdition
from sla.compliance.forecast.model import BudgetAlert
from sla.compliance.statements.model import Statement, StatementKey, StatementSecret
from sla.contracts.model import Contract
from sla.contracts.obligations import Fulfilment, Obligation, ObligationReminder
from sla.contracts.versions import AttachedAgreement, ContractSignature, ContractVersion, NoticeReminder
from sla.corrections.model import CorrectionDue, RestatementDue
from sla.exclusions.model import (
    Maintenance,
    MaintenanceAnnouncement,
    MaintenanceDecision,
    MaintenanceTarget,
    MaintenanceWindow,
)
from sla.exclusions.waivers import Waiver, WaiverApproval
from sla.improvements.model import Improvement, ImprovementNotice, ImprovementSource, SatisfactionReplica
from sla.incidents.clocks.model import IncidentClock, IncidentClockTerms
from sla.incidents.model import AlertPriorities, Incident, IncidentEvent
from sla.indicators.model import Indicator, IndicatorActivity, Refold
from sla.issues.children import CustomerImportance, IssueBreach, IssueConcern, IssueEntry, IssueTask
from sla.issues.model import Issue
from sla.measurements.model import LateArrival, ObservedHour, PackedHour, PendingPush, PushBatch, SampleHour, Series
from sla.negotiations.model import NegotiationEntry
from sla.requirements.model import ServiceRequirement
from sla.schema import SCHEMA, Base


class ApiKey(ApiKeyEntity, Base):
    """The key of a monitor."""


machinery_tables(Base.metadata)

PROJECTIONS: list[Table] = [
    Base.metadata.tables[f"{SCHEMA}.{kind.__tablename__}"]
    for kind in (CustomerReplica, OfferingReplica, SatisfactionReplica)
]
