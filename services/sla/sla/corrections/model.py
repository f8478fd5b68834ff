"""Reasons to evaluate closed periods of an agreement again, and the periods to be evaluated."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified
from sla.agreements.model import Agreement
from sla.schema import Base


class CorrectionDue(Identified, Base):
    """A change that was approved, revoked or learnt late: closed periods that overlap its time may depend on it."""

    __tablename__ = "corrections_due"
    __audited__ = False
    __table_args__ = (CheckConstraint("window_from < window_to", name="window_forwards"),)

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id), index=True)
    window_from: Mapped[datetime]
    window_to: Mapped[datetime]
    reason: Mapped[str]
    """Shown in the restatement."""
    noted_at: Mapped[datetime]


class RestatementDue(Identified, Base):
    """A closed period that may have to be restated: one at a time, so that none blocks the others."""

    __tablename__ = "restatements_due"
    __audited__ = False
    __table_args__ = (UniqueConstraint("agreement_id", "period"),)

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id))
    period: Mapped[str]
    reason: Mapped[str]
    """Shown in the restatement."""
    noted_at: Mapped[datetime]
