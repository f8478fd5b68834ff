"""Every mapped entity of this service, so that its metadata is complete; and which of them a replay rebuilds."""

from catalog.offerings.model import CustomerReplica, LiveAgreement
from catalog.schema import Base
from common.database.machinery_tables import machinery_tables

__all__ = ["PROJECTIONS", "Base"]

machinery_tables(Base.metadata)

PROJECTIONS = (CustomerReplica, LiveAgreement)
