"""Agreements with their versions and signatures; replicas of the catalog's offerings and of customers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.canonical_json import hash_canonical_json
from common.database.entities import Identified, Touched, Versioned, text_enum
from common.names import in_words
from common.views import read_frozen
from sla.agreements.amendments import first_open_day
from sla.agreements.errors import AmendmentUnderWay, TermsUnderNegotiation
from sla.agreements.lifecycle import Lifecycle
from sla.agreements.review_periods import ReviewPeriod
from sla.agreements.schedule import Schedule
from sla.agreements.states import AgreementKind, AgreementState, NegotiationStage, Side, check_negotiable
from sla.agreements.terms import Terms
from sla.schema import Base

_IS_NEGOTIATED = text("stage IN ('draft', 'proposed', 'counter_proposed', 'accepted')")


class OfferingReplica(Base):
    __tablename__ = "known_offerings"
    open_to_customers = True
    __audited__ = False

    offering_id: Mapped[UUID] = mapped_column(primary_key=True)
    offering_name: Mapped[str]
    service_id: Mapped[UUID]
    service_name: Mapped[str]
    published_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    visible_to: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    """The customers that see it in the catalog; null means every customer."""


class ServiceReplica(Base):
    """The replica of a service of the catalog, for its name."""

    __tablename__ = "known_services"
    __audited__ = False

    service_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class CustomerReplica(Base):
    __tablename__ = "known_customers"
    __audited__ = False

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class Agreement(Identified, Versioned, Touched, Base):
    """A promise to one customer on one offering; what is promised stands in its versions."""

    __tablename__ = "agreements"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("(kind = 'sla') = (supplier IS NULL)", name="supplier_of_others"),
        CheckConstraint("(template_id IS NULL) = (template_version IS NULL)", name="template_versioned"),
        Index("ix_agreements_review_due_at", "review_due_at", postgresql_where=text("review_due_at IS NOT NULL")),
        Index("ix_agreements_turns_at", "turns_at", postgresql_where=text("turns_at IS NOT NULL")),
    )

    kind: Mapped[AgreementKind] = mapped_column(text_enum(AgreementKind, "agreementkind"), default=AgreementKind.SLA)
    customer_id: Mapped[UUID] = mapped_column(index=True)
    """The customer; of an OLA or underpinning contract, the provider's own unit, which relies on the supplier."""
    offering_id: Mapped[UUID] = mapped_column(index=True)
    template_id: Mapped[UUID | None] = mapped_column(ForeignKey("sla.agreement_templates.id"), index=True)
    """The template it was drafted from, if it was from one; and which version of it."""
    template_version: Mapped[int | None]
    supplier: Mapped[str | None]
    """The team of an OLA or the vendor of an underpinning contract; null of an SLA, which the provider promises."""
    state: Mapped[AgreementState] = mapped_column(text_enum(AgreementState, "agreementstate"))
    name: Mapped[str]
    """The name in the terms in force or, before there are any, in those on the table."""
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    """First and last day of all that is promised."""
    in_force: Mapped[int | None]
    """The number of the version in force or, after the last day, of the last one."""
    proposed_at: Mapped[datetime | None]
    """Until its first proposal an agreement is the provider's draft, and the customer does not see it."""
    review_due_at: Mapped[datetime | None]
    """The end of the oldest review period that has no statement yet; null when none is to come."""
    next_change_at: Mapped[datetime | None] = mapped_column("turns_at")
    """When the calendar changes something next: a first day, a last one, an edge of a suspension."""

    def follow_negotiation(self, stage: NegotiationStage, terms: Terms, at: datetime) -> None:
        """Take over what the version on the table says, until a first version is signed."""
        self.touch(at)
        if self.state.is_signed_by_both:
            return
        self.state = AgreementState(stage)
        self.name, self.starts_on, self.ends_on = terms.name, terms.starts_on, terms.ends_on
        if stage is NegotiationStage.PROPOSED and self.proposed_at is None:
            self.proposed_at = at

    def apply_lifecycle(self, lifecycle: Lifecycle, at: datetime) -> None:
        """Take the state that the calendar gives, and schedule the next change."""
        self.state, self.ends_on = lifecycle.state_at(at), lifecycle.schedule.last_day
        binding = lifecycle.binding_at(at)
        if binding is not None:
            self.in_force, self.name = binding.version, binding.terms.name
        self.next_change_at = lifecycle.next_change_at(at)
        self.touch(at)

    def replan_review(self, before: Schedule, after: Schedule) -> None:
        """Find the end of the oldest period without a statement again, after a change of the schedule."""
        day = first_open_day(before, self.review_due_at) or after.first_day
        open_period = after.period_on(day) if day else None
        self.review_due_at = open_period[1].end if open_period else None

    def mark_period_stated(self, schedule: Schedule, period: ReviewPeriod) -> None:
        """Make the next review period due, once this one has its statement."""
        following = schedule.period_at(period.end)
        self.review_due_at = following[1].end if following else None


class AgreementVersion(Identified, Base):
    """Terms with two times: the day they are valid from, and the instant at which both sides had signed them."""

    __tablename__ = "agreement_versions"
    __table_args__ = (
        UniqueConstraint("agreement_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("(stage = 'signed') = (recorded_at IS NOT NULL)", name="recorded_when_signed"),
        Index("uq_agreement_versions_negotiated", "agreement_id", unique=True, postgresql_where=_IS_NEGOTIATED),
    )

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id))
    number: Mapped[int]
    stage: Mapped[NegotiationStage] = mapped_column(text_enum(NegotiationStage, "stage"))
    valid_from: Mapped[date]
    """A version replaces those with lower numbers from this day on."""
    proposed_at: Mapped[datetime | None]
    """Until then it is the provider's, and the customer does not see it."""
    recorded_at: Mapped[datetime | None]
    """When both sides had signed it."""
    terms_document: Mapped[dict[str, Any]]
    terms_sha256: Mapped[str]

    agreement: Mapped[Agreement] = relationship(lazy="raise")
    signatures: Mapped[list["AgreementSignature"]] = relationship(lazy="raise", order_by="AgreementSignature.signed_at")

    @property
    def terms(self) -> Terms:
        return read_frozen(Terms, self.terms_document)

    def edit_draft(self, terms: Terms, at: datetime) -> None:
        self.check_editable()
        self.set_terms(terms)
        self.enter_stage(NegotiationStage.DRAFT, at)

    def check_editable(self) -> None:
        check_negotiable(self.stage)
        if self.stage is not NegotiationStage.DRAFT:
            raise TermsUnderNegotiation("The draft has been proposed.")

    def check_negotiated(self) -> None:
        """Check that another version can be drafted after this one."""
        if self.stage.is_open:
            raise AmendmentUnderWay(f"Version {self.number} is {in_words(self.stage)}.")

    def set_terms(self, terms: Terms) -> None:
        check_negotiable(self.stage)
        self.terms_document = terms.with_frozen_holidays().to_document()
        self.terms_sha256 = hash_canonical_json(self.terms_document)
        self.valid_from = terms.starts_on

    def enter_stage(self, stage: NegotiationStage, at: datetime) -> None:
        self.stage = stage
        self.recorded_at = at if stage is NegotiationStage.SIGNED else None
        if stage is NegotiationStage.PROPOSED and self.proposed_at is None:
            self.proposed_at = at
        self.agreement.follow_negotiation(stage, self.terms, at)


class Signature(Identified):
    """One side's signature under exactly the terms with this hash; written once."""

    side: Mapped[Side] = mapped_column(text_enum(Side, "side"))
    subject: Mapped[str]
    terms_sha256: Mapped[str]
    signed_at: Mapped[datetime]


class AgreementSignature(Signature, Base):
    __tablename__ = "agreement_signatures"
    __table_args__ = (
        UniqueConstraint("version_id", "side"),
        UniqueConstraint("version_id", "subject"),
        CheckConstraint("(shortfalls IS NULL) = (acknowledged_because IS NULL)", name="shortfalls_acknowledged"),
        CheckConstraint("shortfalls IS NULL OR side = 'provider'", name="acknowledged_by_provider"),
    )

    version_id: Mapped[UUID] = mapped_column(ForeignKey(AgreementVersion.id))
    shortfalls: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    """What the provider's chain could not hold of the terms, in sentences; null when it could hold them."""
    acknowledged_because: Mapped[str | None]
    """Why the provider signed nevertheless."""


def build_version(agreement: Agreement, number: int, terms: Terms, at: datetime) -> AgreementVersion:
    version = AgreementVersion(number=number, stage=NegotiationStage.DRAFT, agreement=agreement, signatures=[])
    version.edit_draft(terms, at)
    return version
