"""Requests and responses on contracts. What depends on the day says which day it is about."""

from datetime import date
from itertools import takewhile
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AliasChoices, Field, model_validator

from common.names.references import Reference, look_up
from common.views import Day, Instant, Money, Name, RequiredText, Sha256, Text, View, WholeNumber, field_error
from sla.agreements.states import Side
from sla.agreements.views import TermsSignatureView
from sla.contracts.contract_dates import ContractDate, ContractOccasion, contract_dates
from sla.contracts.fees import fee_agreed_since, fee_on
from sla.contracts.model import Contract, ContractState
from sla.contracts.obligations import Obligation, ObligationOccurrence, RecurrenceInterval
from sla.contracts.term_schedule import ContractTerm, TermSchedule
from sla.contracts.terms import ContractTerms, FeePeriod
from sla.contracts.versions import ContractVersion


class NewContract(View):
    customer_id: UUID
    terms: ContractTerms


class NewAmendment(View):
    terms: ContractTerms
    """The whole terms as they are to be."""
    effective_on: Day
    reason: RequiredText = Field(examples=["A second site is served"])


class NewContractSignature(View):
    terms_sha256: Sha256
    """The SHA-256 of the open draft's terms: what is signed."""


class NewContractNotice(View):
    given_on: Day = Field(examples=["2026-11-23"])
    reason: Text = ""


class NewObligation(View):
    side: Side
    """The side that owes it."""
    text: RequiredText = Field(examples=["Name a contact for each site"])
    owner: Name = Field(examples=["Head of sales"])
    due_on: Day
    """The first day it is due, if it recurs."""
    every: RecurrenceInterval | None = Field(default=None, examples=[{"months": 3}])
    """The interval at which it recurs; null: it is owed once."""
    until: Day | None = None
    """The last day on which it can be due again; null: as long as the contract binds."""
    remind_days: Annotated[WholeNumber, Field(ge=0, le=366)] = 7
    """How many days before each due day people are reminded."""

    @model_validator(mode="after")
    def _until_needs_recurrence(self) -> Self:
        if self.until is not None and (self.every is None or self.until < self.due_on):
            raise field_error("until", "until needs an obligation that recurs, and must not be before due_on")
        return self

    def to_obligation(self) -> Obligation:
        return Obligation(
            **self.model_dump(exclude={"every"}),
            every_months=self.every and self.every.months,
            every_days=self.every and self.every.days,
            fulfilments=[],
        )


class NewFulfilment(View):
    due_on: Day | None = None
    """The due day that is fulfilled; null: the earliest that is open."""
    fulfilled_on: Day
    evidence: RequiredText = Field(examples=["List of contacts, mail of 3 March"])


class FeeView(View):
    name: str
    fee: Money
    """The fee on the day, with its rises."""
    per: FeePeriod


class ContractNoticeView(View):
    given_on: date = Field(validation_alias=AliasChoices("given_on", "notice_given_on"))
    side: Side = Field(validation_alias=AliasChoices("side", "notice_side"))
    given_by: str = Field(validation_alias=AliasChoices("given_by", "notice_given_by"))
    reason: str = Field(validation_alias=AliasChoices("reason", "notice_reason"))
    ends_on: date


class ContractVersionView(View):
    number: int
    effective_on: date
    reason: str
    terms: ContractTerms
    terms_sha256: str
    drafted_at: Instant
    signed_at: Instant | None
    withdrawn_at: Instant | None
    signatures: list[TermsSignatureView]


class ChangedField(View):
    field: str
    before: Any
    after: Any


class AmendmentView(ContractVersionView):
    changes: list[ChangedField]
    """What differs from the version before."""

    @classmethod
    def from_versions(cls, before: ContractVersion, after: ContractVersion) -> Self:
        old, new = before.terms.to_document(), after.terms.to_document()
        changes = [ChangedField(field=key, before=old[key], after=new[key]) for key in new if old[key] != new[key]]
        return cls.from_entity(after, changes=changes)


class ObligationView(View):
    id: UUID
    side: Side
    text: str
    owner: str
    every: RecurrenceInterval | None
    until: date | None
    remind_days: int
    overdue: bool
    """Whether any occurrence is overdue."""
    occurrences: list[ObligationOccurrence]
    """The occurrences that are fulfilled or open by the day, and the next one: at most the oldest 100 open ones."""

    @classmethod
    def from_obligation(cls, obligation: Obligation, day: date, ends_on: date | None) -> Self:
        occurrences = obligation.occurrences(day, ends_on)
        overdue = any(occurrence.overdue for occurrence in occurrences)
        return cls.from_entity(obligation, overdue=overdue, occurrences=occurrences)


class ContractView(View):
    id: UUID
    customer_id: UUID
    customer: Reference = look_up("customer")
    title: str
    on: date
    """The day that the rest is about: today, unless another one was asked for."""
    state: ContractState
    binding: bool
    term: ContractTerm | None
    """The term that runs on the day."""
    starts_on: date
    ends_on: date | None
    """The last day; null while the contract renews itself."""
    notice: ContractNoticeView | None
    version: ContractVersionView
    """The version in force on the day."""
    fees: list[FeeView]
    obligations: list[ObligationView]
    agreement_ids: list[UUID]
    draft: ContractVersionView | None
    """The open draft, of the contract or of an amendment."""
    changed_at: Instant

    @classmethod
    def from_contract(cls, contract: Contract, day: date, side: Side) -> Self:
        """Build the view of the contract on a day, as one side sees it."""
        state, schedule = contract.state_on(day), contract.term_schedule()
        return cls.from_entity(
            contract,
            on=day,
            state=state,
            binding=state.is_binding,
            term=schedule.term_on(day) if contract.signed_on else None,
            notice=contract if contract.notice_given_on is not None else None,
            version=contract.version_on(day),
            fees=_fee_views(schedule, day),
            obligations=[
                ObligationView.from_obligation(obligation, day, contract.ends_on) for obligation in contract.obligations
            ],
            agreement_ids=[attachment.agreement_id for attachment in contract.attachments],
            draft=contract.draft_for(side),
        )


class ContractDatesView(View):
    contract_id: UUID
    customer_id: UUID
    customer: Reference = look_up("customer")
    title: str
    dates: list[ContractDate]
    """The dates in the order of days."""

    @classmethod
    def from_contract(cls, contract: Contract, first: date, last: date) -> Self:
        dates = contract_dates(contract.term_schedule(), first, last) + _obligation_dates(contract, first, last)
        return cls.from_entity(contract, contract_id=contract.id, dates=sorted(dates))


def _obligation_dates(contract: Contract, first: date, last: date) -> list[ContractDate]:
    """The days on which obligations are due and not fulfilled."""
    return [
        ContractDate(day, ContractOccasion.OBLIGATION_DUE, f"{obligation.owner}: {obligation.text}")
        for obligation in contract.obligations
        for day in takewhile(lambda day: day <= last, obligation.open_days(contract.ends_on))
        if first <= day
    ]


def _fee_views(schedule: TermSchedule, day: date) -> list[FeeView]:
    version = schedule.version_on(day)
    return [
        FeeView(name=fee.name, fee=fee_on(fee, fee_agreed_since(schedule.versions, version, fee), day), per=fee.per)
        for fee in version.terms.fees
    ]
