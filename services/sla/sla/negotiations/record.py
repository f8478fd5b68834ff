"""The record of a negotiation, step by step, and the position that it has led to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified, text_enum
from sla.agreements.model import AgreementVersion
from sla.agreements.states import NegotiationStage, Side
from sla.schema import Base


class NegotiationStep(StrEnum):
    PROPOSAL = "proposal"
    COUNTER_PROPOSAL = "counter_proposal"
    OBJECTION = "objection"
    ACCEPTANCE = "acceptance"
    WITHDRAWAL = "withdrawal"
    REJECTION = "rejection"


PROPOSAL_STEPS = frozenset({NegotiationStep.PROPOSAL, NegotiationStep.COUNTER_PROPOSAL})
LAST_STAGES = {
    NegotiationStep.WITHDRAWAL: NegotiationStage.WITHDRAWN,
    NegotiationStep.REJECTION: NegotiationStage.REJECTED,
}


class NegotiationEntry(Identified, Base):
    """A step on the record, which is written once and does not change."""

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
    """The terms proposed; null of other steps."""
    terms_sha256: Mapped[str | None]

    @property
    def objective_ids(self) -> frozenset[UUID]:
        """The objectives that the step is about: all of a proposal, or those that an answer names."""
        return frozenset(UUID(point["objective_id"]) for point in self.objectives)


@dataclass(frozen=True)
class NegotiationPosition:
    """The last proposal, which is on the table, and the answers of the other side so far."""

    proposal: NegotiationEntry | None = None
    accepted: frozenset[UUID] = frozenset()
    objected: frozenset[UUID] = frozenset()

    @classmethod
    def from_record(cls, record: Iterable[NegotiationEntry]) -> Self:
        """Read the record in order: a proposal clears the table, an answer replaces the earlier one on an objective."""
        position = cls()
        for entry in record:
            objective_ids, accepted, objected = entry.objective_ids, position.accepted, position.objected
            if entry.step in PROPOSAL_STEPS:
                position = cls(entry)
            elif entry.step is NegotiationStep.ACCEPTANCE:
                position = cls(position.proposal, accepted | objective_ids, objected - objective_ids)
            elif entry.step is NegotiationStep.OBJECTION:
                position = cls(position.proposal, accepted - objective_ids, objected | objective_ids)
        return position

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

    @property
    def stage(self) -> NegotiationStage:
        if self.proposal is not None and not self.open_objectives:
            return NegotiationStage.ACCEPTED
        is_answer = self.proposal is not None and self.proposal.step is NegotiationStep.COUNTER_PROPOSAL
        return NegotiationStage.COUNTER_PROPOSED if is_answer else NegotiationStage.PROPOSED
