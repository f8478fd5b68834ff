"""Notices as clients send and see them."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from common.views import Day, Instant, RequiredText, View
from sla.agreements.notice import Notice
from sla.agreements.states import NoticeKind, NoticeState, Side
from sla.hours.views import BoundedInstant

NoticeReason = Annotated[RequiredText, Field(examples=["As agreed in the review of October."])]


class NewRenewal(View):
    last_day: Day
    """The new last day, included; later than the present one."""
    reason: NoticeReason

    def to_notice(self) -> Notice:
        return Notice(kind=NoticeKind.RENEWAL, last_day=self.last_day, reason=self.reason)


class NewSuspension(View):
    model_config = ConfigDict(populate_by_name=True)

    from_: BoundedInstant | None = Field(default=None, alias="from")
    """Null: now. A suspension that begins in the past needs the consent of the other side."""
    to: BoundedInstant | None = None
    """The end, exclusive; null while nobody knows it."""
    reason: NoticeReason

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ is not None and self.to is not None and self.to <= self.from_:
            raise ValueError("`to` is not after `from`")
        return self

    def to_notice(self) -> Notice:
        return Notice(kind=NoticeKind.SUSPENSION, starts_at=self.from_, ends_at=self.to, reason=self.reason)


class NewResumption(View):
    at: BoundedInstant | None = None
    """Null: now. An end in the past needs the consent of the other side."""
    reason: NoticeReason

    def to_notice(self, suspension_id: UUID) -> Notice:
        return Notice(kind=NoticeKind.RESUMPTION, starts_at=self.at, suspension_id=suspension_id, reason=self.reason)


class NewTermination(View):
    last_day: Day
    """The last day, included; after the notice period in the terms."""
    reason: NoticeReason

    def to_notice(self) -> Notice:
        return Notice(kind=NoticeKind.TERMINATION, last_day=self.last_day, reason=self.reason)


class AgreementNoticeView(View):
    model_config = ConfigDict(populate_by_name=True)

    id: UUID
    agreement_id: UUID
    number: int
    kind: NoticeKind
    state: NoticeState
    side: Side | None
    """Null: the terms themselves renew the agreement."""
    given_by: str
    given_at: Instant
    reason: str
    last_day: date | None
    """The last day that a renewal or a termination sets."""
    from_: Instant | None = Field(alias="from")
    """The start of a suspension, or the instant at which a resumption ends one."""
    to: Instant | None
    suspension_id: UUID | None
    """The suspension that a resumption ends."""
    answered_by: str | None
    answered_at: Instant | None
    """When it took effect, was declined or withdrawn."""

    @classmethod
    def from_notice(cls, notice: Notice) -> Self:
        return cls.from_entity(notice, from_=notice.starts_at, to=notice.ends_at)
