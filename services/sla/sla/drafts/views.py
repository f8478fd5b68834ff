"""The drafts of agreements and amendments that clients send."""

from typing import Self
from uuid import UUID

from pydantic import model_validator

from common.views import Name, View, field_error
from sla.agreements.model import Agreement
from sla.agreements.states import AgreementKind, AgreementState
from sla.agreements.terms import Terms


class NewAgreement(View):
    kind: AgreementKind = AgreementKind.SLA
    customer_id: UUID
    """The customer; of an OLA or an underpinning contract, the provider's own unit."""
    offering_id: UUID
    supplier: Name | None = None
    """The team of an OLA or the vendor of an underpinning contract, which promises."""
    terms: Terms

    @model_validator(mode="after")
    def _suppliers_are_named(self) -> Self:
        if (self.kind is AgreementKind.SLA) != (self.supplier is None):
            raise field_error("supplier", "an ola and an underpinning_contract name the supplier, an sla does not")
        return self

    def to_agreement(self) -> Agreement:
        return Agreement(state=AgreementState.DRAFT, **self.model_dump(exclude={"terms"}))


class Amendment(View):
    terms: Terms
    """The terms; from their `starts_on` they replace those in force."""
