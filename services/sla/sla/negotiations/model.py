"""A negotiation: two sides, the terms of one version on the table, and the steps that they take."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sla.agreements.model import AgreementSignature, AgreementVersion
from sla.agreements.states import NegotiationStage, Party, Side, check_negotiable
from sla.agreements.terms import Terms
from sla.negotiations.errors import CounterProposalChangesNothing, ObjectiveNotProposed, ProposalAlreadyAccepted
from sla.negotiations.proposal_rules import check_answer, check_proposal
from sla.negotiations.record import LAST_STAGES, NegotiationEntry, NegotiationPosition, NegotiationStep
from sla.negotiations.signing_rules import (
    check_accepted,
    check_shortfalls_acknowledged,
    check_signatory,
    check_signed_terms,
    check_unsigned,
)


class Remarks(NamedTuple):
    """The comments of a party on a step: a general one, and those on single objectives."""

    comment: str = ""
    by_objective: Mapping[UUID, str] = {}


@dataclass
class Negotiation:
    version: AgreementVersion
    record: list[NegotiationEntry]

    @property
    def position(self) -> NegotiationPosition:
        return NegotiationPosition.from_record(self.record)

    @property
    def may_propose(self) -> frozenset[Side]:
        """The sides that may propose terms: none, once a side has signed or the negotiation is over."""
        is_open = self.version.stage.is_open and not self.version.signatures
        return self.position.may_propose if is_open else frozenset()

    def propose(self, party: Party, terms: Terms | None, remarks: Remarks, at: datetime) -> NegotiationEntry:
        """Put terms on the table, by default those of the draft."""
        version = self.version
        step = self.check_may_propose(party)
        proposed = (terms or version.terms).with_frozen_holidays()
        if step is NegotiationStep.COUNTER_PROPOSAL and proposed == version.terms:
            raise CounterProposalChangesNothing("These are the terms on the table.")
        if unknown := remarks.by_objective.keys() - proposed.objective_ids:
            raise ObjectiveNotProposed(f"Objective {min(unknown)} is not in the proposal.", field="objectives")
        version.set_terms(proposed)
        entry = self._enter(party, step, remarks, proposed.objective_ids, at)
        entry.terms_document, entry.terms_sha256 = version.terms_document, version.terms_sha256
        return entry

    def check_may_propose(self, party: Party) -> NegotiationStep:
        """Check that the party may propose terms now, and return the step that this is."""
        step = check_proposal(party, self.version.stage, self.position)
        check_unsigned(self.version.signatures)
        return step

    def object_to(self, party: Party, remarks: Remarks, at: datetime) -> NegotiationEntry:
        """Object to the objectives that have a remark."""
        objective_ids = frozenset(remarks.by_objective)
        self.check_may_object(party, objective_ids)
        return self._enter(party, NegotiationStep.OBJECTION, remarks, objective_ids, at)

    def check_may_object(self, party: Party, objective_ids: frozenset[UUID] = frozenset()) -> None:
        check_answer(party, self.version.stage, self.position, objective_ids)
        check_unsigned(self.version.signatures)

    def accept(self, party: Party, remarks: Remarks, at: datetime) -> NegotiationEntry:
        """Accept the objectives that have a remark, by default all that are open."""
        objective_ids = frozenset(remarks.by_objective)
        self.check_may_accept(party, objective_ids)
        accepted_ids = objective_ids or self.position.open_objectives
        return self._enter(party, NegotiationStep.ACCEPTANCE, remarks, accepted_ids, at)

    def check_may_accept(self, party: Party, objective_ids: frozenset[UUID] = frozenset()) -> None:
        position = self.position
        check_answer(party, self.version.stage, position, objective_ids)
        if not position.open_objectives:
            raise ProposalAlreadyAccepted("Every objective has been accepted.")

    def sign(
        self, party: Party, terms_sha256: str, at: datetime, shortfalls: Sequence[str] = (), because: str | None = None
    ) -> AgreementSignature:
        """Sign for one side; the provider needs a reason to sign `shortfalls`, which its chain cannot hold."""
        version = self.version
        check_accepted(version.stage)
        check_signed_terms(version.terms_sha256, terms_sha256)
        check_signatory(party, version.signatures)
        check_shortfalls_acknowledged(party, shortfalls, because)
        signature = AgreementSignature(
            **party._asdict(),
            terms_sha256=terms_sha256,
            signed_at=at,
            shortfalls=list(shortfalls) or None,
            acknowledged_because=because if shortfalls else None,
        )
        version.signatures.append(signature)
        sides = {signature.side for signature in version.signatures}
        version.enter_stage(NegotiationStage.SIGNED if sides == set(Side) else NegotiationStage.ACCEPTED, at)
        return signature

    def check_may_sign(self, party: Party) -> None:
        check_accepted(self.version.stage)
        check_signatory(party, self.version.signatures)

    def withdraw_or_reject(self, party: Party, reason: str, at: datetime) -> NegotiationEntry:
        """End the negotiation: the side whose terms are on the table withdraws them, the other one rejects them."""
        return self._enter(party, self.check_may_end(party), Remarks(reason), (), at)

    def check_may_end(self, party: Party) -> NegotiationStep:
        """Check that the negotiation can be ended, and return the step by which the party ends it."""
        check_negotiable(self.version.stage)
        proposal = self.position.proposal
        is_own = party.side is (proposal.side if proposal else Side.PROVIDER)
        return NegotiationStep.WITHDRAWAL if is_own else NegotiationStep.REJECTION

    def _enter(
        self, party: Party, step: NegotiationStep, remarks: Remarks, objective_ids: Iterable[UUID], at: datetime
    ) -> NegotiationEntry:
        """Write a step on the record; the version enters the stage that follows from it."""
        entry = NegotiationEntry(
            version_id=self.version.id,
            number=len(self.record) + 1,
            step=step,
            side=party.side,
            author=party.subject,
            taken_at=at,
            comment=remarks.comment,
            objectives=[
                {"objective_id": str(objective_id), "comment": remarks.by_objective.get(objective_id, "")}
                for objective_id in sorted(objective_ids)
            ],
        )
        self.record.append(entry)
        self.version.enter_stage(LAST_STAGES.get(step, self.position.stage), at)
        return entry
