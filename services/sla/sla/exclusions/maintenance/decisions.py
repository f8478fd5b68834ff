"""Decisions of both sides on announcements of maintenance."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified, text_enum
from sla.agreements.states import Side
from sla.schema import Base


class MaintenanceDecision(Identified, Base):
    """One side's approval or refusal of one announcement; written once."""

    __tablename__ = "maintenance_decisions"
    __table_args__ = (
        UniqueConstraint("announcement_id", "customer_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("(side = 'customer') = (customer_id IS NOT NULL)", name="of_a_customer"),
        CheckConstraint("approved = (reason IS NULL)", name="refused_with_reason"),
    )

    announcement_id: Mapped[UUID] = mapped_column(ForeignKey("sla.maintenance_announcements.id"))
    side: Mapped[Side] = mapped_column(text_enum(Side, "side"))
    customer_id: Mapped[UUID | None]
    """Null for the provider's decision."""
    subject: Mapped[str]
    approved: Mapped[bool]
    reason: Mapped[str | None]
    decided_at: Mapped[datetime]
