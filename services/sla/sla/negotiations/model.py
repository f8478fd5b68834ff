"""The record of a negotiation, and the negotiation itself: the terms of one version on the table between two sides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified, text_enum
from sla.agreements.model import AgreementSignature, AgreementVersion
from sla.agreements.states import NegotiationStage, Party, Side, check_negotiable
from sla.agreements.terms import Terms
from sla.negotiations.rules import (
    CounterProposalChangesNothing,
    NegotiationPosition,
    NegotiationStep,
    ObjectiveNotProposed,
    ProposalAlreadyAccepted,
    check_answer,
    check_proposal,
    check_shortfalls_acknowledged,
    check_signature,
    check_unsigned,
    compute_position,
)
from sla.schema import Base


class Remarks(NamedTuple):
    """What a party says with a step: in general, and on single objectives."""

    comment: str = ""
    by_objective: Mapping[UUID, str] = {}


class NegotiationEntry(Identified, Base):
    """One step, as it was taken; entries are written once."""

    __tablename__ = "negotiation_entries"
    __table_args__ = (
        UniqueConstraint("version_id", "number"),
        CheckConstraint(
            "(step IN ('proposal', 'counter_proposal')) = (terms_sha256 IS NOT NULL)", name="proposals_carry_terms"
        ),
    )

    version_id: Mapped[UUID] = mapped_column(ForeignKey(AgreementVersion.id))
    number: Mapped[int]
    step: Mapped[NegotiationStep] = mapped_column(text_enum(NegotiationStep, "step"))
    side: Mapped[Side] = mapped_column(text_enum(Side, "side"))
    author: Mapped[str]
    taken_at: Mapped[datetime]
    comment: Mapped[str]
    objectives: Mapped[list[dict[str, Any]]]
    """A record per objective the step is about: its id, and the comment on it."""
    terms_document: Mapped[dict[str, Any] | None]
    """Of a proposal; of any other step null."""
    terms_sha256: Mapped[str | None]

    @property
    def objective_ids(self) -> frozenset[UUID]:
        return frozenset(UUID(point["objective_id"]) for point in self.objectives)


@dataclass
class Negotiation:
    version: AgreementVersion
    record: list[NegotiationEntry]

    @property
    def position(self) -> NegotiationPosition:
        return compute_position(self.record)

    @property
    def may_propose(self) -> frozenset[Side]:
        """Nobody, once a side has signed or the negotiation is over."""
        over = (
            self.version.stage in (NegotiationStage.SIGNED, NegotiationStage.WITHDRAWN, NegotiationStage.REJECTED)
            or self.version.signatures
        )
        return frozenset() if over else self.position.may_propose

    def propose(self, party: Party, terms: Terms | None, remarks: Remarks, at: datetime) -> NegotiationEntry:
        """Put terms on the table; without any, the draft as it stands."""
        version = self.version
        step = check_proposal(party, version.stage, self.position, version.signatures)
        proposed = (terms or version.terms).with_frozen_holidays()
        if step is NegotiationStep.COUNTER_PROPOSAL and proposed == version.terms:
            raise CounterProposalChangesNothing("These are the terms on the table.")
        if unknown := remarks.by_objective.keys() - proposed.objective_ids:
            raise ObjectiveNotProposed(f"No such objective: {min(unknown)}.", field="objectives")
        version.set_terms(proposed)
        entry = self._enter(party, step, remarks, proposed.objective_ids, at)
        entry.terms_document, entry.terms_sha256 = version.terms_document, version.terms_sha256
        version.enter_stage(self._stage_of_proposal(), at)
        return entry

    def object_to(self, party: Party, remarks: Remarks, at: datetime) -> NegotiationEntry:
        """Say of the objectives commented on why they cannot be accepted."""
        named = frozenset(remarks.by_objective)
        check_answer(party, self.version.stage, self.position, named)
        check_unsigned(self.version.signatures)
        entry = self._enter(party, NegotiationStep.OBJECTION, remarks, named, at)
        self.version.enter_stage(self._stage_of_proposal(), at)
        return entry

    def accept(self, party: Party, remarks: Remarks, at: datetime) -> NegotiationEntry:
        """Accept the objectives remarked on, or all that are open; the proposal is accepted when each of them is."""
        table, named = self.position, frozenset(remarks.by_objective)
        check_answer(party, self.version.stage, table, named)
        if not table.open_objectives:
            raise ProposalAlreadyAccepted("Every objective has been accepted.")
        entry = self._enter(party, NegotiationStep.ACCEPTANCE, remarks, named or table.open_objectives, at)
        self.version.enter_stage(
            self._stage_of_proposal() if self.position.open_objectives else NegotiationStage.ACCEPTED, at
        )
        return entry

    def sign(
        self, party: Party, terms_sha256: str, at: datetime, shortfalls: Sequence[str] = (), because: str | None = None
    ) -> AgreementSignature:
        """`shortfalls`: what the provider's chain cannot hold, which it signs for a reason only."""
        version = self.version
        check_signature(party, version.stage, version.terms_sha256, terms_sha256, version.signatures)
        check_shortfalls_acknowledged(party, shortfalls, because)
        signature = AgreementSignature(side=party.side, subject=party.subject, terms_sha256=terms_sha256, signed_at=at)
        if shortfalls:
            signature.shortfalls, signature.acknowledged_because = list(shortfalls), because
        version.signatures.append(signature)
        both = {signature.side for signature in version.signatures} == set(Side)
        version.enter_stage(NegotiationStage.SIGNED if both else NegotiationStage.ACCEPTED, at)
        return signature

    def withdraw_or_reject(self, party: Party, reason: str, at: datetime) -> NegotiationEntry:
        """End it: the side whose terms are on the table withdraws them, the other one rejects them."""
        check_negotiable(self.version.stage)
        proposal = self.position.proposal
        withdraws = party.side is (proposal.side if proposal else Side.PROVIDER)
        entry = self._enter(
            party, NegotiationStep.WITHDRAWAL if withdraws else NegotiationStep.REJECTION, Remarks(reason), (), at
        )
        self.version.enter_stage(NegotiationStage.WITHDRAWN if withdraws else NegotiationStage.REJECTED, at)
        return entry

    def _enter(
        self, party: Party, step: NegotiationStep, remarks: Remarks, named: Iterable[UUID], at: datetime
    ) -> NegotiationEntry:
        points = [{"objective_id": str(one), "comment": remarks.by_objective.get(one, "")} for one in sorted(named)]
        entry = NegotiationEntry(
            version_id=self.version.id,
            number=len(self.record) + 1,
            step=step,
            side=party.side,
            author=party.subject,
            taken_at=at,
            comment=remarks.comment,
            objectives=points,
        )
        self.record.append(entry)
        return entry

    def _stage_of_proposal(self) -> NegotiationStage:
        proposal = self.position.proposal
        first = proposal is None or proposal.step is NegotiationStep.PROPOSAL
        return NegotiationStage.PROPOSED if first else NegotiationStage.COUNTER_PROPOSED
