"""Every mapped entity of this service, so that its metadata is complete."""

from common.tables import machinery
from engagement.customers.model import Customer, Person
from engagement.schema import Base

__all__ = ["Base", "Customer", "Person"]

machinery(Base.metadata)
