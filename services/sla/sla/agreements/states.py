"""The states of agreements, negotiations and notices, and the two sides that bring them about."""

from enum import StrEnum
from typing import NamedTuple

from sla.agreements.errors import AgreementAlreadySigned, NegotiationOver


class AgreementKind(StrEnum):
    SLA = "sla"
    OLA = "ola"
    """With a team of the provider's own organisation, on whose work service level agreements rely."""
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
    """The stage that the negotiation of one version has reached."""

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
    """The stage of the first negotiation; once both sides have signed, the state that the calendar gives."""

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
        return self in IN_FORCE_STATES or self is AgreementState.ENDED


IN_FORCE_STATES = (AgreementState.SIGNED, AgreementState.ACTIVE, AgreementState.SUSPENDED)
"""The states of an agreement that both sides have signed and that is not over."""


class NoticeKind(StrEnum):
    RENEWAL = "renewal"
    SUSPENSION = "suspension"
    RESUMPTION = "resumption"
    TERMINATION = "termination"


class NoticeState(StrEnum):
    PENDING = "pending"
    """It needs the consent of the other side."""
    EFFECTIVE = "effective"
    DECLINED = "declined"
    """By the other side."""
    WITHDRAWN = "withdrawn"
    """By the side that gave it."""


def check_negotiable(stage: NegotiationStage) -> None:
    if stage in (NegotiationStage.WITHDRAWN, NegotiationStage.REJECTED):
        raise NegotiationOver(f"The negotiation is over: the terms were {stage}. Draft another agreement or amendment.")
    if stage is NegotiationStage.SIGNED:
        raise AgreementAlreadySigned("Both sides have signed these terms.")
