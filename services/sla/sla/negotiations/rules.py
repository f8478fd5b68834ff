"""Who may propose, object, accept and sign, as the record of the negotiation says."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from sla.agreements.states import NegotiationStage, Party, Side, check_negotiable
from sla.negotiations.errors import (
    ChainFallsShort,
    NothingProposed,
    ObjectiveNotProposed,
    OwnProposalAnswered,
    ProposalAwaitsAnswer,
    ProposalNotAccepted,
    ProviderProposesFirst,
    SameSignatory,
    SideAlreadySigned,
    SignatureForOtherTerms,
    TermsPartlySigned,
)


class NegotiationStep(StrEnum):
    PROPOSAL = "proposal"
    COUNTER_PROPOSAL = "counter_proposal"
    OBJECTION = "objection"
    ACCEPTANCE = "acceptance"
    WITHDRAWAL = "withdrawal"
    REJECTION = "rejection"


PROPOSAL_STEPS = frozenset({NegotiationStep.PROPOSAL, NegotiationStep.COUNTER_PROPOSAL})


class RecordedStep(Protocol):
    """A step on the record of a negotiation."""

    @property
    def step(self) -> NegotiationStep: ...
    @property
    def side(self) -> Side: ...
    @property
    def author(self) -> str: ...
    @property
    def objective_ids(self) -> frozenset[UUID]:
        """The objectives that the step is about: all of a proposal, or those that an answer names."""


class ExistingSignature(Protocol):
    @property
    def side(self) -> Side: ...
    @property
    def subject(self) -> str: ...


@dataclass(frozen=True)
class NegotiationPosition:
    """The last proposal, which is on the table, and the answers of the other side so far."""

    proposal: RecordedStep | None = None
    accepted: frozenset[UUID] = frozenset()
    objected: frozenset[UUID] = frozenset()

    @property
    def open_objectives(self) -> frozenset[UUID]:
        """The objectives not yet accepted."""
        return self.proposal.objective_ids - self.accepted if self.proposal else frozenset()

    @property
    def may_propose(self) -> frozenset[Side]:
        """The sides that may propose other terms: the author's only after an objection or a full acceptance."""
        if self.proposal is None:
            return frozenset({Side.PROVIDER})
        return frozenset(Side) if self.objected or not self.open_objectives else frozenset({self.proposal.side.other})


def compute_position(record: Sequence[RecordedStep]) -> NegotiationPosition:
    """Read the record in order: a proposal clears the table, an answer replaces the earlier one on an objective."""
    proposal: RecordedStep | None = None
    accepted, objected = frozenset[UUID](), frozenset[UUID]()
    for entry in record:
        if entry.step in PROPOSAL_STEPS:
            proposal, accepted, objected = entry, frozenset(), frozenset()
        elif entry.step is NegotiationStep.ACCEPTANCE:
            accepted, objected = accepted | entry.objective_ids, objected - entry.objective_ids
        elif entry.step is NegotiationStep.OBJECTION:
            accepted, objected = accepted - entry.objective_ids, objected | entry.objective_ids
    return NegotiationPosition(proposal, accepted, objected)


def check_unsigned(signatures: Sequence[ExistingSignature]) -> None:
    if signatures:
        raise TermsPartlySigned(f"The {signatures[0].side} has signed these terms.")


def check_proposal(
    party: Party, stage: NegotiationStage, position: NegotiationPosition, signatures: Sequence[ExistingSignature]
) -> NegotiationStep:
    """Check that the party may propose terms now, and return the step that this is."""
    check_negotiable(stage)
    check_unsigned(signatures)
    if position.proposal is None:
        if party.side is not Side.PROVIDER:
            raise ProviderProposesFirst("Nothing has been proposed yet.")
        return NegotiationStep.PROPOSAL
    if party.side not in position.may_propose:
        raise ProposalAwaitsAnswer(f"The proposal of the {party.side} waits for the {party.side.other}.")
    return NegotiationStep.COUNTER_PROPOSAL


def check_answer(
    party: Party, stage: NegotiationStage, position: NegotiationPosition, objective_ids: frozenset[UUID]
) -> None:
    """Check that the party may object to these objectives or accept them."""
    check_negotiable(stage)
    if position.proposal is None:
        raise NothingProposed("The agreement is a draft.")
    if party.side is position.proposal.side or party.subject == position.proposal.author:
        raise OwnProposalAnswered(f"The proposal on the table is the {position.proposal.side}'s.")
    if unknown := objective_ids - position.proposal.objective_ids:
        raise ObjectiveNotProposed(f"Objective {min(unknown)} is not in the proposal.", field="objectives")


def check_signature(
    party: Party,
    stage: NegotiationStage,
    accepted_terms: str,
    signed_terms: str,
    signatures: Sequence[ExistingSignature],
) -> None:
    check_negotiable(stage)
    if stage is NegotiationStage.DRAFT:
        raise NothingProposed("The agreement is a draft.")
    if stage is not NegotiationStage.ACCEPTED:
        raise ProposalNotAccepted("The proposal on the table has not been accepted.")
    check_signatory(party, accepted_terms, signed_terms, signatures)


def check_signatory(party: Party, terms: str, signed_terms: str, signatures: Sequence[ExistingSignature]) -> None:
    """Check that each side signs exactly these terms once, by a person of its own."""
    if signed_terms != terms:
        message = "This is not the SHA-256 of the terms to be signed: read the agreement again."
        raise SignatureForOtherTerms(message, field="terms_sha256")
    if any(signature.side is party.side for signature in signatures):
        raise SideAlreadySigned(f"The {party.side} has signed already.")
    if any(signature.subject == party.subject for signature in signatures):
        raise SameSignatory("This person has signed for the other side.")


def check_shortfalls_acknowledged(party: Party, shortfalls: Sequence[str], acknowledged_because: str | None) -> None:
    if shortfalls and party.side is Side.PROVIDER and acknowledged_because is None:
        raise ChainFallsShort(" ".join(shortfalls), field="acknowledge")
