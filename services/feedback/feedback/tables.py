"""Every mapped entity of this service, so that its metadata is complete; and which of them a replay rebuilds."""

from common.database.machinery_tables import machinery_tables
from feedback.audience.model import CustomerReplica, MemberReplica
from feedback.responses.model import Invitation, Response
from feedback.satisfaction.model import Cohort
from feedback.schema import Base
from feedback.surveys.model import Survey

__all__ = ["PROJECTIONS", "Base", "Cohort", "Invitation", "Response", "Survey"]

machinery_tables(Base.metadata)

PROJECTIONS = (CustomerReplica, MemberReplica)
