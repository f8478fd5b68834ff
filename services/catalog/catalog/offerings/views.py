"""The requests and answers of services, offerings, prices and quotes."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import MISSING, Field, model_validator

from catalog.offerings.model import LiveAgreement, Offering, OfferingState, Price
from common.http.conventions.open_actions import ActionNames, OpenAction, list_open_actions
from common.http.request_scope import AsOwner
from common.names.references import Reference, look_up
from common.unit_of_work import UnitOfWork
from common.views import Change, Currency, Day, Instant, Name, Number, Text, View, field_error

Amount = Annotated[Number, Field(ge=0, lt=10**12, decimal_places=4, examples=["12.50"])]
Unit = Annotated[Name, Field(description="The unit that the price is for.", examples=["mailbox and month"])]
Audience = Annotated[
    list[UUID] | None,
    Field(min_length=1, max_length=1000, description="The customers that see it; null means every customer."),
]


class Contact(View):
    role: Annotated[Name, Field(examples=["service desk"])]
    channel: Literal["mail", "phone", "chat", "portal", "on_site"]
    address: Annotated[Name, Field(examples=["desk@it.example"])]


Contacts = Annotated[list[Contact], Field(max_length=50)]


class NewService(View):
    name: Annotated[Name, Field(examples=["Mail"])]
    description: Text = ""
    owner: Annotated[Name, Field(description="The person responsible for it.", examples=["Ada Lovelace"])]
    contacts: Contacts = Field(default_factory=list)


class ServiceChange(Change):
    name: Name | MISSING = MISSING
    description: Text | MISSING = MISSING
    owner: Name | MISSING = MISSING
    contacts: Contacts | MISSING = MISSING


class ServiceView(View):
    id: UUID
    name: str
    description: str
    owner: str
    contacts: list[Contact]
    version: int
    created_at: Instant


class PriceTerms(View):
    amount: Amount
    currency: Currency
    unit: Unit
    valid_to: Annotated[Day | None, Field(description="Its last day; null means until another price begins.")] = None


class NewPrice(PriceTerms):
    valid_from: Annotated[Day | None, Field(description="Its first day; today, UTC, if not given.")] = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_from is not None and self.valid_to is not None and self.valid_to < self.valid_from:
            raise field_error("valid_to", "valid_to must not be before valid_from")
        return self


class PriceView(View):
    valid_from: date
    valid_to: date | None
    amount: Amount
    currency: str
    unit: str


class Quote(View):
    offering_id: UUID
    offering: Reference = look_up("offering")
    on: date
    price: Annotated[PriceView | None, Field(description="Null when the price is on request.")]


class NewOffering(View):
    service_id: UUID
    name: Annotated[Name, Field(examples=["Mailbox"])]
    tier: Annotated[Name, Field(examples=["gold"])]
    description: Text = ""
    visible_to: Audience = None
    contacts: Annotated[Contacts, Field(description="The contacts for ordering it.")] = Field(default_factory=list)
    price: Annotated[NewPrice | None, Field(description="The first price; more can follow.")] = None


class OfferingChange(Change):
    name: Name | MISSING = MISSING
    tier: Name | MISSING = MISSING
    description: Text | MISSING = MISSING
    visible_to: Audience | MISSING = MISSING
    contacts: Contacts | MISSING = MISSING


class OfferingView(View):
    id: UUID
    service_id: UUID
    service: Reference = look_up("service")
    name: str
    tier: str
    description: str
    state: OfferingState
    visible_to: Annotated[list[UUID] | None, Field(description="A customer sees only itself here.")]
    visible_to_customers: list[Reference] | None = look_up("customer", "visible_to")
    contacts: list[Contact]
    price: Annotated[PriceView | None, Field(description="The price of today, UTC; null when it is on request.")]
    version: int
    created_at: Instant
    published_at: Instant | None
    retired_at: Instant | None
    actions: ActionNames

    @classmethod
    def from_offering(
        cls, work: UnitOfWork, offering: Offering, price: Price | None, live_agreements: Sequence[LiveAgreement]
    ) -> Self:
        visible_to, reader = offering.visible_to, work.principal
        if visible_to is not None and reader.customer_id is not None:
            visible_to = [reader.customer_id]
        actions = list_open_actions(work, _list_actions(live_agreements), offering)
        return cls.from_entity(offering, visible_to=visible_to, price=price, actions=actions)


def _list_actions(live_agreements: Sequence[LiveAgreement]) -> dict[str, OpenAction[Offering]]:
    return {
        "change": OpenAction(AsOwner, lambda _, offering: offering.check_not_retired()),
        "price": OpenAction(AsOwner, lambda _, offering: offering.check_not_retired()),
        "publish": OpenAction(AsOwner, lambda _, offering: offering.check_publishable()),
        "retire": OpenAction(AsOwner, lambda _, offering: offering.check_retirable(live_agreements)),
    }


class ChangeView(View):
    at: Instant
    actor: Annotated[str, Field(description="The subject of the token that made the change.")]
    action: Literal["created", "changed", "deleted"]
    entity: Annotated[str, Field(description="offerings or offering_prices.")]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
