"""Reasons to look at closed periods of an agreement again, and the periods that are to be looked at."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified
from sla.agreements.model import Agreement
from sla.schema import Base


class CorrectionDue(Identified, Base):
    """Something was approved, revoked or learnt late that closed periods overlapping this time may depend on."""

    __tablename__ = "corrections_due"
    __audited__ = False
    __table_args__ = (CheckConstraint("window_from < window_to", name="window_forwards"),)

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id), index=True)
    window_from: Mapped[datetime]
    window_to: Mapped[datetime]
    reason: Mapped[str]
    """As the restatement will give it."""
    noted_at: Mapped[datetime]


class RestatementDue(Identified, Base):
    """A closed period that may have to be stated again: one at a time, so that none keeps the others up."""

    __tablename__ = "restatements_due"
    __audited__ = False
    __table_args__ = (UniqueConstraint("agreement_id", "period"),)

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id))
    period: Mapped[str]
    reason: Mapped[str]
    """As the restatement will give it."""
    noted_at: Mapped[datetime]
