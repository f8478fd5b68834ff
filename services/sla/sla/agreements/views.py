"""Agreements, their versions and signatures as clients see them."""

from datetime import date
from typing import Self
from uuid import UUID

from common.names.references import Reference, look_up
from common.views import Instant, View
from sla.agreements.model import AgreementVersion
from sla.agreements.states import AgreementKind, AgreementState, NegotiationStage, Side
from sla.agreements.terms import Terms


class TermsSignatureView(View):
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
    """The SHA-256 of the canonical JSON (RFC 8785) of the terms, by which a signature names them."""
    signatures: list[TermsSignatureView]


class AgreementSummary(View):
    id: UUID
    kind: AgreementKind
    customer_id: UUID
    customer: Reference = look_up("customer")
    offering_id: UUID
    offering: Reference = look_up("offering")
    supplier: str | None
    template_id: UUID | None
    """The template it was drafted from; null where it was from none."""
    template_version: int | None
    name: str
    state: AgreementState
    starts_on: date
    ends_on: date | None
    in_force: int | None
    """The number of the version in force or, after the last day, of the last one."""
    created_at: Instant
    changed_at: Instant


class AgreementView(AgreementSummary):
    version: AgreementVersionView
    """The one with the highest number."""

    @classmethod
    def from_version(cls, version: AgreementVersion) -> Self:
        return cls.from_entity(version.agreement, version=version)


class TermsInForce(View):
    """The terms in force on a day, as it was known at an instant."""

    on: date
    known_at: Instant
    version: int
    first_day: date
    last_day: date | None
    """The last day on which this version is in force; null when it runs until it is ended."""
    terms: Terms
    """With the closures of closure calendars among those of the service hours."""
    terms_sha256: str
    """Of the terms document that both sides signed."""
