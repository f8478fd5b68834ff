"""The importance of customers in the triage."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Versioned
from common.unit_of_work import UnitOfWork
from sla.issues.triage import ORDINARY_IMPORTANCE
from sla.schema import Base


class CustomerImportance(Versioned, Base):
    """The importance of a customer in the triage; a customer without a row is an ordinary one."""

    __tablename__ = "customer_importances"
    __table_args__ = (CheckConstraint("importance BETWEEN 1 AND 3", name="importance_range"),)

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    importance: Mapped[int]
    reason: Mapped[str]
    changed_at: Mapped[datetime]


async def get_importance(work: UnitOfWork, customer_id: UUID) -> int:
    with work.session.no_autoflush:  # whoever triages an issue is in the middle of changing it
        customer = await work.session.get(CustomerImportance, customer_id)
    return customer.importance if customer else ORDINARY_IMPORTANCE
