"""What the sides of a signed agreement tell each other, and how it reads."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from common.views import Day, Instant, RequiredText, View
from sla.agreements.model import Notice
from sla.agreements.states import Side
from sla.agreements.suspensions import NoticeKind, NoticeState
from sla.hours.views import BoundedInstant

NoticeReason = Annotated[RequiredText, Field(examples=["As agreed in the review of October."])]


class NewRenewal(View):
    last_day: Day
    """Included; later than the one it has."""
    reason: NoticeReason


class NewSuspension(View):
    model_config = ConfigDict(populate_by_name=True)

    from_: BoundedInstant | None = Field(default=None, alias="from")
    """Null: from now on. One that began before needs the consent of the other side."""
    to: BoundedInstant | None = None
    """Exclusive; null as long as nobody knows."""
    reason: NoticeReason

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ is not None and self.to is not None and self.to <= self.from_:
            raise ValueError("`to` is not after `from`")
        return self


class NewResumption(View):
    at: BoundedInstant | None = None
    """Null: now. One that lies in the past needs the consent of the other side."""
    reason: NoticeReason


class NewTermination(View):
    last_day: Day
    """Included; after the notice that the terms ask for."""
    reason: NoticeReason


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
    """Of a renewal or a termination."""
    from_: Instant | None = Field(alias="from")
    """Of a suspension, or when a resumption ends one."""
    to: Instant | None
    suspension_id: UUID | None
    """What is resumed."""
    answered_by: str | None
    answered_at: Instant | None
    """When it took effect, was declined or withdrawn."""

    @classmethod
    def from_entity(cls, notice: Notice) -> Self:
        same = {name: getattr(notice, name) for name in cls.model_fields if name not in {"from_", "to"}}
        return cls(**same, from_=notice.starts_at, to=notice.ends_at)
