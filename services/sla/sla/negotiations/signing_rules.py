"""Who may sign which terms: each side once, by a person of its own, exactly what both sides accepted."""

from collections.abc import Sequence
from typing import Protocol

from sla.agreements.states import NegotiationStage, Party, Side, check_negotiable
from sla.negotiations import errors


class ExistingSignature(Protocol):
    @property
    def side(self) -> Side: ...
    @property
    def subject(self) -> str: ...


def check_unsigned(signatures: Sequence[ExistingSignature]) -> None:
    if signatures:
        raise errors.TermsPartlySigned(f"The {signatures[0].side} has signed these terms.")


def check_accepted(stage: NegotiationStage) -> None:
    """Check that the other side has accepted the terms on the table, so that they can be signed."""
    check_negotiable(stage)
    if stage is NegotiationStage.DRAFT:
        raise errors.NothingProposed("The agreement is a draft.")
    if stage is not NegotiationStage.ACCEPTED:
        raise errors.ProposalNotAccepted("The proposal on the table has not been accepted.")


def check_signed_terms(terms: str, signed_terms: str) -> None:
    """Check that exactly these terms are signed."""
    if signed_terms != terms:
        message = "This is not the SHA-256 of the terms to be signed: read the agreement again."
        raise errors.SignatureForOtherTerms(message, field="terms_sha256")


def check_signatory(party: Party, signatures: Sequence[ExistingSignature]) -> None:
    """Check that each side signs once, by a person of its own."""
    if any(signature.side is party.side for signature in signatures):
        raise errors.SideAlreadySigned(f"The {party.side} has signed already.")
    if any(signature.subject == party.subject for signature in signatures):
        raise errors.SameSignatory("This person has signed for the other side.")


def check_shortfalls_acknowledged(party: Party, shortfalls: Sequence[str], acknowledged_because: str | None) -> None:
    if shortfalls and party.side is Side.PROVIDER and acknowledged_because is None:
        raise errors.ChainFallsShort(" ".join(shortfalls), field="acknowledge")
