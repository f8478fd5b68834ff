"""Every mapped entity of this service, so that its metadata is complete."""

from common.database.machinery_tables import machinery_tables
from engagement.customers.model import Customer, Person
from engagement.schema import Base

__all__ = ["Base", "Customer", "Person"]

machinery_tables(Base.metadata)
