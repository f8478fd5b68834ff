"""Every mapped entity of this service, so that its metadata is complete."""

import engagement.customers.model
from common.database.machinery_tables import machinery_tables
from engagement.schema import Base

__all__ = ["Base"]

machinery_tables(Base.metadata)
