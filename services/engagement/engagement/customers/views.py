"""The requests and answers of customers and their people."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import MISSING, AfterValidator, Field, StringConstraints

from common.auth.principal import Principal
from common.names import canonical_name
from common.names.references import Reference, look_up
from common.views import Change, Count, Day, Instant, Name, View, Written
from engagement.customers.model import Customer

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    Written(r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+$", "must be an email address"),
    AfterValidator(canonical_name),
    Field(examples=["grace@sales.example"]),
]
Headcount = Annotated[Count, Field(le=10**9, description="The number of its people, registered here or not.")]
OrgUnit = Annotated[Name, Field(examples=["Sales/EMEA"])]
JoinedOn = Annotated[Day | None, Field(description="Default: today, UTC.")]


class NewCustomer(View):
    name: Annotated[Name, Field(examples=["Sales"])]
    org_unit: OrgUnit | None = None
    parent_id: UUID | None = None
    headcount: Headcount | None = None


class CustomerChange(Change):
    name: Name | MISSING = MISSING
    org_unit: OrgUnit | MISSING | None = MISSING
    parent_id: UUID | MISSING | None = MISSING
    headcount: Headcount | MISSING | None = MISSING


class CustomerView(View):
    id: UUID
    name: str
    org_unit: str | None
    parent_id: UUID | None = Field(description="The customer above it; customers do not see it.")
    parent: Reference | None = look_up("customer", "parent_id")
    headcount: int | None
    version: int
    created_at: datetime

    @classmethod
    def for_reader(cls, customer: Customer, reader: Principal) -> Self:
        view = cls.model_validate(customer)
        if reader.is_bound:
            view.parent_id = None
        return view


class NewPerson(View):
    name: Annotated[Name, Field(examples=["Grace Hopper"])]
    email: Email
    role: Annotated[Name, Field(description="The person's role at the customer.", examples=["key user"])]
    joined_on: JoinedOn = None


class PersonChange(Change):
    name: Name | MISSING = MISSING
    email: Email | MISSING = MISSING
    role: Name | MISSING = MISSING


class Departure(View):
    left_on: Annotated[
        Day | None, Field(description="The first day on which they no longer belong to it. Default: today, UTC.")
    ] = None


class PersonView(View):
    id: UUID
    customer_id: UUID
    customer: Reference = look_up("customer")
    name: Annotated[str | None, Field(description="Null once erased.")]
    email: Annotated[str | None, Field(description="Null once erased.")]
    role: str
    joined_on: Day
    left_on: Day | None
    erased_at: Instant | None
    version: int
