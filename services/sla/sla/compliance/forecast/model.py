"""Alerts on error budgets that are spent too fast, and when the figures to date of agreements were reported."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from sla.agreements.model import Agreement
from sla.schema import Base


class AlertKey(NamedTuple):
    agreement_id: UUID
    objective_id: UUID
    rule: str


class BurnRateAlert(Base):
    """A burn rate rule that fires for an objective: reported when it began to, and removed when it no longer does."""

    __tablename__ = "budget_alerts"
    __audited__ = False

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id), primary_key=True)
    objective_id: Mapped[UUID] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]

    @property
    def key(self) -> AlertKey:
        return AlertKey(self.agreement_id, self.objective_id, self.rule)


class ReportedProgress(Base):
    """The time at which it was last reported how the current review period of an agreement stands."""

    __tablename__ = "reported_progress"
    __audited__ = False

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id), primary_key=True)
    reported_at: Mapped[datetime]
