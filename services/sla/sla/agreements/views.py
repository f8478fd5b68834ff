"""How agreements, their versions and signatures look to clients."""

from datetime import date
from typing import Self
from uuid import UUID

from common.views import Instant, View
from sla.agreements.model import AgreementVersion
from sla.agreements.schedule import Binding
from sla.agreements.states import AgreementKind, AgreementState, NegotiationStage, Side
from sla.agreements.terms import Terms


class AgreementSignatureView(View):
    side: Side
    subject: str
    terms_sha256: str
    signed_at: Instant


class AgreementVersionView(View):
    number: int
    stage: NegotiationStage
    valid_from: date
    recorded_at: Instant | None
    """When both sides had signed it."""
    terms: Terms
    terms_sha256: str
    """Of the canonical JSON (RFC 8785) of the terms: what a signature names."""
    signatures: list[AgreementSignatureView]


class AgreementSummary(View):
    id: UUID
    kind: AgreementKind
    customer_id: UUID
    offering_id: UUID
    supplier: str | None
    name: str
    state: AgreementState
    starts_on: date
    ends_on: date | None
    in_force: int | None
    """The number of the version that binds now or, once it is over, bound last."""
    created_at: Instant
    changed_at: Instant


class AgreementView(AgreementSummary):
    version: AgreementVersionView
    """The one with the highest number."""

    @classmethod
    def from_entity(cls, version: AgreementVersion) -> Self:
        summary = AgreementSummary.model_validate(version.agreement)
        return cls(**summary.model_dump(), version=AgreementVersionView.model_validate(version))


class TermsInForce(View):
    """What bound both sides on a day, as it was known at an instant."""

    on: date
    known_at: Instant
    version: int
    first_day: date
    last_day: date | None
    """The days on which this version binds, both included."""
    terms: Terms
    """With the closures of shared calendars among those of the service hours."""
    terms_sha256: str
    """Of the document both sides signed."""

    @classmethod
    def from_binding(cls, binding: Binding, on: date, known_at: Instant) -> Self:
        return cls(
            on=on,
            known_at=known_at,
            version=binding.version,
            first_day=binding.first_day,
            last_day=binding.last_day,
            terms=binding.terms,
            terms_sha256=binding.terms_sha256,
        )
