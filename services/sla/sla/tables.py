"""Every mapped entity of this service, so that its metadata is complete; and which of them a replay rebuilds."""

from sqlalchemy import Table

from common.auth.apikeys import KeyRow
from common.tables import machinery
from sla.agreements.model import Agreement, AgreementVersion, KnownCustomer, KnownOffering, Signature
from sla.compliance.model import Statement
from sla.corrections.model import CorrectionDue
from sla.indicators.model import Indicator, IndicatorActivity, Refold
from sla.issues.model import Issue, IssueBreach
from sla.measurements.model import LateArrival, PackedHour, PushBatch, PushPending, SampleHour, Series
from sla.negotiations.model import NegotiationEntry
from sla.schema import SCHEMA, Base

__all__ = [
    "PROJECTIONS",
    "Agreement",
    "AgreementVersion",
    "ApiKey",
    "Base",
    "CorrectionDue",
    "Indicator",
    "IndicatorActivity",
    "Issue",
    "IssueBreach",
    "KnownCustomer",
    "KnownOffering",
    "LateArrival",
    "NegotiationEntry",
    "PackedHour",
    "PushBatch",
    "PushPending",
    "Refold",
    "SampleHour",
    "Series",
    "Signature",
    "Statement",
]


class ApiKey(KeyRow, Base):
    """A monitor's."""


machinery(Base.metadata)

PROJECTIONS: list[Table] = [
    Base.metadata.tables[f"{SCHEMA}.{kind.__tablename__}"] for kind in (KnownCustomer, KnownOffering)
]
