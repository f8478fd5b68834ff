"""The steps of a negotiation as clients send them, and its record as they see it."""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from common.auth.principal import Principal
from common.views import Instant, Reason, RequiredText, Sha256, Text, View, distinct
from sla.agreements.states import NegotiationStage, Side
from sla.agreements.terms import Terms
from sla.agreements.views import TermsSignatureView
from sla.backtests.views import BacktestSummary
from sla.chains.views import FeasibilityView
from sla.negotiations.backtests_and_feasibility import TermsChecks
from sla.negotiations.model import Negotiation, Remarks
from sla.negotiations.record import NegotiationEntry, NegotiationStep
from sla.negotiations.terms_changes import TermsChangeView, TermsDocument, compute_terms_changes


class ObjectiveRemark(View):
    objective_id: UUID
    comment: Text = ""


class ObjectiveObjection(ObjectiveRemark):
    comment: RequiredText


_once_each = distinct("names an objective twice", attrgetter("objective_id"))


class ObjectiveRemarks(View):
    """A step of a negotiation, with a comment on the whole and remarks on single objectives."""

    comment: Text = ""
    objectives: Annotated[Sequence[ObjectiveRemark], _once_each, Field(max_length=50)] = ()

    def to_remarks(self) -> Remarks:
        return Remarks(self.comment, {remark.objective_id: remark.comment for remark in self.objectives})


class NewProposal(ObjectiveRemarks):
    terms: Terms | None = None
    """The proposed terms; by default those of the draft. A counter-proposal brings its own."""


class NewObjection(ObjectiveRemarks):
    objectives: Annotated[Sequence[ObjectiveObjection], _once_each, Field(min_length=1, max_length=50)]
    """The objectives, each with the reason why it cannot be accepted."""


class NewAcceptance(ObjectiveRemarks):
    """Accepts the objectives that it names, or by default all that are still open."""


class ShortfallAcknowledgement(Reason):
    reason: RequiredText = Field(examples=["A third line is ordered, and no contract names it yet."])


class NewSignature(View):
    terms_sha256: Sha256
    """The SHA-256 of the accepted terms, as the agreement's version shows it."""
    acknowledge: ShortfallAcknowledgement | None = None
    """Why the provider signs terms that its chain cannot hold; without effect in other cases."""

    @property
    def acknowledged_because(self) -> str | None:
        return self.acknowledge.reason if self.acknowledge else None


class NegotiationEntryView(View):
    number: int
    step: NegotiationStep
    side: Side
    author: str
    taken_at: Instant
    comment: str
    objectives: list[ObjectiveRemark]
    terms: Terms | None
    terms_sha256: str | None
    changes: list[TermsChangeView]
    """The changes of a counter-proposal against the proposal before it."""


class NegotiationBacktest(BacktestSummary):
    """A back-test of the terms on the table, or of an earlier wording."""

    on_the_table: bool
    """Whether it tested the very terms that this version has now."""


class RecordedSignatureView(TermsSignatureView):
    shortfalls: list[str] | None
    """What the chain could not hold when the provider signed; null for customers."""
    acknowledged_because: str | None
    """Why the provider signed nevertheless; null for customers."""


class NegotiationView(View):
    agreement_id: UUID
    version: int
    stage: NegotiationStage
    accepted: list[UUID]
    """The objectives of the proposal on the table that the other side has accepted."""
    objected: list[UUID]
    """Those to which it has objected."""
    open: list[UUID]
    """Those not accepted yet, objected to or not."""
    may_propose: list[Side]
    signatures: list[RecordedSignatureView]
    backtests: list[NegotiationBacktest]
    """The newest of each wording, the last made first. A customer sees those that were shared with it."""
    feasibility: FeasibilityView | None
    """Whether the supporting agreements can hold the terms on the table; null when none are named, when the
    negotiation is over, and for customers.
    """
    amends: list[TermsChangeView]
    """What an amendment changes of the terms in force."""
    record: list[NegotiationEntryView]

    @classmethod
    def from_negotiation(
        cls, negotiation: Negotiation, amended_terms: TermsDocument | None, checks: TermsChecks, reader: Principal
    ) -> Self:
        version, position = negotiation.version, negotiation.position
        hidden = {} if reader.customer_id is None else {"shortfalls": None, "acknowledged_because": None}
        return cls.from_entity(
            version,
            version=version.number,
            accepted=sorted(position.accepted),
            objected=sorted(position.objected),
            open=sorted(position.open_objectives),
            may_propose=sorted(negotiation.may_propose),
            signatures=[RecordedSignatureView.from_entity(signature, **hidden) for signature in version.signatures],
            backtests=[
                NegotiationBacktest.from_entity(backtest, on_the_table=backtest.terms_sha256 == version.terms_sha256)
                for backtest in checks.backtests
            ],
            feasibility=checks.feasibility,
            amends=compute_terms_changes(amended_terms, version.terms_document),
            record=list(_record_views(negotiation.record)),
        )


def _record_views(record: Iterable[NegotiationEntry]) -> Iterator[NegotiationEntryView]:
    before: TermsDocument | None = None
    for entry in record:
        changes = compute_terms_changes(before, entry.terms_document)
        yield NegotiationEntryView.from_entity(entry, terms=entry.terms_document, changes=changes)
        before = entry.terms_document or before
