"""A contract, from its draft to its end."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import flag_modified

from common.database.entities import Identified, Versioned, text_enum
from sla.agreements.states import Party, Side
from sla.contracts.errors import (
    ContractAmendmentUnderWay,
    ContractNotSigned,
    ContractOver,
    DraftAlreadyOffered,
    NoOpenDraft,
    NoticeAlreadyGiven,
    NoticeBeforeSignature,
)
from sla.contracts.fees import TermsVersion
from sla.contracts.obligations import Obligation
from sla.contracts.term_schedule import ContractState, TermSchedule, build_renewal_rule, check_amendment
from sla.contracts.terms import ContractTerms
from sla.contracts.versions import AttachedAgreement, ContractVersion
from sla.schema import Base


class Contract(Identified, Versioned, Base):
    """What it says stands in its versions; when it binds follows from them, from its notice, and from the day."""

    __tablename__ = "contracts"
    __table_args__ = (
        CheckConstraint("(notice_given_on IS NULL) = (notice_side IS NULL)", name="notice_of_a_side"),
        CheckConstraint("notice_given_on IS NULL OR ends_on IS NOT NULL", name="notice_ends"),
        CheckConstraint("signed_on IS NULL OR withdrawn_at IS NULL", name="signed_is_not_withdrawn"),
        Index("ix_contracts_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
    )

    customer_id: Mapped[UUID] = mapped_column(index=True)
    title: Mapped[str]
    """Of the newest version both sides have signed, or else of the draft."""
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    """Its last day; null while it renews itself."""
    offered_at: Mapped[datetime | None]
    """Until then it is the provider's draft, and the customer does not see it."""
    signed_on: Mapped[date | None]
    """The local day on which the second side signed."""
    withdrawn_at: Mapped[datetime | None]
    notice_given_on: Mapped[date | None]
    notice_side: Mapped[Side | None] = mapped_column(text_enum(Side, "side"))
    notice_by: Mapped[str | None]
    notice_reason: Mapped[str | None]
    renewals_told: Mapped[int] = mapped_column(default=0)
    end_told: Mapped[bool] = mapped_column(default=False)
    look_at: Mapped[datetime | None]
    """When there may be something to tell; null when there is nothing to come."""
    changed_at: Mapped[datetime]

    versions: Mapped[list[ContractVersion]] = relationship(lazy="raise", order_by="ContractVersion.number")
    obligations: Mapped[list[Obligation]] = relationship(lazy="raise", order_by="Obligation.id")
    attachments: Mapped[list[AttachedAgreement]] = relationship(
        lazy="raise", order_by="AttachedAgreement.id", cascade="all, delete-orphan"
    )

    @property
    def signed_versions(self) -> list[ContractVersion]:
        return [one for one in self.versions if one.signed_at is not None]

    def draft_for(self, side: Side) -> ContractVersion | None:
        """What is on the table; for the customer, once the provider has signed it."""
        found = (one for one in self.versions if one.signed_at is None and one.withdrawn_at is None)
        return next((one for one in found if one.is_visible_to(side)), None)

    def term_schedule(self) -> TermSchedule:
        """As signed or, before, as drafted. What takes effect later is known already."""
        editions = self.terms_versions()
        renewals = tuple(build_renewal_rule(one.effective_on, one.terms) for one in editions)
        ends_on = self.ends_on if self.notice_given_on is not None else None
        return TermSchedule(self.starts_on, editions[-1].terms.initial_months, renewals, ends_on)

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
        """In force on the day; before the first, the first; a draft as long as nothing is signed."""
        signed = self.signed_versions
        if not signed:
            return self.versions[-1]
        return next((one for one in reversed(signed) if one.effective_on <= day), signed[0])

    def amendments_for(self, side: Side) -> list[tuple[ContractVersion, ContractVersion]]:
        """Each that this side may see, after the signed version it was drafted from."""
        before, found = self.versions[0], list[tuple[ContractVersion, ContractVersion]]()
        for version in self.versions[1:]:
            found.append((before, version))
            before = version if version.signed_at is not None else before
        return [(old, new) for old, new in found if new.is_visible_to(side)]

    def terms_versions(self) -> list[TermsVersion]:
        """As signed or, before, as drafted."""
        versions = self.signed_versions or self.versions[-1:]
        return [TermsVersion(one.number, one.effective_on, one.terms) for one in versions]

    def local_day(self, at: datetime) -> date:
        return self.versions[0].terms.local_day(at)

    def edit_draft(self, terms: ContractTerms, at: datetime) -> None:
        draft = self._require_draft(Side.PROVIDER)
        if draft.signatures:
            raise DraftAlreadyOffered("The provider has signed the draft.")
        if draft.number == 1:
            self.title, self.starts_on, draft.effective_on = terms.title, terms.starts_on, terms.starts_on
        else:
            self.check_amended_terms(terms, draft.effective_on, at)
        draft.set_terms(terms)
        self.touch(at)

    def amend(self, terms: ContractTerms, effective_on: date, reason: str, at: datetime) -> ContractVersion:
        """Draft the next version, which both sides sign."""
        self.check_binding_on(self.local_day(at))
        if self.draft_for(Side.PROVIDER) is not None:
            raise ContractAmendmentUnderWay("An amendment is on the table.")
        self.check_amended_terms(terms, effective_on, at)
        version = ContractVersion(
            number=len(self.versions) + 1, effective_on=effective_on, reason=reason, drafted_at=at, signatures=[]
        )
        version.set_terms(terms)
        self.versions.append(version)
        self.touch(at)
        return version

    def sign(self, party: Party, terms_sha256: str, at: datetime) -> bool:
        """Whether with this signature both sides have signed."""
        draft = self._require_draft(party.side)
        if draft.number > 1:
            self.check_binding_on(self.local_day(at))
            self.check_amended_terms(draft.terms, draft.effective_on, at)
        both = draft.sign(party, terms_sha256, at)
        self.offered_at = self.offered_at or at
        if both:
            self._put_in_force(draft, at)
        self.touch(at)
        return both

    def withdraw_draft(self, party: Party, at: datetime) -> ContractVersion:
        """Take the draft off the table; a contract nobody signed is over with it."""
        draft = self._require_draft(party.side)
        draft.withdrawn_at = at
        if draft.number == 1:
            self.withdrawn_at = at
        self.touch(at)
        return draft

    def give_notice(self, party: Party, given_on: date, reason: str, at: datetime) -> None:
        self.check_binding_on(given_on)
        if self.notice_given_on is not None:
            raise NoticeAlreadyGiven(f"Notice was given on {self.notice_given_on}.")
        if self.signed_on is not None and given_on < self.signed_on:
            raise NoticeBeforeSignature(f"It was signed on {self.signed_on}.", field="given_on")
        self.ends_on = self.term_schedule().last_day_after_notice(given_on)
        self.notice_given_on, self.notice_side = given_on, party.side
        self.notice_by, self.notice_reason = party.subject, reason
        self._schedule_recheck(at)
        self.touch(at)

    def add_obligation(self, obligation: Obligation, at: datetime) -> None:
        self.obligations.append(obligation)
        if self.signed_on is not None:
            self._schedule_recheck(at)
        self.touch(at)

    def check_binding_on(self, day: date) -> None:
        """That both sides have signed, and it has not ended by the day."""
        self.check_changeable_on(day)
        self.check_signed()

    def check_signed(self) -> None:
        if self.signed_on is None:
            raise ContractNotSigned("Both sides have to sign it first.")

    def check_changeable_on(self, day: date) -> None:
        """That it is drafted, or binds still."""
        if self.withdrawn_at is not None:
            raise ContractOver("This contract was withdrawn.")
        if self.ends_on is not None and self.ends_on < day:
            raise ContractOver(f"This contract ended on {self.ends_on}.")

    def check_amended_terms(self, terms: ContractTerms, effective_on: date, at: datetime) -> None:
        before = self.signed_versions[-1].terms
        check_amendment(self.term_schedule(), before, terms, effective_on, self.local_day(at))
        if self.notice_given_on is not None and terms.duration_clauses() != before.duration_clauses():
            raise NoticeAlreadyGiven("Since notice was given, the term and its renewal stay as they are.")

    def touch(self, at: datetime) -> None:
        self.changed_at = at
        flag_modified(self, "changed_at")  # two changes of one instant are two versions

    def _require_draft(self, side: Side) -> ContractVersion:
        if self.withdrawn_at is not None:
            raise ContractOver("This contract was withdrawn.")
        draft = self.draft_for(side)
        if draft is None:
            raise NoOpenDraft("Nothing is on the table.")
        return draft

    def _put_in_force(self, version: ContractVersion, at: datetime) -> None:
        self.title = version.terms.title
        course = self.term_schedule()
        if self.signed_on is None:
            self.signed_on = self.local_day(at)
            begun = course.terms_begun_by(self.signed_on)
            self.renewals_told = max(len(begun) - 1, 0)  # those of a contract that is put on record later are no news
        self.ends_on = course.final_day()
        self._schedule_recheck(at)

    def _schedule_recheck(self, at: datetime) -> None:
        self.look_at = None if self.end_told else at


def build_contract(customer_id: UUID, terms: ContractTerms, at: datetime) -> Contract:
    """A new contract, with its first version."""
    version = ContractVersion(number=1, effective_on=terms.starts_on, reason="", drafted_at=at, signatures=[])
    version.set_terms(terms)
    return Contract(
        customer_id=customer_id,
        title=terms.title,
        starts_on=terms.starts_on,
        renewals_told=0,
        end_told=False,
        changed_at=at,
        versions=[version],
        obligations=[],
        attachments=[],
    )
