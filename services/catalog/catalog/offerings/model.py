"""A service, an offering of it with its dated prices, and the live agreements on the offering."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from catalog.offerings.errors import (
    OfferingAlreadyPublished,
    OfferingAlreadyRetired,
    OfferingHasLiveAgreements,
    OfferingNotDraft,
    OfferingNotPublished,
    PublishedNameIsFixed,
    PublishedPriceIsFixed,
)
from catalog.schema import Base
from common.database.entities import Identified, Versioned, text_enum

MAX_NAMED = 10
SEARCH_VECTOR = "to_tsvector('simple'::regconfig, (name || ' '::text) || description)"
"""The text that search covers, as the index has it; without stemming, as names have none."""


class OfferingState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Service(Identified, Versioned, Base):
    """A service that IT runs."""

    __tablename__ = "services"
    __table_args__ = (
        Index("uq_services_name", text("lower(name)"), unique=True),
        Index("ix_services_search", text(SEARCH_VECTOR), postgresql_using="gin"),
    )

    name: Mapped[str]
    description: Mapped[str]
    owner: Mapped[str]
    contacts: Mapped[list[dict[str, Any]]]


class Offering(Identified, Versioned, Base):
    """A service at a tier and a price, as customers can agree on it."""

    __tablename__ = "offerings"
    open_to_customers = True
    __table_args__ = (
        Index(
            "uq_offerings_service_name_tier",
            "service_id",
            text("lower(name)"),
            text("lower(tier)"),
            unique=True,
            postgresql_where=text("state <> 'retired'"),
        ),
        Index("ix_offerings_search", text(SEARCH_VECTOR), postgresql_using="gin"),
        CheckConstraint("(state = 'draft') = (published_at IS NULL)", name="published_at"),
        CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name="retired_at"),
    )

    service_id: Mapped[UUID] = mapped_column(ForeignKey(Service.id))
    name: Mapped[str]
    tier: Mapped[str]
    description: Mapped[str]
    visible_to: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    """The customers that see it once it is published; null means every customer."""
    contacts: Mapped[list[dict[str, Any]]]
    """Whom to ask for it."""
    state: Mapped[OfferingState] = mapped_column(text_enum(OfferingState, "offeringstate"), default=OfferingState.DRAFT)
    published_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    repriced_at: Mapped[datetime | None]
    """When its prices last changed: such a change is a new version of the offering."""

    def is_visible_to(self, customer_id: UUID) -> bool:
        in_audience = self.visible_to is None or customer_id in self.visible_to
        return self.state is OfferingState.PUBLISHED and in_audience

    def apply_changes(self, changes: dict[str, Any]) -> None:
        self.check_not_retired()
        fixed = [name for name in ("name", "tier") if name in changes and changes[name] != getattr(self, name)]
        if fixed and self.state is OfferingState.PUBLISHED:
            raise PublishedNameIsFixed("The offering is published: its name and tier are fixed.", field=fixed[0])
        for name, value in changes.items():
            setattr(self, name, value)

    def check_draft(self) -> None:
        if self.state is not OfferingState.DRAFT:
            raise OfferingNotDraft(f"The offering was published at {self.published_at:%Y-%m-%dT%H:%M:%SZ}.")

    def mark_repriced(self, valid_from: date, now: datetime) -> None:
        self.check_not_retired()
        if self.state is OfferingState.PUBLISHED and valid_from < now.date():
            raise PublishedPriceIsFixed(f"The earliest day is today, {now.date()} UTC.", field="valid_from")
        self.repriced_at = now

    def publish(self, now: datetime) -> None:
        self.check_publishable()
        self.state, self.published_at = OfferingState.PUBLISHED, now

    def check_publishable(self) -> None:
        self.check_not_retired()
        if self.state is OfferingState.PUBLISHED:
            raise OfferingAlreadyPublished(f"The offering was published at {self.published_at:%Y-%m-%dT%H:%M:%SZ}.")

    def retire(self, live_agreements: Collection["LiveAgreement"], now: datetime) -> None:
        self.check_retirable(live_agreements)
        self.state, self.retired_at = OfferingState.RETIRED, now

    def check_retirable(self, live_agreements: Collection["LiveAgreement"]) -> None:
        self.check_not_retired()
        if self.state is not OfferingState.PUBLISHED:
            raise OfferingNotPublished("The offering is a draft.")
        if live_agreements:
            raise OfferingHasLiveAgreements(f"These agreements on it are live: {_list_names(live_agreements)}.")

    def check_not_retired(self) -> None:
        if self.state is OfferingState.RETIRED:
            raise OfferingAlreadyRetired(f"The offering was retired at {self.retired_at:%Y-%m-%dT%H:%M:%SZ}.")


class Price(Base):
    """The price of one unit from a day on, until another price begins or its own last day is over."""

    __tablename__ = "offering_prices"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("valid_to >= valid_from", name="valid_to_not_before_from"),
    )

    offering_id: Mapped[UUID] = mapped_column(ForeignKey(Offering.id), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_to: Mapped[date | None]
    """The last day, included."""
    amount: Mapped[Decimal]
    currency: Mapped[str]
    unit: Mapped[str]

    def is_over(self, on: date) -> bool:
        return self.valid_to is not None and self.valid_to < on


class CustomerReplica(Base):
    """The replica of a customer of engagement, for its name."""

    __tablename__ = "customers"
    __audited__ = False

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class LiveAgreement(Base):
    """The replica of an agreement of the sla service that was signed and has not ended."""

    __tablename__ = "live_agreements"
    __audited__ = False

    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    offering_id: Mapped[UUID] = mapped_column(index=True)
    customer_id: Mapped[UUID]
    name: Mapped[str]
    version: Mapped[int]
    active_since: Mapped[datetime | None]


def _list_names(agreements: Iterable[LiveAgreement]) -> str:
    names = [f"{agreement.name} ({agreement.agreement_id})" for agreement in agreements]
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
