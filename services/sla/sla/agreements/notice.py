"""Notices, which renew, suspend, resume and terminate an agreement, and what those that took effect add up to."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified, text_enum
from sla.agreements.errors import NoticeAlreadyAnswered, OwnNoticeAnswered
from sla.agreements.lifecycle import Suspension
from sla.agreements.model import Agreement
from sla.agreements.schedule import LastDayChange
from sla.agreements.states import NoticeKind, NoticeState, Party, Side
from sla.schema import Base

_IS_TERMINATION = text("kind = 'termination'")
_IS_OPEN_RENEWAL = text("kind = 'renewal' AND state = 'pending'")


class Notice(Identified, Base):
    """A renewal, suspension, resumption or termination by one side; some need the consent of the other."""

    __tablename__ = "agreement_notices"
    __table_args__ = (
        UniqueConstraint("agreement_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("(state = 'effective') = (after_version IS NOT NULL)", name="effective_after_version"),
        CheckConstraint("(state = 'pending') = (answered_at IS NULL)", name="answered"),
        CheckConstraint("(kind IN ('renewal', 'termination')) = (last_day IS NOT NULL)", name="last_day_set"),
        CheckConstraint("(kind IN ('suspension', 'resumption')) = (starts_at IS NOT NULL)", name="starts_at_set"),
        CheckConstraint("(kind = 'resumption') = (suspension_id IS NOT NULL)", name="resumes_suspension"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("ends_at IS NULL OR kind = 'suspension'", name="suspensions_end"),
        Index("uq_agreement_notices_termination", "agreement_id", unique=True, postgresql_where=_IS_TERMINATION),
        Index("uq_agreement_notices_renewal_pending", "agreement_id", unique=True, postgresql_where=_IS_OPEN_RENEWAL),
    )

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id))
    number: Mapped[int]
    kind: Mapped[NoticeKind] = mapped_column(text_enum(NoticeKind, "noticekind"))
    state: Mapped[NoticeState] = mapped_column(text_enum(NoticeState, "noticestate"))
    side: Mapped[Side | None] = mapped_column(text_enum(Side, "side"))
    """Null: it follows from the terms, which renew the agreement by themselves."""
    given_by: Mapped[str]
    given_at: Mapped[datetime]
    reason: Mapped[str]
    last_day: Mapped[date | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    suspension_id: Mapped[UUID | None] = mapped_column(ForeignKey("agreement_notices.id"), index=True)
    """The suspension that a resumption ends."""
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    """When it took effect, was declined or withdrawn."""
    after_version: Mapped[int | None]
    """The newest signed version when it took effect."""

    def give(self, party: Party, at: datetime) -> None:
        self.side, self.given_by, self.given_at, self.state = party.side, party.subject, at, NoticeState.PENDING

    @property
    def needs_consent(self) -> bool:
        """Return whether the other side has to consent: to a renewal, and to a suspension or resumption in the past."""
        return self.kind is NoticeKind.RENEWAL or (self.starts_at is not None and self.starts_at < self.given_at)

    def check_may_consent(self, party: Party) -> None:
        self._check_pending()
        if party.side is self.side or party.subject == self.given_by:
            raise OwnNoticeAnswered(f"This notice was given by the {self.side}: the other side consents to it.")

    def withdraw_or_decline(self, party: Party, at: datetime) -> None:
        """Withdraw the notice for its own side, or decline it for the other one."""
        self._check_pending()
        self.state = NoticeState.WITHDRAWN if party.side is self.side else NoticeState.DECLINED
        self.answered_by, self.answered_at = party.subject, at

    def take_effect(self, by: str, after_version: int, at: datetime) -> None:
        self.state, self.after_version = NoticeState.EFFECTIVE, after_version
        self.answered_by, self.answered_at = by, at

    def _check_pending(self) -> None:
        if self.state is not NoticeState.PENDING:
            raise NoticeAlreadyAnswered(f"The notice is {self.state} already: give another one.")


def last_day_changes(notices: Iterable[Notice]) -> list[LastDayChange]:
    """Return what renewals and terminations set, in the order of the notices."""
    return [
        LastDayChange(notice.after_version, notice.last_day, extends=notice.kind is NoticeKind.RENEWAL)
        for notice in notices
        if notice.last_day is not None and notice.after_version is not None
    ]


def build_suspensions(notices: Iterable[Notice]) -> list[Suspension]:
    """Return the suspensions in the order of time, each to its planned end or to its earliest resumption."""
    suspensions: dict[UUID, Suspension] = {}
    for notice in notices:
        if notice.kind is NoticeKind.SUSPENSION and notice.starts_at is not None:
            suspensions[notice.id] = Suspension(notice.id, notice.starts_at, notice.ends_at, notice.reason)
        elif notice.suspension_id in suspensions and notice.starts_at is not None:
            resumed = suspensions[notice.suspension_id]
            end = min(resumed.to or notice.starts_at, notice.starts_at)
            suspensions[notice.suspension_id] = resumed._replace(to=end)
    not_empty = [
        suspension for suspension in suspensions.values() if suspension.to is None or suspension.from_ < suspension.to
    ]
    return sorted(not_empty, key=lambda suspension: suspension.from_)
