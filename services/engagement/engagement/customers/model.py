"""A customer in the tree of customers, and a person who belongs to one for a time."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, synonym

from common.database.entities import PERSONAL, Identified, Versioned
from engagement.customers.errors import DateOutOfOrder, ParentCycle, PersonHasLeft
from engagement.schema import Base


class Customer(Identified, Versioned, Base):
    """A customer in the tree of customers."""

    __tablename__ = "customers"
    __table_args__ = (
        Index("uq_customers_name", text("lower(name)"), unique=True),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        CheckConstraint("headcount >= 0", name="headcount_not_negative"),
    )

    customer_id: Mapped[UUID] = synonym("id")
    """The customer whose own people may see it: itself."""
    name: Mapped[str]
    org_unit: Mapped[str | None]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"), index=True)
    headcount: Mapped[int | None]

    def move_under(self, parent_id: UUID | None, up_to_root: Collection[UUID]) -> None:
        """Move below another customer; `up_to_root` are the ids of that parent and of everything above it."""
        if self.id in up_to_root:
            raise ParentCycle(
                "The new parent is the customer itself or below it; choose another one.", field="parent_id"
            )
        self.parent_id = parent_id


class Person(Identified, Versioned, Base):
    """A person who belongs, or has belonged, to a customer."""

    __tablename__ = "people"
    __table_args__ = (
        Index(
            "uq_people_customer_email",
            "customer_id",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("left_on IS NULL"),
        ),
        Index("ix_people_customer_id_id", "customer_id", "id"),
        CheckConstraint("left_on >= joined_on", name="left_not_before_joined"),
        CheckConstraint("erased_at IS NULL OR (name IS NULL AND email IS NULL)", name="erased"),
        CheckConstraint("erased_at IS NULL OR left_on IS NOT NULL", name="erased_after_leaving"),
    )

    customer_id: Mapped[UUID] = mapped_column(ForeignKey(Customer.id))
    name: Mapped[str | None] = mapped_column(info=PERSONAL)
    email: Mapped[str | None] = mapped_column(info=PERSONAL)
    role: Mapped[str]
    joined_on: Mapped[date]
    left_on: Mapped[date | None]
    """The first day on which they no longer belong to the customer."""
    erased_at: Mapped[datetime | None]

    def join(self, on: date, today: date) -> None:
        if on > today:
            raise DateOutOfOrder(f"must not be after today, {today} UTC", field="joined_on")
        self.joined_on = on

    def check_present(self) -> None:
        if self.left_on is not None:
            raise PersonHasLeft(f"This person left on {self.left_on}; they can join again.")

    def leave(self, on: date, today: date) -> None:
        self.check_present()
        if not self.joined_on <= on <= today:
            raise DateOutOfOrder(f"must lie between {self.joined_on} and today, {today} UTC", field="left_on")
        self.left_on = on

    def erase(self, now: datetime) -> None:
        """Delete the name and address; that a person with this id belonged to the customer stays."""
        self.name = self.email = None
        self.erased_at = self.erased_at or now
