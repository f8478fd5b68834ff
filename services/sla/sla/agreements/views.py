"""How agreements, their versions and signatures look to clients."""

from datetime import date
from typing import Self
from uuid import UUID

from common.views import Instant, View
from sla.agreements.model import AgreementVersion
from sla.agreements.states import AgreementState, Side, Stage
from sla.agreements.terms import Terms


class NewAgreement(View):
    customer_id: UUID
    offering_id: UUID
    terms: Terms


class SignatureView(View):
    side: Side
    subject: str
    terms_sha256: str
    signed_at: Instant


class VersionView(View):
    number: int
    stage: Stage
    valid_from: date
    recorded_at: Instant | None
    """When both sides had signed it."""
    terms: Terms
    terms_sha256: str
    """Of the canonical JSON (RFC 8785) of the terms: what a signature names."""
    signatures: list[SignatureView]


class AgreementSummary(View):
    id: UUID
    customer_id: UUID
    offering_id: UUID
    name: str
    state: AgreementState
    starts_on: date
    ends_on: date | None
    created_at: Instant
    changed_at: Instant


class AgreementView(AgreementSummary):
    version: VersionView
    """The one with the highest number."""

    @classmethod
    def of(cls, version: AgreementVersion) -> Self:
        summary = AgreementSummary.model_validate(version.agreement)
        return cls(**summary.model_dump(), version=VersionView.model_validate(version))
