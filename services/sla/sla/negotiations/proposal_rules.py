"""Who may propose terms, object to them and accept them, as the record of the negotiation says."""

from uuid import UUID

from sla.agreements.states import NegotiationStage, Party, Side, check_negotiable
from sla.negotiations import errors
from sla.negotiations.record import NegotiationPosition, NegotiationStep


def check_proposal(party: Party, stage: NegotiationStage, position: NegotiationPosition) -> NegotiationStep:
    """Check that the party may propose terms now, and return the step that this is."""
    check_negotiable(stage)
    if position.proposal is None:
        if party.side is not Side.PROVIDER:
            raise errors.ProviderProposesFirst("Nothing has been proposed yet.")
        return NegotiationStep.PROPOSAL
    if party.side not in position.may_propose:
        raise errors.ProposalAwaitsAnswer(f"The proposal of the {party.side} waits for the {party.side.other}.")
    return NegotiationStep.COUNTER_PROPOSAL


def check_answer(
    party: Party, stage: NegotiationStage, position: NegotiationPosition, objective_ids: frozenset[UUID]
) -> None:
    """Check that the party may object to these objectives or accept them."""
    check_negotiable(stage)
    if position.proposal is None:
        raise errors.NothingProposed("The agreement is a draft.")
    if party.side is position.proposal.side or party.subject == position.proposal.author:
        raise errors.OwnProposalAnswered(f"The proposal on the table is the {position.proposal.side}'s.")
    if unknown := objective_ids - position.proposal.objective_ids:
        raise errors.ObjectiveNotProposed(f"Objective {min(unknown)} is not in the proposal.", field="objectives")
