"""Every mapped entity of this service, so that its metadata is complete; and which of them a replay rebuilds."""

import feedback.responses.model
import feedback.satisfaction.model
import feedback.surveys.model
from common.database.machinery_tables import machinery_tables
from feedback.audience.model import CustomerReplica, MemberReplica
from feedback.schema import Base

__all__ = ["PROJECTIONS", "Base"]

machinery_tables(Base.metadata)

PROJECTIONS = (CustomerReplica, MemberReplica)
