"""Last days and suspensions of a signed agreement, as the notices that took effect set them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from sla.agreements.schedule import LastDayChange
from sla.agreements.states import NoticeKind


class Suspension(NamedTuple):
    """A time in which nothing is promised; `to` is exclusive, and null while nobody knows when it ends."""

    id: UUID
    from_: datetime
    to: datetime | None
    reason: str

    def covers(self, instant: datetime) -> bool:
        return self.from_ <= instant and (self.to is None or instant < self.to)


class EffectiveNotice(Protocol):
    """A notice that took effect, as far as it changes when the agreement is in force."""

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
    """Return what renewals and terminations set, in the order of the notices."""
    return [
        LastDayChange(notice.after_version, notice.last_day, extends=notice.kind is NoticeKind.RENEWAL)
        for notice in notices
        if notice.last_day is not None and notice.after_version is not None
    ]


def build_suspensions(notices: Iterable[EffectiveNotice]) -> list[Suspension]:
    """Return the suspensions in the order of time, each to its planned end or to its earliest resumption."""
    suspensions: dict[UUID, Suspension] = {}
    for notice in notices:
        if notice.kind is NoticeKind.SUSPENSION and notice.starts_at is not None:
            suspensions[notice.id] = Suspension(notice.id, notice.starts_at, notice.ends_at, notice.reason)
        elif notice.suspension_id in suspensions and notice.starts_at is not None:
            resumed = suspensions[notice.suspension_id]
            end = min(resumed.to or notice.starts_at, notice.starts_at)
            suspensions[notice.suspension_id] = resumed._replace(to=end)
    not_empty = (
        suspension for suspension in suspensions.values() if suspension.to is None or suspension.from_ < suspension.to
    )
    return sorted(not_empty, key=lambda suspension: suspension.from_)
