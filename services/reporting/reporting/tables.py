"""Every mapped entity of this service, so that its metadata is complete; and which of them a replay rebuilds."""

from common.database.machinery_tables import machinery_tables
from reporting.schema import Base
from reporting.scorecards.model import (
    AgreementReplica,
    Breach,
    CustomerReplica,
    Issue,
    OfferingReplica,
    Progress,
    Satisfaction,
    Statement,
)

__all__ = ["PROJECTIONS", "Base"]

machinery_tables(Base.metadata)

PROJECTIONS = (CustomerReplica, OfferingReplica, AgreementReplica, Statement, Progress, Breach, Issue, Satisfaction)
