"""Notices: what one side tells the other about a signed agreement that changes when it binds, not what it says."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import ClassVar, NamedTuple, Protocol
from uuid import UUID

from common.errors import DomainError
from sla.agreements.schedule import LastDayChange
from sla.agreements.states import Party, Side


class NoticeKind(StrEnum):
    RENEWAL = "renewal"
    SUSPENSION = "suspension"
    RESUMPTION = "resumption"
    TERMINATION = "termination"


class NoticeState(StrEnum):
    PENDING = "pending"
    """It needs the consent of the other side."""
    EFFECTIVE = "effective"
    DECLINED = "declined"
    """By the other side."""
    WITHDRAWN = "withdrawn"
    """By the side that gave it."""


class NoticeAlreadyAnswered(DomainError, slug="notice-already-answered"):
    """A notice is answered once, and one that took effect is final."""


class OwnNoticeAnswered(DomainError, slug="own-notice-answered"):
    """Consent comes from the other side, and from another person."""


class NothingToRenew(DomainError, slug="nothing-to-renew"):
    """What runs until it is ended has no last day that could be moved."""


class RenewalUnderWay(DomainError, slug="renewal-under-way"):
    """One renewal waits for consent at a time."""


class RenewalNotLater(DomainError, slug="renewal-not-later"):
    """A renewal moves the last day to a later one; who wants an earlier one amends or terminates."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class NoticeTooShort(DomainError, slug="notice-too-short"):
    """A termination keeps to the notice that the terms ask for, and lies on a day of the agreement."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class TerminationAfterEnd(DomainError, slug="termination-after-end"):
    """A termination does not move the last day to a later one."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class SuspensionOutsideAgreement(DomainError, slug="suspension-outside"):
    """A suspension begins while something is promised."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class SuspensionsOverlap(DomainError, slug="suspensions-overlap"):
    """An agreement is suspended once at a time."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class NotSuspended(DomainError, slug="not-suspended"):
    """What is resumed was suspended, and has not been resumed before."""


class Suspension(NamedTuple):
    """Nothing is promised from one instant to another; `to` is null as long as nobody knows when it ends."""

    id: UUID
    from_: datetime
    to: datetime | None
    reason: str

    def covers(self, instant: datetime) -> bool:
        return self.from_ <= instant and (self.to is None or instant < self.to)


class EffectiveNotice(Protocol):
    """A notice that took effect, as these rules read it."""

    @property
    def id(self) -> UUID: ...
    @property
    def kind(self) -> NoticeKind: ...
    @property
    def reason(self) -> str: ...
    @property
    def after_version(self) -> int | None: ...
    @property
    def last_day(self) -> date | None: ...
    @property
    def starts_at(self) -> datetime | None: ...
    @property
    def ends_at(self) -> datetime | None: ...
    @property
    def suspension_id(self) -> UUID | None: ...


def last_day_changes(notices: Iterable[EffectiveNotice]) -> list[LastDayChange]:
    """Of renewals and terminations, in the order in which they took effect."""
    return [
        LastDayChange(one.after_version, one.last_day, extends=one.kind is NoticeKind.RENEWAL)
        for one in notices
        if one.last_day is not None and one.after_version is not None
    ]


def build_suspensions(notices: Iterable[EffectiveNotice]) -> list[Suspension]:
    """In the order of time: each to its planned end, or to the earliest resumption before it."""
    found: dict[UUID, Suspension] = {}
    for one in notices:
        if one.kind is NoticeKind.SUSPENSION and one.starts_at is not None:
            found[one.id] = Suspension(one.id, one.starts_at, one.ends_at, one.reason)
        elif one.suspension_id in found and one.starts_at is not None:
            suspension = found[one.suspension_id]
            found[one.suspension_id] = suspension._replace(to=min(suspension.to or one.starts_at, one.starts_at))
    return sorted((one for one in found.values() if one.to is None or one.from_ < one.to), key=lambda one: one.from_)


def check_no_overlap(suspensions: Iterable[Suspension], starts_at: datetime, ends_at: datetime | None) -> None:
    for one in suspensions:
        if (one.to is None or starts_at < one.to) and (ends_at is None or one.from_ < ends_at):
            raise SuspensionsOverlap(f"It is suspended from {one.from_.isoformat()} already.", field="from")


def check_can_resume(suspensions: Iterable[Suspension], suspension_id: UUID, at: datetime) -> None:
    """That the suspension would be shorter if it ended then."""
    found = next((one for one in suspensions if one.id == suspension_id), None)
    if found is None or (found.to is not None and found.to <= at):
        raise NotSuspended("No such suspension lasts until then.", field="at")


def check_may_consent(party: Party, side: Side | None, given_by: str) -> None:
    if party.side is side or party.subject == given_by:
        raise OwnNoticeAnswered(f"The notice is of the {side}.")
