"""A back-test as it was made, so that a negotiation can cite it; the database itself keeps it from being changed."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified
from common.errors import DomainError
from sla.agreements.model import Agreement
from sla.schema import Base


class BacktestTooLarge(DomainError, slug="backtest-too-large"):
    """A back-test looks at no more than five years, and is done in half a minute."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class BacktestNotInPast(DomainError, slug="backtest-not-past"):
    """A back-test looks at time that is over, from a first day to a last one."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class Backtest(Identified, Base):
    __tablename__ = "backtests"
    __audited__ = False  # a record itself: who made it, when, and of what
    __table_args__ = (
        CheckConstraint("(agreement_id IS NULL) = (customer_id IS NULL)", name="customer_of_agreement"),
        CheckConstraint("agreement_id IS NOT NULL OR NOT shared", name="shared_with_customer"),
    )

    agreement_id: Mapped[UUID | None] = mapped_column(ForeignKey(Agreement.id), index=True)
    """Whose incidents and exclusions were counted; null: none were."""
    customer_id: Mapped[UUID | None] = mapped_column(index=True)
    shared: Mapped[bool]
    """With the customer."""
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    terms_document: Mapped[dict[str, Any]]
    """The terms on trial."""
    terms_sha256: Mapped[str]
    """What a version of the agreement has the same of, if it was made of that."""
    sentence: Mapped[str]
    """The result in one; the first of the document's."""
    document: Mapped[dict[str, Any]]
    sha256: Mapped[str]
    """Of the canonical JSON (RFC 8785) of the document."""
