"""How contracts look to clients. What depends on the day says for which day it is."""

from datetime import date
from itertools import takewhile
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from common.views import Day, Instant, Money, Name, RequiredText, Text, View, WholeNumber
from sla.agreements.states import Side
from sla.contracts.calendar import ContractDate, ContractOccasion, contract_dates
from sla.contracts.fees import fee_agreed_since, fee_on, terms_version_on
from sla.contracts.model import Contract
from sla.contracts.obligations import Obligation, ObligationOccurrence
from sla.contracts.recurrence import RecurrenceInterval
from sla.contracts.term_schedule import ContractState, ContractTerm
from sla.contracts.terms import ContractTerms, FeePeriod
from sla.contracts.versions import ContractVersion

Sha256Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class NewContract(View):
    customer_id: UUID
    terms: ContractTerms


class NewAmendment(View):
    terms: ContractTerms
    """As a whole, as they are to be."""
    effective_on: Day
    reason: RequiredText = Field(examples=["A second site is served"])


class NewContractSignature(View):
    terms_sha256: Sha256Hex
    """Of the draft on the table: what is signed."""


class NewContractNotice(View):
    given_on: Day = Field(examples=["2026-11-23"])
    reason: Text = ""


class NewObligation(View):
    side: Side
    """Who owes it."""
    text: RequiredText = Field(examples=["Name a contact for each site"])
    owner: Name = Field(examples=["Head of sales"])
    due_on: Day
    """For the first time, if it recurs."""
    every: RecurrenceInterval | None = Field(default=None, examples=[{"months": 3}])
    """Null: it is owed once."""
    until: Day | None = None
    """The last day on which it can be due again; null: as long as the contract binds."""
    remind_days: Annotated[WholeNumber, Field(ge=0, le=366)] = 7
    """How many days before it is due people are reminded."""

    @model_validator(mode="after")
    def _until_ends_what_recurs(self) -> Self:
        if self.until is not None and (self.every is None or self.until < self.due_on):
            raise ValueError("until ends what recurs, not before due_on")
        return self

    def to_obligation(self) -> Obligation:
        return Obligation(
            side=self.side,
            text=self.text,
            owner=self.owner,
            due_on=self.due_on,
            every_months=self.every and self.every.months,
            every_days=self.every and self.every.days,
            until=self.until,
            remind_days=self.remind_days,
            fulfilments=[],
        )


class NewFulfilment(View):
    due_on: Day | None = None
    """Of the time that is fulfilled; null: the earliest that is open."""
    fulfilled_on: Day
    evidence: RequiredText = Field(examples=["List of contacts, mail of 3 March"])


class ContractTermView(View):
    number: int
    first_day: date
    last_day: date
    months: int
    """From the start of the contract to the end of this term."""
    renews: bool
    notice_by: date | None
    """The last day on which notice ends the contract with this term."""


class FeeView(View):
    name: str
    fee: Money
    """On the day."""
    per: FeePeriod


class ContractNoticeView(View):
    given_on: date
    side: Side
    given_by: str
    reason: str
    ends_on: date


class ContractSignatureView(View):
    side: Side
    subject: str
    terms_sha256: str
    signed_at: Instant


class ContractVersionView(View):
    number: int
    effective_on: date
    reason: str
    terms: ContractTerms
    terms_sha256: str
    drafted_at: Instant
    signed_at: Instant | None
    withdrawn_at: Instant | None
    signatures: list[ContractSignatureView]


class ChangedField(View):
    field: str
    before: Any
    after: Any


class AmendmentView(ContractVersionView):
    changes: list[ChangedField]
    """From the version before."""

    @classmethod
    def from_versions(cls, before: ContractVersion, after: ContractVersion) -> Self:
        old, new = before.terms.to_document(), after.terms.to_document()
        changes = [ChangedField(field=key, before=old[key], after=new[key]) for key in new if old[key] != new[key]]
        return cls(**ContractVersionView.model_validate(after).model_dump(), changes=changes)


class OccurrenceView(View):
    due_on: date
    fulfilled_on: date | None
    fulfilled_by: str | None
    evidence: str | None
    overdue: bool

    @classmethod
    def from_occurrence(cls, one: ObligationOccurrence) -> Self:
        done = one.fulfilment
        return cls(
            due_on=one.due_on,
            fulfilled_on=done and done.fulfilled_on,
            fulfilled_by=done and done.fulfilled_by,
            evidence=done and done.evidence,
            overdue=one.is_overdue,
        )


class ObligationView(View):
    id: UUID
    side: Side
    text: str
    owner: str
    every: RecurrenceInterval | None
    until: date | None
    remind_days: int
    overdue: bool
    """Any of its times."""
    occurrences: list[OccurrenceView]
    """Those fulfilled, those open by the day, and the next one: of open ones a hundred at the most, the oldest."""

    @classmethod
    def from_entity(cls, owed: Obligation, day: date, ends_on: date | None) -> Self:
        occurrences = owed.occurrences(day, ends_on)
        return cls(
            id=owed.id,
            side=owed.side,
            text=owed.text,
            owner=owed.owner,
            every=owed.every,
            until=owed.until,
            remind_days=owed.remind_days,
            overdue=any(one.is_overdue for one in occurrences),
            occurrences=[OccurrenceView.from_occurrence(one) for one in occurrences],
        )


class ContractView(View):
    id: UUID
    customer_id: UUID
    title: str
    on: date
    """The day the rest is said for: today, unless another one was asked for."""
    state: ContractState
    binding: bool
    term: ContractTermView | None
    """The one that runs on the day."""
    starts_on: date
    ends_on: date | None
    """Its last day; null while it renews itself."""
    notice: ContractNoticeView | None
    version: ContractVersionView
    """In force on the day."""
    fees: list[FeeView]
    obligations: list[ObligationView]
    agreement_ids: list[UUID]
    draft: ContractVersionView | None
    """On the table, of the contract or of an amendment."""
    changed_at: Instant

    @classmethod
    def from_entity(cls, found: Contract, day: date, side: Side) -> Self:
        """As one side sees it."""
        draft = found.draft_for(side)
        version, state = found.version_on(day), found.state_on(day)
        return cls(
            id=found.id,
            customer_id=found.customer_id,
            title=found.title,
            on=day,
            state=state,
            binding=state.is_binding,
            term=_term(found.term_schedule().term_on(day)) if found.signed_on else None,
            starts_on=found.starts_on,
            ends_on=found.ends_on,
            notice=_notice(found),
            version=ContractVersionView.model_validate(version),
            fees=_fees(found, day),
            obligations=[ObligationView.from_entity(one, day, found.ends_on) for one in found.obligations],
            agreement_ids=[one.agreement_id for one in found.attachments],
            draft=ContractVersionView.model_validate(draft) if draft else None,
            changed_at=found.changed_at,
        )


class ContractDateView(View):
    day: date
    occasion: ContractOccasion
    text: str


class ContractDatesView(View):
    contract_id: UUID
    customer_id: UUID
    title: str
    dates: list[ContractDateView]
    """In the order of days."""

    @classmethod
    def from_entity(cls, found: Contract, first: date, last: date) -> Self:
        said = [*contract_dates(found.term_schedule(), found.terms_versions(), first, last), *_owed(found, first, last)]
        dates = [ContractDateView(day=one.day, occasion=one.occasion, text=one.text) for one in sorted(said)]
        return cls(contract_id=found.id, customer_id=found.customer_id, title=found.title, dates=dates)


def _owed(found: Contract, first: date, last: date) -> list[ContractDate]:
    """Fulfilled ones are due no more."""
    return [
        ContractDate(due, ContractOccasion.OBLIGATION_DUE, f"{one.owner}: {one.text}")
        for one in found.obligations
        for due in takewhile(lambda due: due <= last, one.open_days(found.ends_on))
        if first <= due
    ]


def _fees(found: Contract, day: date) -> list[FeeView]:
    editions = found.terms_versions()
    edition = terms_version_on(editions, day)
    return [
        FeeView(name=one.name, fee=fee_on(one, fee_agreed_since(editions, edition, one), day), per=one.per)
        for one in edition.terms.fees
    ]


def _term(term: ContractTerm | None) -> ContractTermView | None:
    return None if term is None else ContractTermView(**term._asdict())


def _notice(found: Contract) -> ContractNoticeView | None:
    if found.notice_given_on is None or found.notice_side is None or found.ends_on is None:
        return None
    return ContractNoticeView(
        given_on=found.notice_given_on,
        side=found.notice_side,
        given_by=found.notice_by or "",
        reason=found.notice_reason or "",
        ends_on=found.ends_on,
    )
