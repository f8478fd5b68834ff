"""Back-tests as they were made, so that negotiations can cite them; the database rejects changes to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified
from sla.agreements.model import Agreement
from sla.schema import Base


class Backtest(Identified, Base):
    __tablename__ = "backtests"
    __audited__ = False  # a record itself: who made it, when, and on what
    __table_args__ = (
        CheckConstraint("(agreement_id IS NULL) = (customer_id IS NULL)", name="customer_of_agreement"),
        CheckConstraint("agreement_id IS NOT NULL OR NOT shared", name="shared_with_customer"),
    )

    agreement_id: Mapped[UUID | None] = mapped_column(ForeignKey(Agreement.id), index=True)
    """The agreement whose incidents and exclusions were counted; null: none were."""
    customer_id: Mapped[UUID | None] = mapped_column(index=True)
    shared: Mapped[bool]
    """With the customer."""
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    terms: Mapped[dict[str, Any]] = mapped_column("terms_document", deferred=True, deferred_raiseload=True)
    """The terms on trial."""
    terms_sha256: Mapped[str]
    """Equal to that of the agreement version whose terms were tried, if they are a version's."""
    sentence: Mapped[str]
    """The result in one sentence; the first of the document's."""
    document: Mapped[dict[str, Any]] = mapped_column(deferred=True, deferred_raiseload=True)
    """What was computed. Lists leave it out, like the terms, as each holds the results of years."""
    sha256: Mapped[str]
    """Of the canonical JSON (RFC 8785) of the document."""
