"""The states of an agreement and of its versions, and the two sides that bring them about."""

from enum import StrEnum
from typing import NamedTuple

from common.errors import DomainError


class AgreementKind(StrEnum):
    SLA = "sla"
    OLA = "ola"
    """With a team of the own organisation, on whose work service level agreements rely."""
    UNDERPINNING_CONTRACT = "underpinning_contract"
    """With a vendor."""


class Side(StrEnum):
    PROVIDER = "provider"
    CUSTOMER = "customer"

    @property
    def other(self) -> "Side":
        return Side.CUSTOMER if self is Side.PROVIDER else Side.PROVIDER


class Party(NamedTuple):
    """A person who acts for one side."""

    subject: str
    side: Side


class NegotiationStage(StrEnum):
    """How far the negotiation of one version has come."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    COUNTER_PROPOSED = "counter_proposed"
    ACCEPTED = "accepted"
    SIGNED = "signed"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"

    @property
    def is_open(self) -> bool:
        return self not in (NegotiationStage.SIGNED, NegotiationStage.WITHDRAWN, NegotiationStage.REJECTED)


class AgreementState(StrEnum):
    """Until both sides have signed, the stage of the negotiation; from then on a matter of the calendar."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    COUNTER_PROPOSED = "counter_proposed"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    SIGNED = "signed"
    """By both sides; its first day is still to come."""
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"

    @property
    def is_signed_by_both(self) -> bool:
        return self in _BINDING


_BINDING = (AgreementState.SIGNED, AgreementState.ACTIVE, AgreementState.SUSPENDED, AgreementState.ENDED)


class NegotiationOver(DomainError, slug="negotiation-over"):
    """What was withdrawn or rejected is over: a new agreement has to be drafted."""


class AgreementAlreadySigned(DomainError, slug="agreement-already-signed"):
    """Signed terms do not change: they are amended by a new version, from a date on."""


def check_negotiable(stage: NegotiationStage) -> None:
    if stage in (NegotiationStage.WITHDRAWN, NegotiationStage.REJECTED):
        raise NegotiationOver(f"The negotiation is over, the terms were {stage}.")
    if stage is NegotiationStage.SIGNED:
        raise AgreementAlreadySigned("Both sides have signed.")
