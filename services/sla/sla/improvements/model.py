"""The improvement with its sources and notices, and the replica of measured satisfaction."""

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database.entities import Identified, Touched, Versioned, text_enum
from common.errors import Conflict
from common.names import in_words
from common.views import read_stored
from sla.hours.time_zones import start_of_day, to_local_date
from sla.improvements import errors
from sla.improvements.effect.verdict import ImprovementVerdict
from sla.improvements.registration import Registration
from sla.improvements.states import NOT_STARTED_STATES, VERIFIED_STATES, ImprovementState
from sla.schema import Base

MEASUREMENT_DELAY = timedelta(hours=6)
"""How long after a period its last measurements may arrive."""


class SourceKind(StrEnum):
    ISSUE = "issue"
    SURVEY = "survey"
    PERSON = "person"


class NoticeOccasion(StrEnum):
    REJECTED = "rejected"
    IMPLEMENTED = "implemented"
    VERIFIED = "verified"


class Improvement(Identified, Versioned, Touched, Base):
    __tablename__ = "improvements"
    open_to_customers = True
    __table_args__ = (
        CheckConstraint("(registration IS NULL) = (periods_after IS NULL)", name="registered"),
        CheckConstraint(
            "approved_at IS NULL OR registration IS NOT NULL OR state = 'rejected'", name="registered_before_approval"
        ),
        CheckConstraint("implemented_at >= started_at", name="implemented_after_it_began"),
        CheckConstraint("(verdict IS NULL) = (evidence IS NULL)", name="verdict_with_evidence"),
        CheckConstraint("(state IN ('closed', 'rejected')) = (closed_at IS NOT NULL)", name="closed_at"),
        CheckConstraint("next_step_at IS NULL OR state IN ('implemented', 'verifying')", name="steps_by_itself"),
        Index("ix_improvements_next_step_at", "next_step_at", postgresql_where=text("next_step_at IS NOT NULL")),
    )

    title: Mapped[str]
    description: Mapped[str]
    state: Mapped[ImprovementState] = mapped_column(text_enum(ImprovementState, "improvementstate"), index=True)
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    assessment: Mapped[dict[str, Any] | None]
    """Benefit, effort and risk, and who assessed them."""
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    registration: Mapped[dict[str, Any] | None]
    periods_after: Mapped[int | None]
    """As registered, or more after an extension."""
    registered_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    implemented_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    """What was done, or why it was rejected."""
    next_step_at: Mapped[datetime | None]
    """When the periodic job starts its verification or gives the verdict."""
    verdict: Mapped[ImprovementVerdict | None] = mapped_column(text_enum(ImprovementVerdict, "verdict"))
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The points, fits and sentences of the verdict."""
    verified_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    sources: Mapped[list["ImprovementSource"]] = relationship(lazy="raise", order_by="ImprovementSource.id")
    notices: Mapped[list["ImprovementNotice"]] = relationship(lazy="raise", order_by="ImprovementNotice.id")

    @property
    def parsed_registration(self) -> Registration:
        if self.registration is None:
            raise errors.MeasureNotRegistered("Register first what the improvement is measured by.")
        return read_stored(Registration, self.registration)

    @property
    def customer_ids(self) -> tuple[UUID, ...]:
        return tuple(sorted({source.customer_id for source in self.sources if source.customer_id}))

    @property
    def issue_ids(self) -> tuple[UUID, ...]:
        return self._source_ids(SourceKind.ISSUE)

    @property
    def survey_ids(self) -> tuple[UUID, ...]:
        return self._source_ids(SourceKind.SURVEY)

    def _source_ids(self, kind: SourceKind) -> tuple[UUID, ...]:
        return tuple(sorted({source.subject for source in self.sources if source.kind is kind and source.subject}))

    @property
    def because(self) -> list[str]:
        """The reasons of the verdict; none before it is given."""
        return list(self.evidence["because"]) if self.evidence else []

    def assess(self, assessment: dict[str, Any]) -> None:
        self.check_assessable()
        self.assessment, self.state = assessment, ImprovementState.ASSESSED

    def check_assessable(self) -> None:
        self._check_state(errors.ImprovementNotProposed, ImprovementState.PROPOSED, ImprovementState.ASSESSED)

    def approve(self, by: str, at: datetime) -> None:
        self.check_approvable(by)
        self.approved_by, self.approved_at, self.state = by, at, ImprovementState.APPROVED

    def check_approvable(self, by: str) -> None:
        self._check_state(errors.ImprovementNotAssessed, ImprovementState.ASSESSED)
        if by == self.proposed_by:
            raise errors.ImprovementApprovedByProposer(
                "You proposed this improvement; somebody else has to approve it."
            )
        if self.registration is None:
            raise errors.MeasureNotRegistered("Register first what the improvement is measured by.")

    def reject(self, reason: str, at: datetime) -> None:
        self.check_not_started()
        self.outcome, self.closed_at, self.state = reason, at, ImprovementState.REJECTED
        self._add_notices(NoticeOccasion.REJECTED)

    def register(self, registration: Registration, at: datetime) -> None:
        self.check_registrable()
        if registration.baseline_until >= to_local_date(at, registration.zone):
            raise errors.BaselineNotOver("The baseline must end before today.", field="baseline_until")
        self.registration, self.periods_after = registration.model_dump(mode="json"), registration.periods_after
        self.registered_at = at

    def check_registrable(self) -> None:
        self.check_not_started()
        if self.state is ImprovementState.APPROVED:
            raise errors.RegistrationApproved(f"{self.approved_by} approved this registration.")

    def start(self, at: datetime) -> None:
        self.check_approved()
        self.started_at, self.state = at, ImprovementState.IN_PROGRESS

    def check_approved(self) -> None:
        self._check_state(errors.ImprovementNotApproved, ImprovementState.APPROVED)

    def implement(self, outcome: str, implemented_at: datetime, now: datetime) -> None:
        self.check_in_progress()
        if self.started_at is None or not self.started_at <= implemented_at <= now:
            message = f"Give a time from the start, {self.started_at}, until now."
            raise errors.ImplementationTimeOutOfRange(message, field="implemented_at")
        self.outcome, self.implemented_at, self.state = outcome, implemented_at, ImprovementState.IMPLEMENTED
        self.next_step_at = self._start_of_period(self.change_period)
        self._add_notices(NoticeOccasion.IMPLEMENTED)

    def check_in_progress(self) -> None:
        self._check_state(errors.ImprovementNotInProgress, ImprovementState.IN_PROGRESS)

    @property
    def change_period(self) -> int:
        """The first period in which the improvement was in place all the time."""
        if self.implemented_at is None:
            raise errors.ImprovementNotImplemented("This improvement is not implemented yet.")
        registration = self.parsed_registration
        return registration.granularity.period_of(to_local_date(self.implemented_at, registration.zone)) + 1

    @property
    def verify_at(self) -> datetime:
        """The time at which all registered points have come."""
        return self._start_of_period(self.change_period + (self.periods_after or 0)) + MEASUREMENT_DELAY

    def _start_of_period(self, number: int) -> datetime:
        registration = self.parsed_registration
        return start_of_day(registration.granularity.first_day(number), registration.zone)

    def start_verification(self) -> None:
        self.state, self.next_step_at = ImprovementState.VERIFYING, self.verify_at

    def conclude(self, verdict: ImprovementVerdict, evidence: dict[str, Any], at: datetime) -> None:
        self.verdict, self.evidence, self.verified_at = verdict, evidence, at
        self.state, self.next_step_at = ImprovementState(verdict), None
        self._add_notices(NoticeOccasion.VERIFIED)

    def extend_verification(self, periods_after: int) -> None:
        """Verify an inconclusive improvement again, with more points."""
        self.check_inconclusive()
        if periods_after <= (self.periods_after or 0):
            message = f"Ask for more than the {self.periods_after} periods measured before."
            raise errors.ExtensionTooShort(message, field="periods_after")
        self.periods_after, self.verdict, self.evidence, self.verified_at = periods_after, None, None, None
        self.start_verification()

    def check_inconclusive(self) -> None:
        self._check_state(errors.ImprovementNotInconclusive, ImprovementState.INCONCLUSIVE)

    def close(self, at: datetime) -> None:
        self.check_closable()
        self.state, self.closed_at = ImprovementState.CLOSED, at

    def check_closable(self) -> None:
        self._check_state(errors.ImprovementNotVerified, *VERIFIED_STATES)
        pending = sum(notice.notified_at is None for notice in self.notices)
        if pending:
            raise errors.CustomersNotNotified(f"{pending} customers have not been notified yet.")

    def get_notice(self, notice_id: UUID) -> "ImprovementNotice":
        for notice in self.notices:
            if notice.id == notice_id:
                return notice
        raise errors.ImprovementNoticeNotFound("notice", notice_id)

    def _add_notices(self, occasion: NoticeOccasion) -> None:
        """Add a pending notice for each customer of the sources, once for each occasion."""
        notices = {notice.customer_id: notice for notice in self.notices if notice.occasion is occasion}
        for customer_id in self.customer_ids:
            if customer_id not in notices:
                self.notices.append(ImprovementNotice(customer_id=customer_id, occasion=occasion))
            else:
                notices[customer_id].mark_pending()

    def check_not_started(self) -> None:
        if self.state is ImprovementState.REJECTED:
            raise errors.ImprovementAlreadyRejected("This improvement is rejected.")
        self._check_state(errors.ImprovementAlreadyStarted, *NOT_STARTED_STATES)

    def _check_state(self, rule: type[Conflict], *states: ImprovementState) -> None:
        if self.state not in states:
            needed = " or ".join(sorted(map(in_words, states)))
            raise rule(f"This improvement is {in_words(self.state)}; this step needs one that is {needed}.")


class ImprovementSource(Identified, Base):
    """A source of an improvement: an issue, a low score or a person's idea, and the customer it concerns."""

    __tablename__ = "improvement_sources"
    __table_args__ = (
        UniqueConstraint("improvement_id", "key"),
        Index("ix_improvement_sources_subject", "subject"),
        Index("uq_improvement_sources_survey", "key", unique=True, postgresql_where=text("kind = 'survey'")),
    )

    improvement_id: Mapped[UUID] = mapped_column(ForeignKey(Improvement.id))
    kind: Mapped[SourceKind] = mapped_column(text_enum(SourceKind, "sourcekind"))
    key: Mapped[str]
    subject: Mapped[UUID | None]
    """The issue or survey."""
    customer_id: Mapped[UUID | None] = mapped_column(index=True)
    triggers: Mapped[list[dict[str, Any]]]
    """`from` and `to` of the times of trouble, which are excluded from the baseline."""


class ImprovementNotice(Identified, Base):
    """A notice of an improvement: the customer to notify, and when and how that was done."""

    __tablename__ = "improvement_notices"
    __table_args__ = (
        UniqueConstraint("improvement_id", "customer_id", "occasion"),
        CheckConstraint("(told_at IS NULL) = (told_by IS NULL)", name="told_by_somebody"),
    )

    improvement_id: Mapped[UUID] = mapped_column(ForeignKey(Improvement.id))
    customer_id: Mapped[UUID]
    occasion: Mapped[NoticeOccasion] = mapped_column(text_enum(NoticeOccasion, "occasion"))
    notified_at: Mapped[datetime | None] = mapped_column("told_at")
    notified_by: Mapped[str | None] = mapped_column("told_by")
    how: Mapped[str | None]

    def mark_given(self, by: str, at: datetime, how: str) -> None:
        if self.notified_at is not None:
            raise errors.CustomerAlreadyNotified(f"The customer was notified at {self.notified_at.isoformat()}.")
        self.notified_by, self.notified_at, self.how = by, at, how

    def mark_pending(self) -> None:
        self.notified_by = self.notified_at = self.how = None


class SatisfactionReplica(Base):
    """The replica of a survey's satisfaction score among one customer's people, in its last revision."""

    __tablename__ = "measured_satisfactions"
    __audited__ = False
    __table_args__ = (Index("ix_measured_satisfactions_customer", "customer_id", "instrument", "opened_at"),)

    survey_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    instrument: Mapped[str]
    opened_at: Mapped[datetime]
    revision: Mapped[int]
    n: Mapped[int]
    score: Mapped[Decimal | None]
