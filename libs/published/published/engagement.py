"""The events of engagement: customers and their people, who appear only as ids."""

from datetime import datetime
from uuid import UUID

from published.event import Event


class CustomerRegistered(
    Event, service="engagement", aggregate="customer_id", name="CustomerRegistered", for_customer=True
):
    customer_id: UUID
    name: str
    parent_id: UUID | None
    registered_at: datetime


class CustomerRenamed(Event, service="engagement", aggregate="customer_id", name="CustomerRenamed", for_customer=True):
    customer_id: UUID
    name: str


class PersonJoined(Event, service="engagement", aggregate="customer_id", name="PersonJoined", for_customer=True):
    customer_id: UUID
    person_id: UUID
    role: str


class PersonRoleChanged(
    Event, service="engagement", aggregate="customer_id", name="PersonRoleChanged", for_customer=True
):
    customer_id: UUID
    person_id: UUID
    role: str


class PersonLeft(Event, service="engagement", aggregate="customer_id", name="PersonLeft", for_customer=True):
    customer_id: UUID
    person_id: UUID
