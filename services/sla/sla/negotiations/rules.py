"""The rules of negotiating: who may propose, object, accept and sign, judged on the record alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import ClassVar, Protocol
from uuid import UUID

from common.errors import DomainError
from sla.agreements.states import NegotiationStage, Party, Side, check_negotiable


class NegotiationStep(StrEnum):
    PROPOSAL = "proposal"
    COUNTER_PROPOSAL = "counter_proposal"
    OBJECTION = "objection"
    ACCEPTANCE = "acceptance"
    WITHDRAWAL = "withdrawal"
    REJECTION = "rejection"


PROPOSAL_STEPS = frozenset({NegotiationStep.PROPOSAL, NegotiationStep.COUNTER_PROPOSAL})


class NothingProposed(DomainError, slug="nothing-proposed"):
    """A draft has to be proposed before anyone can object to it, accept it or sign it."""


class ProviderProposesFirst(DomainError, slug="provider-proposes-first"):
    """The draft is the provider's: the first proposal is made by the side that drafted it."""


class ProposalAwaitsAnswer(DomainError, slug="proposal-awaits-answer"):
    """Who has proposed waits for the other side to accept, to object or to propose something else."""


class CounterProposalChangesNothing(DomainError, slug="counter-proposal-changes-nothing"):
    """A counter-proposal changes the terms on the table; who agrees with them accepts them."""


class OwnProposalAnswered(DomainError, slug="own-proposal-answered"):
    """Nobody accepts their own proposal, or objects to it: the answer comes from the other side and another person."""


class ObjectiveNotProposed(DomainError, slug="objective-not-proposed"):
    """An answer names objectives of the proposal on the table."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class ProposalAlreadyAccepted(DomainError, slug="proposal-already-accepted"):
    """Every objective has been accepted: what is left is to sign, or to propose something else."""


class ProposalNotAccepted(DomainError, slug="proposal-not-accepted"):
    """A proposal that nobody but its author accepted cannot be signed."""


class SignatureForOtherTerms(DomainError, slug="signature-for-other-terms"):
    """A signature is for exactly the terms that both sides accepted, named by their SHA-256."""


class SideAlreadySigned(DomainError, slug="side-already-signed"):
    """Each side signs once."""


class SameSignatory(DomainError, slug="same-signatory"):
    """Four eyes: the same person cannot sign for both sides."""


class TermsPartlySigned(DomainError, slug="signature-binds"):
    """Once a side has signed, the terms stay on the table: the other side signs them, or the negotiation ends."""


class ChainFallsShort(DomainError, slug="chain-falls-short"):
    """The provider signs what those who carry the agreement cannot hold only with a reason."""


class RecordedStep(Protocol):
    """One step on the record, as the rules read it."""

    @property
    def step(self) -> NegotiationStep: ...
    @property
    def side(self) -> Side: ...
    @property
    def author(self) -> str: ...
    @property
    def objective_ids(self) -> frozenset[UUID]:
        """What the step is about: of a proposal all its objectives, of an answer those it names."""


class ExistingSignature(Protocol):
    @property
    def side(self) -> Side: ...
    @property
    def subject(self) -> str: ...


@dataclass(frozen=True)
class NegotiationPosition:
    """What is on the table: the last proposal and how the other side has answered it so far."""

    proposal: RecordedStep | None = None
    accepted: frozenset[UUID] = frozenset()
    objected: frozenset[UUID] = frozenset()

    @property
    def open_objectives(self) -> frozenset[UUID]:
        """The objectives not yet accepted."""
        return self.proposal.objective_ids - self.accepted if self.proposal else frozenset()

    @property
    def may_propose(self) -> frozenset[Side]:
        """Who can put other terms on the table: the author only once there is an objection, or nothing left open."""
        if self.proposal is None:
            return frozenset({Side.PROVIDER})
        return frozenset(Side) if self.objected or not self.open_objectives else frozenset({self.proposal.side.other})


def compute_position(record: Sequence[RecordedStep]) -> NegotiationPosition:
    """Read the record in order: a proposal clears the table, an answer replaces the earlier one on an objective."""
    state = NegotiationPosition()
    for entry in record:
        if entry.step in PROPOSAL_STEPS:
            state = NegotiationPosition(entry)
        elif entry.step is NegotiationStep.ACCEPTANCE:
            state = NegotiationPosition(
                state.proposal, state.accepted | entry.objective_ids, state.objected - entry.objective_ids
            )
        elif entry.step is NegotiationStep.OBJECTION:
            state = NegotiationPosition(
                state.proposal, state.accepted - entry.objective_ids, state.objected | entry.objective_ids
            )
    return state


def check_unsigned(signatures: Sequence[ExistingSignature]) -> None:
    if signatures:
        raise TermsPartlySigned(f"The {signatures[0].side} has signed.")


def check_proposal(
    party: Party, stage: NegotiationStage, table: NegotiationPosition, signatures: Sequence[ExistingSignature]
) -> NegotiationStep:
    """Which step a proposal of this party is now."""
    check_negotiable(stage)
    check_unsigned(signatures)
    if table.proposal is None:
        if party.side is not Side.PROVIDER:
            raise ProviderProposesFirst("Nothing has been proposed yet.")
        return NegotiationStep.PROPOSAL
    if party.side not in table.may_propose:
        raise ProposalAwaitsAnswer(f"The proposal of the {party.side} waits for the {party.side.other}.")
    return NegotiationStep.COUNTER_PROPOSAL


def check_answer(party: Party, stage: NegotiationStage, table: NegotiationPosition, named: frozenset[UUID]) -> None:
    """An objection or an acceptance: on the table, by the other side and another person, of what was proposed."""
    check_negotiable(stage)
    if table.proposal is None:
        raise NothingProposed("The agreement is a draft.")
    if party.side is table.proposal.side or party.subject == table.proposal.author:
        raise OwnProposalAnswered(f"The proposal on the table is of the {table.proposal.side}.")
    if unknown := named - table.proposal.objective_ids:
        raise ObjectiveNotProposed(f"No such objective: {min(unknown)}.", field="objectives")


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
    """Of terms that can be signed: these very ones, once by each side, each by another person."""
    if signed_terms != terms:
        raise SignatureForOtherTerms("These are not the terms to be signed.", field="terms_sha256")
    if any(signature.side is party.side for signature in signatures):
        raise SideAlreadySigned(f"The {party.side} has signed.")
    if any(signature.subject == party.subject for signature in signatures):
        raise SameSignatory("This person has signed for the other side.")


def check_shortfalls_acknowledged(party: Party, shortfalls: Sequence[str], acknowledged_because: str | None) -> None:
    if shortfalls and party.side is Side.PROVIDER and acknowledged_because is None:
        raise ChainFallsShort(" ".join(shortfalls), field="acknowledge")
