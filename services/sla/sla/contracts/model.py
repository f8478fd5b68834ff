"""A contract with its rules, from its draft to its end."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database.entities import Identified, Touched, Versioned, text_enum
from sla.agreements.model import Agreement
from sla.agreements.states import Party, Side
from sla.contracts import errors
from sla.contracts.obligations import Obligation
from sla.contracts.term_schedule import TermSchedule, TermsVersion
from sla.contracts.terms import ContractTerms
from sla.contracts.versions import ContractVersion, check_amended_contract_terms
from sla.schema import Base


class ContractState(StrEnum):
    DRAFT = "draft"
    WITHDRAWN = "withdrawn"
    SIGNED = "signed"
    """Both sides have signed; the first day is still to come."""
    ACTIVE = "active"
    NOTICE_GIVEN = "notice_given"
    """It still binds, up to its last day."""
    ENDED = "ended"

    @property
    def is_binding(self) -> bool:
        return self in (ContractState.ACTIVE, ContractState.NOTICE_GIVEN)


class Contract(Identified, Versioned, Touched, Base):
    """A contract with a customer: its versions hold the terms, and with its notice they decide when it binds."""

    __tablename__ = "contracts"
    __table_args__ = (
        CheckConstraint("(notice_given_on IS NULL) = (notice_side IS NULL)", name="notice_of_a_side"),
        CheckConstraint("notice_given_on IS NULL OR ends_on IS NOT NULL", name="notice_ends"),
        CheckConstraint("signed_on IS NULL OR withdrawn_at IS NULL", name="signed_is_not_withdrawn"),
        Index("ix_contracts_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
    )

    customer_id: Mapped[UUID] = mapped_column(index=True)
    title: Mapped[str]
    """The title of the newest version that both sides have signed, or else of the draft."""
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    """Its last day; null while it renews itself."""
    offered_at: Mapped[datetime | None]
    """When the provider signed it first; until then the customer does not see it."""
    signed_on: Mapped[date | None]
    """The local day on which the second side signed."""
    withdrawn_at: Mapped[datetime | None]
    notice_given_on: Mapped[date | None]
    notice_side: Mapped[Side | None] = mapped_column(text_enum(Side, "side"))
    notice_given_by: Mapped[str | None] = mapped_column("notice_by")
    notice_reason: Mapped[str | None]
    renewals_emitted: Mapped[int] = mapped_column("renewals_told", default=0)
    is_end_emitted: Mapped[bool] = mapped_column("end_told", default=False)
    recheck_at: Mapped[datetime | None] = mapped_column("look_at")
    """When an event may be due; null when none is to come."""

    versions: Mapped[list[ContractVersion]] = relationship(lazy="raise", order_by="ContractVersion.number")
    obligations: Mapped[list[Obligation]] = relationship(lazy="raise", order_by="Obligation.id")
    attachments: Mapped[list["AttachedAgreement"]] = relationship(
        lazy="raise", order_by="AttachedAgreement.id", cascade="all, delete-orphan"
    )

    @property
    def signed_versions(self) -> list[ContractVersion]:
        return [version for version in self.versions if version.signed_at is not None]

    def draft_for(self, side: Side) -> ContractVersion | None:
        """The open draft, if the side may see it: the customer does once the provider has signed it."""
        drafts = (version for version in self.versions if version.signed_at is None and version.withdrawn_at is None)
        return next((draft for draft in drafts if draft.is_visible_to(side)), None)

    def term_schedule(self) -> TermSchedule:
        """The terms in time as signed or, before, as drafted, including amendments that take effect later."""
        versions = self.signed_versions or self.versions[-1:]
        terms = (TermsVersion(version.number, version.effective_on, version.terms) for version in versions)
        return TermSchedule(tuple(terms), self.ends_on if self.notice_given_on is not None else None)

    def state_on(self, day: date) -> ContractState:
        if self.withdrawn_at is not None:
            return ContractState.WITHDRAWN
        if self.signed_on is None or day < self.signed_on:
            return ContractState.DRAFT
        if self.ends_on is not None and self.ends_on < day:
            return ContractState.ENDED
        if self.notice_given_on is not None and self.notice_given_on <= day:
            return ContractState.NOTICE_GIVEN
        return ContractState.ACTIVE if self.starts_on <= day else ContractState.SIGNED

    def version_on(self, day: date) -> ContractVersion:
        """The version in force on the day or, before the first, the first; the draft while nothing is signed."""
        return self.versions[self.term_schedule().version_on(day).number - 1]

    def amendments_for(self, side: Side) -> list[tuple[ContractVersion, ContractVersion]]:
        """Pair each amendment that this side may see with the signed version it was drafted from."""
        return [
            (next(before for before in reversed(self.versions[: after.number - 1]) if before.signed_at), after)
            for after in self.versions[1:]
            if after.is_visible_to(side)
        ]

    def local_day(self, at: datetime) -> date:
        return self.versions[0].terms.local_day(at)

    def edit_draft(self, terms: ContractTerms, at: datetime) -> None:
        draft = self._require_draft(Side.PROVIDER)
        if draft.signatures:
            raise errors.DraftAlreadyOffered("The provider has signed the draft.")
        if draft.number == 1:
            self.title, self.starts_on, draft.effective_on = terms.title, terms.starts_on, terms.starts_on
        else:
            self.check_amended_terms(terms, draft.effective_on, at)
        draft.set_terms(terms)
        self.touch(at)

    def amend(self, terms: ContractTerms, effective_on: date, reason: str, at: datetime) -> None:
        """Draft the next version, which both sides sign."""
        self.check_binding_on(self.local_day(at))
        if self.draft_for(Side.PROVIDER) is not None:
            raise errors.ContractAmendmentUnderWay("An amendment is drafted already: sign it or withdraw it first.")
        self.check_amended_terms(terms, effective_on, at)
        version = ContractVersion(
            number=len(self.versions) + 1, effective_on=effective_on, reason=reason, drafted_at=at, signatures=[]
        )
        version.set_terms(terms)
        self.versions.append(version)
        self.touch(at)

    def sign(self, party: Party, terms_sha256: str, at: datetime) -> bool:
        """Sign the open draft; return whether both sides have signed it now."""
        draft = self._require_draft(party.side)
        if draft.number > 1:
            self.check_binding_on(self.local_day(at))
            self.check_amended_terms(draft.terms, draft.effective_on, at)
        is_signed_by_both = draft.sign(party, terms_sha256, at)
        self.offered_at = self.offered_at or at
        if is_signed_by_both:
            self._put_in_force(draft, at)
        self.touch(at)
        return is_signed_by_both

    def withdraw_draft(self, party: Party, at: datetime) -> None:
        """Withdraw the open draft; a contract that was never signed ends with it."""
        draft = self._require_draft(party.side)
        draft.withdrawn_at = at
        if draft.number == 1:
            self.withdrawn_at = at
        self.touch(at)

    def give_notice(self, party: Party, given_on: date, reason: str, at: datetime) -> None:
        self.check_binding_on(given_on)
        if self.notice_given_on is not None:
            raise errors.NoticeAlreadyGiven(f"Notice was given on {self.notice_given_on}.")
        if self.signed_on is not None and given_on < self.signed_on:
            raise errors.NoticeBeforeSignature(f"The contract was signed on {self.signed_on}.", field="given_on")
        self.ends_on = self.term_schedule().last_day_after_notice(given_on)
        self.notice_given_on, self.notice_side = given_on, party.side
        self.notice_given_by, self.notice_reason = party.subject, reason
        self._schedule_recheck(at)
        self.touch(at)

    def add_obligation(self, obligation: Obligation, at: datetime) -> None:
        self.obligations.append(obligation)
        if self.signed_on is not None:
            self._schedule_recheck(at)
        self.touch(at)

    def check_binding_on(self, day: date) -> None:
        """Check that both sides have signed, and that the contract has not ended by the day."""
        self.check_changeable_on(day)
        self.check_signed()

    def check_signed(self) -> None:
        if self.signed_on is None:
            raise errors.ContractNotSigned("Both sides have to sign the contract first.")

    def check_changeable_on(self, day: date) -> None:
        """Check that the contract was neither withdrawn nor ended by the day."""
        if self.withdrawn_at is not None:
            raise errors.ContractOver("This contract was withdrawn.")
        if self.ends_on is not None and self.ends_on < day:
            raise errors.ContractOver(f"This contract ended on {self.ends_on}.")

    def check_amended_terms(self, terms: ContractTerms, effective_on: date, at: datetime) -> None:
        check_amended_contract_terms(self.term_schedule(), terms, effective_on, self.local_day(at))

    def _require_draft(self, side: Side) -> ContractVersion:
        if self.withdrawn_at is not None:
            raise errors.ContractOver("This contract was withdrawn.")
        draft = self.draft_for(side)
        if draft is None:
            raise errors.NoOpenDraft("There is no open draft of this contract.")
        return draft

    def _put_in_force(self, version: ContractVersion, at: datetime) -> None:
        self.title = version.terms.title
        schedule = self.term_schedule()
        if self.signed_on is None:
            self.signed_on = self.local_day(at)
            renewal_count = len(schedule.list_begun_by(self.signed_on)) - 1
            self.renewals_emitted = max(renewal_count, 0)  # renewals before the signature are no news
        self.ends_on = schedule.final_day()
        self._schedule_recheck(at)

    def _schedule_recheck(self, at: datetime) -> None:
        self.recheck_at = None if self.is_end_emitted else at


class AttachedAgreement(Identified, Base):
    """An agreement that is part of the contract."""

    __tablename__ = "contract_agreements"
    __table_args__ = (UniqueConstraint("contract_id", "agreement_id"),)

    contract_id: Mapped[UUID] = mapped_column(ForeignKey(Contract.id))
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id), index=True)
    attached_by: Mapped[str]
    attached_at: Mapped[datetime]


class NoticeReminder(Identified, Base):
    """A record that people were reminded of a notice date, once for each lead in days."""

    __tablename__ = "contract_reminders"
    __audited__ = False
    __table_args__ = (UniqueConstraint("contract_id", "notice_by", "lead_days"),)

    contract_id: Mapped[UUID] = mapped_column(ForeignKey(Contract.id))
    notice_by: Mapped[date]
    lead_days: Mapped[int]
    reminded_at: Mapped[datetime] = mapped_column("told_at")


def build_contract(customer_id: UUID, terms: ContractTerms, at: datetime) -> Contract:
    """Build a new contract with its first version, a draft."""
    version = ContractVersion(number=1, effective_on=terms.starts_on, reason="", drafted_at=at, signatures=[])
    version.set_terms(terms)
    return Contract(
        customer_id=customer_id,
        title=terms.title,
        starts_on=terms.starts_on,
        changed_at=at,
        versions=[version],
        obligations=[],
        attachments=[],
    )
