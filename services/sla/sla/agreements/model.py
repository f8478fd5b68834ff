"""An agreement with its versions and signatures, and what the service knows of offerings and customers."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import flag_modified

from common.database import Identified, Versioned, choice
from common.errors import RuleBroken
from sla.agreements.periods import Period, first_period, local_day, period_after
from sla.agreements.states import AgreementState, Side, Stage, check_negotiable
from sla.agreements.terms import Terms, fingerprint
from sla.schema import Base


class TermsUnderNegotiation(RuleBroken):
    """A draft is edited freely; once proposed, terms change by a proposal of one side to the other."""


class OfferingNotAvailable(RuleBroken):
    """Customers agree on what the catalog has published and has not retired."""


class CustomerNotRegistered(RuleBroken):
    """An agreement is made with a registered customer."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class IndicatorNotDefined(RuleBroken):
    """An objective is measured by an indicator that is defined and not retired."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class KnownOffering(Base):
    """What the catalog tells of an offering."""

    __tablename__ = "known_offerings"
    __audited__ = False

    offering_id: Mapped[UUID] = mapped_column(primary_key=True)
    offering_name: Mapped[str]
    service_id: Mapped[UUID]
    service_name: Mapped[str]
    published_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class KnownCustomer(Base):
    """What engagement tells of a customer."""

    __tablename__ = "known_customers"
    __audited__ = False

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class Agreement(Identified, Versioned, Base):
    """A promise to one customer on one offering. It lasts; what is promised stands in its versions."""

    __tablename__ = "agreements"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        Index("ix_agreements_review_due_at", "review_due_at", postgresql_where=text("review_due_at IS NOT NULL")),
    )

    customer_id: Mapped[UUID] = mapped_column(index=True)
    offering_id: Mapped[UUID] = mapped_column(index=True)
    state: Mapped[AgreementState] = mapped_column(choice(AgreementState), default=AgreementState.DRAFT)
    name: Mapped[str]
    """Name and days are those of the terms in force or, before there are any, on the table."""
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    proposed_at: Mapped[datetime | None]
    """Until its first proposal an agreement is the provider's draft, and the customer does not see it."""
    changed_at: Mapped[datetime]
    """Of anything in the agreement: a change of its parts is a change of its ETag."""
    review_due_at: Mapped[datetime | None]
    """The end of the oldest review period that has no statement yet; null when none is to come."""

    def follow(self, stage: Stage, terms: Terms, at: datetime) -> None:
        """Take over what the version on the table says, as long as no signed one binds."""
        self._touch(at)
        if self.state.binding:
            return
        self.state = AgreementState(stage)
        self.name, self.starts_on, self.ends_on = terms.name, terms.starts_on, terms.ends_on
        if stage is Stage.PROPOSED and self.proposed_at is None:
            self.proposed_at = at
        if stage is Stage.SIGNED:
            self.review_due_at = first_period(terms).end

    def activate(self, terms: Terms, at: datetime) -> bool:
        """Whether the agreement became active: signed, and its first day has come."""
        if self.state is not AgreementState.SIGNED or terms.starts_on > local_day(terms, at):
            return False
        self.state = AgreementState.ACTIVE
        self._touch(at)
        return True

    def end(self, terms: Terms, at: datetime) -> bool:
        """Whether the agreement ended: its last day is over."""
        over = terms.ends_on is not None and terms.ends_on < local_day(terms, at)
        if self.state is not AgreementState.ACTIVE or not over:
            return False
        self.state = AgreementState.ENDED
        self._touch(at)
        return True

    def reviewed(self, terms: Terms, period: Period) -> None:
        """This review period has its statement: the next one is due."""
        following = period_after(terms, period)
        self.review_due_at = following.end if following else None

    def _touch(self, at: datetime) -> None:
        self.changed_at = at
        flag_modified(self, "changed_at")  # two changes of one instant are two versions


class AgreementVersion(Identified, Base):
    """Terms with two times: the day they are valid from, and the instant from which they were known to bind."""

    __tablename__ = "agreement_versions"
    __table_args__ = (
        UniqueConstraint("agreement_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("(stage = 'signed') = (recorded_at IS NOT NULL)", name="recorded_when_signed"),
        Index(
            "uq_agreement_versions_negotiated",
            "agreement_id",
            unique=True,
            postgresql_where=text("stage IN ('draft', 'proposed', 'counter_proposed', 'accepted')"),
        ),
    )

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id))
    number: Mapped[int]
    stage: Mapped[Stage] = mapped_column(choice(Stage), default=Stage.DRAFT)
    valid_from: Mapped[date]
    """A version replaces those with lower numbers from this day on."""
    recorded_at: Mapped[datetime | None]
    terms_document: Mapped[dict[str, Any]]
    terms_sha256: Mapped[str]

    agreement: Mapped[Agreement] = relationship(lazy="raise")
    signatures: Mapped[list["Signature"]] = relationship(lazy="raise", order_by="Signature.signed_at")

    @property
    def terms(self) -> Terms:
        return Terms.model_validate(self.terms_document)

    def draft(self, terms: Terms, at: datetime) -> None:
        check_negotiable(self.stage)
        if self.stage is not Stage.DRAFT:
            raise TermsUnderNegotiation("The draft has been proposed.")
        self.put(terms)
        self.reach(Stage.DRAFT, at)

    def put(self, terms: Terms) -> None:
        check_negotiable(self.stage)
        self.terms_document = terms.document()
        self.terms_sha256 = fingerprint(self.terms_document)
        self.valid_from = terms.starts_on

    def reach(self, stage: Stage, at: datetime) -> None:
        self.stage = stage
        self.recorded_at = at if stage is Stage.SIGNED else None
        self.agreement.follow(stage, self.terms, at)


class Signature(Identified, Base):
    """One side's signature under exactly these terms."""

    __tablename__ = "agreement_signatures"
    __table_args__ = (UniqueConstraint("version_id", "side"), UniqueConstraint("version_id", "subject"))

    version_id: Mapped[UUID] = mapped_column(ForeignKey(AgreementVersion.id))
    side: Mapped[Side] = mapped_column(choice(Side))
    subject: Mapped[str]
    terms_sha256: Mapped[str]
    signed_at: Mapped[datetime]


def drafted(customer_id: UUID, offering_id: UUID, terms: Terms, at: datetime) -> AgreementVersion:
    """The first version of a new agreement."""
    agreement = Agreement(
        customer_id=customer_id,
        offering_id=offering_id,
        state=AgreementState.DRAFT,
        name=terms.name,
        starts_on=terms.starts_on,
        changed_at=at,
    )
    version = AgreementVersion(number=1, stage=Stage.DRAFT, agreement=agreement, signatures=[])
    version.draft(terms, at)
    return version
