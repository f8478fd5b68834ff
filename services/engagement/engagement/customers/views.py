"""How customers and people look to clients."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import MISSING, Field, StringConstraints

from common.views import Count, Day, Instant, Name, View

Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=254, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+$"
    ),
    Field(examples=["grace@sales.example"]),
]
Headcount = Annotated[Count, Field(le=10**9, description="How many people it has, whether or not they are known here.")]
OrgUnit = Annotated[Name, Field(examples=["Sales/EMEA"])]
JoinedOn = Annotated[Day | None, Field(description="Today, UTC, if not given.")]


class NewCustomer(View):
    name: Annotated[Name, Field(examples=["Sales"])]
    org_unit: OrgUnit | None = None
    parent_id: UUID | None = None
    headcount: Headcount | None = None


class CustomerChange(View):
    name: Name | MISSING = MISSING
    org_unit: OrgUnit | MISSING | None = MISSING
    parent_id: UUID | MISSING | None = MISSING
    headcount: Headcount | MISSING | None = MISSING


class CustomerView(View):
    id: UUID
    name: str
    org_unit: str | None
    parent_id: UUID | None
    headcount: int | None
    version: int
    created_at: datetime


class NewPerson(View):
    name: Annotated[Name, Field(examples=["Grace Hopper"])]
    email: Email
    role: Annotated[Name, Field(description="What they are at the customer.", examples=["key user"])]
    joined_on: JoinedOn = None


class PersonChange(View):
    name: Name | MISSING = MISSING
    email: Email | MISSING = MISSING
    role: Name | MISSING = MISSING


class Departure(View):
    left_on: Annotated[
        Day | None, Field(description="The first day they do not belong any more; today, UTC, if not given.")
    ] = None


class PersonView(View):
    id: UUID
    customer_id: UUID
    name: Annotated[str | None, Field(description="Null once erased.")]
    email: Annotated[str | None, Field(description="Null once erased.")]
    role: str
    joined_on: Day
    left_on: Day | None
    erased_at: Instant | None
    version: int
