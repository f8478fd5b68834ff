"""The drafts of agreements and amendments that clients send."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from common.views import Name, View, field_error
from sla.agreements.model import Agreement
from sla.agreements.states import AgreementKind, AgreementState
from sla.agreements.terms import Terms

FilledIn = Annotated[
    dict[str, Any],
    Field(
        description="What to fill into the terms, or to change in them, as a JSON Merge Patch (RFC 7396): null removes"
        " a field. Objectives are merged by their name, and new ones are added.",
        examples=[{"starts_on": "2027-01-01", "objectives": [{"name": "Availability", "target": "99.5"}]}],
    ),
]


class NewAgreement(View):
    kind: AgreementKind = AgreementKind.SLA
    customer_id: UUID
    """The customer; of an OLA or an underpinning contract, the provider's own unit."""
    offering_id: UUID
    supplier: Name | None = None
    """The team of an OLA or the vendor of an underpinning contract, which promises."""
    terms: Terms | None = None
    """The terms; absent where a template has them."""
    template_id: UUID | None = None
    """A published template to take the terms from, in place of `terms`."""
    fill_in: FilledIn = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_terms(self) -> Self:
        if (self.terms is None) == (self.template_id is None):
            raise field_error("terms", "give either the terms, or a template_id with what is to be filled in")
        if self.terms is not None and self.fill_in:
            raise field_error("fill_in", "fill_in completes a template; write it into the terms")
        return self

    @model_validator(mode="after")
    def _suppliers_are_named(self) -> Self:
        if (self.kind is AgreementKind.SLA) != (self.supplier is None):
            raise field_error("supplier", "an ola and an underpinning_contract name the supplier, an sla does not")
        return self

    def to_agreement(self) -> Agreement:
        return Agreement(state=AgreementState.DRAFT, **self.model_dump(exclude={"terms", "template_id", "fill_in"}))


class NewCopy(View):
    """The parties of a copy, by default those of the agreement, and what differs in its terms."""

    customer_id: UUID | None = None
    offering_id: UUID | None = None
    supplier: Name | None = None
    fill_in: FilledIn
    """What to fill into the terms, or to change in them; `starts_on` at least."""


class Amendment(View):
    terms: Terms
    """The terms; from their `starts_on` they replace those in force."""
