"""What the two sides say to each other, and how the record of it reads."""

from collections.abc import Sequence
from typing import Annotated, Any, Self, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from common.auth.principal import Principal
from common.views import Instant, RequiredText, Text, View
from sla.agreements.model import AgreementSignature
from sla.agreements.states import NegotiationStage, Side
from sla.agreements.terms import Terms
from sla.agreements.views import AgreementSignatureView
from sla.backtests.model import Backtest
from sla.backtests.views import BacktestSummary
from sla.chains.views import FeasibilityView
from sla.negotiations.evidence import NegotiationEvidence
from sla.negotiations.model import Negotiation, NegotiationEntry, Remarks
from sla.negotiations.rules import NegotiationStep
from sla.negotiations.terms_changes import TermsDocument, compute_terms_changes


class ObjectiveRemark(View):
    objective_id: UUID
    comment: Text = ""


class ObjectiveObjection(ObjectiveRemark):
    comment: RequiredText


R = TypeVar("R", bound=ObjectiveRemark)


def _each_once(remarks: list[R]) -> list[R]:
    if len({remark.objective_id for remark in remarks}) < len(remarks):
        raise ValueError("names an objective twice")
    return remarks


def _remarks(comment: str, on: Sequence[ObjectiveRemark]) -> Remarks:
    return Remarks(comment, {remark.objective_id: remark.comment for remark in on})


class NewProposal(View):
    terms: Terms | None = None
    """Null: the draft as it stands. A counter-proposal brings its own."""
    comment: Text = ""
    objectives: Annotated[list[ObjectiveRemark], AfterValidator(_each_once), Field(default_factory=list, max_length=50)]

    def to_remarks(self) -> Remarks:
        return _remarks(self.comment, self.objectives)


class NewObjection(View):
    comment: Text = ""
    objectives: Annotated[list[ObjectiveObjection], AfterValidator(_each_once), Field(min_length=1, max_length=50)]
    """Each with the reason why it cannot be accepted."""

    def to_remarks(self) -> Remarks:
        return _remarks(self.comment, self.objectives)


class NewAcceptance(View):
    comment: Text = ""
    objectives: Annotated[list[ObjectiveRemark], AfterValidator(_each_once), Field(default_factory=list, max_length=50)]
    """Without any, all that are still open."""

    def to_remarks(self) -> Remarks:
        return _remarks(self.comment, self.objectives)


class ShortfallAcknowledgement(View):
    reason: RequiredText = Field(examples=["A third line is ordered, and no contract names it yet."])


class NewSignature(View):
    terms_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """Of the accepted terms, as the agreement's version shows it."""
    acknowledge: ShortfallAcknowledgement | None = None
    """Of the provider, where the chain cannot hold the terms: why it signs. Otherwise it changes nothing."""

    @property
    def acknowledged_because(self) -> str | None:
        return self.acknowledge.reason if self.acknowledge else None


class NewWithdrawal(View):
    reason: RequiredText


class TermsChangeView(View):
    field: str
    before: Any
    after: Any
    sentence: str
    """Availability target: 99.5 → 99.9, so to speak."""


def _changes(before: TermsDocument | None, after: TermsDocument | None) -> list[TermsChangeView]:
    if before is None or after is None:
        return []
    return [TermsChangeView.model_validate(change) for change in compute_terms_changes(before, after)]


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
    """Of a counter-proposal, against the proposal before it."""

    @classmethod
    def from_entity(cls, entry: NegotiationEntry, before: TermsDocument | None) -> Self:
        after = entry.terms_document
        return cls(
            number=entry.number,
            step=entry.step,
            side=entry.side,
            author=entry.author,
            taken_at=entry.taken_at,
            comment=entry.comment,
            objectives=[ObjectiveRemark.model_validate(point) for point in entry.objectives],
            terms=None if after is None else Terms.model_validate(after),
            terms_sha256=entry.terms_sha256,
            changes=_changes(before, after),
        )


class NegotiationBacktest(BacktestSummary):
    """A back-test of the terms on the table, or of an earlier wording."""

    on_the_table: bool
    """Whether it is of the very terms that this version has now."""

    @classmethod
    def from_backtest(cls, found: Backtest, terms_sha256: str) -> Self:
        summary = BacktestSummary.model_validate(found)
        return cls(**summary.model_dump(), on_the_table=found.terms_sha256 == terms_sha256)


class RecordedSignatureView(AgreementSignatureView):
    shortfalls: list[str] | None
    """What the chain could not hold when the provider signed, and why it signed; customers are not shown either."""
    acknowledged_because: str | None

    @classmethod
    def from_entity(cls, signature: AgreementSignature, reader: Principal) -> Self:
        view = cls.model_validate(signature)
        if reader.customer_id is not None:
            view.shortfalls = view.acknowledged_because = None
        return view


class NegotiationView(View):
    agreement_id: UUID
    version: int
    stage: NegotiationStage
    accepted: list[UUID]
    """Objectives of the proposal on the table, as the other side has answered them."""
    objected: list[UUID]
    open: list[UUID]
    """Not accepted yet, objected or not."""
    may_propose: list[Side]
    signatures: list[RecordedSignatureView]
    backtests: list[NegotiationBacktest]
    """The newest of each wording, the last made first. A customer sees those that were shared with it."""
    feasibility: FeasibilityView | None
    """Whether those who carry the agreement can hold the terms on the table; null where none are named, once the
    negotiation is over, and for customers.
    """
    amends: list[TermsChangeView]
    """Of an amendment: what the terms on the table change of those in force."""
    record: list[NegotiationEntryView]

    @classmethod
    def from_negotiation(
        cls, negotiation: Negotiation, basis: TermsDocument | None, found: NegotiationEvidence, reader: Principal
    ) -> Self:
        version, table = negotiation.version, negotiation.position
        return cls(
            agreement_id=version.agreement_id,
            version=version.number,
            stage=version.stage,
            accepted=sorted(table.accepted),
            objected=sorted(table.objected),
            open=sorted(table.open_objectives),
            may_propose=sorted(negotiation.may_propose),
            signatures=[RecordedSignatureView.from_entity(signature, reader) for signature in version.signatures],
            backtests=[NegotiationBacktest.from_backtest(one, version.terms_sha256) for one in found.backtests],
            feasibility=FeasibilityView.from_result(found.feasibility) if found.feasibility else None,
            amends=_changes(basis, version.terms_document),
            record=_record(negotiation.record),
        )


def _record(record: Sequence[NegotiationEntry]) -> list[NegotiationEntryView]:
    before: TermsDocument | None = None
    views = []
    for entry in record:
        views.append(NegotiationEntryView.from_entity(entry, before))
        before = entry.terms_document or before
    return views
