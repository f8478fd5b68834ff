"""Notices as clients send and see them."""

from datetime import date
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from common.views import Day, Instant, RequiredText, View, field_error
from sla.agreements.notice import Notice
from sla.agreements.states import NoticeKind, NoticeState, Side
from sla.hours.views import BoundedInstant

NoticeReason = Annotated[RequiredText, Field(examples=["As agreed in the review of October."])]


class _NewNotice(View):
    kind: ClassVar[NoticeKind]
    reason: NoticeReason

    def to_notice(self, suspension_id: UUID | None = None) -> Notice:
        return Notice(kind=self.kind, suspension_id=suspension_id, **self.model_dump())


class NewRenewal(_NewNotice):
    kind = NoticeKind.RENEWAL
    last_day: Day
    """The new last day, included; later than the present one."""


class NewSuspension(_NewNotice):
    kind = NoticeKind.SUSPENSION
    starts_at: BoundedInstant | None = Field(default=None, alias="from")
    """Null: now. A suspension that begins in the past needs the consent of the other side."""
    ends_at: BoundedInstant | None = Field(default=None, alias="to")
    """The end, exclusive; null while nobody knows it."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            raise field_error("to", "`to` is not after `from`")
        return self


class NewResumption(_NewNotice):
    kind = NoticeKind.RESUMPTION
    starts_at: BoundedInstant | None = Field(default=None, alias="at")
    """Null: now. An end in the past needs the consent of the other side."""


class NewTermination(_NewNotice):
    kind = NoticeKind.TERMINATION
    last_day: Day
    """The last day, included; after the notice period in the terms."""


class AgreementNoticeView(View):
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
    starts_at: Instant | None = Field(alias="from")
    """The start of a suspension, or the instant at which a resumption ends one."""
    ends_at: Instant | None = Field(alias="to")
    suspension_id: UUID | None
    """The suspension that a resumption ends."""
    answered_by: str | None
    answered_at: Instant | None
    """When it took effect, was declined or withdrawn."""
