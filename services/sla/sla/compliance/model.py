"""Statements: what was kept of an agreement in one review period. Never changed, only followed by a revision."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database import Identified
from common.errors import RuleBroken
from sla.agreements.model import Agreement
from sla.compliance.document import sha256_of
from sla.schema import Base


class NothingPromised(RuleBroken):
    """A period is evaluated by the terms that were in force in it, and there were none."""

    status: ClassVar[int] = 422


class PeriodNotBegun(RuleBroken):
    """A period can be looked at once it has begun."""

    status: ClassVar[int] = 422


class PeriodNotOver(RuleBroken):
    """A period is closed when it is over and its last measurements have had time to arrive."""


class PeriodAlreadyClosed(RuleBroken):
    """A period has one statement; corrections are restatements of it."""


class EarlierPeriodOpen(RuleBroken):
    """Periods are closed one after the other, oldest first."""


class StatementSuperseded(RuleBroken):
    """Only the last revision of a statement can be restated."""


class NothingToRestate(RuleBroken):
    """A restatement says something else than the statement before."""


class Statement(Identified, Base):
    """One revision for one period: a link in the chain of its agreement."""

    __tablename__ = "statements"
    __table_args__ = (
        UniqueConstraint("agreement_id", "number"),
        UniqueConstraint("agreement_id", "period", "revision"),
        UniqueConstraint("agreement_id", "previous_sha256"),
        CheckConstraint("period_from < period_to", name="period_forwards"),
        CheckConstraint("revision > 0 AND revision <= number", name="revision_in_chain"),
        CheckConstraint("(number = 1) = (previous_sha256 IS NULL)", name="chained"),
        Index("ix_statements_period_to", "period_to"),
    )

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id))
    customer_id: Mapped[UUID] = mapped_column(index=True)
    number: Mapped[int]
    """Its place in the chain, from 1."""
    period: Mapped[str]
    """As 2026-10, in the zone of the service hours."""
    period_from: Mapped[datetime]
    period_to: Mapped[datetime]
    revision: Mapped[int]
    document: Mapped[dict[str, Any]]
    sha256: Mapped[str]
    previous_sha256: Mapped[str | None]
    issued_at: Mapped[datetime]

    @property
    def result(self) -> dict[str, Any]:
        result: dict[str, Any] = self.document["result"]
        return result

    @property
    def missed(self) -> set[str]:
        """The ids of the objectives that were missed."""
        return {one["objective_id"] for one in self.result["objectives"] if one["verdict"] == "missed"}

    @property
    def untouched(self) -> bool:
        """Whether the document is still the one whose hash was taken, and says the same as the row."""
        mine = (str(self.id), str(self.agreement_id), self.number, self.period, self.revision, self.previous_sha256)
        names = ("statement_id", "agreement_id", "number", "period", "revision", "previous_sha256")
        return self.sha256 == sha256_of(self.document) and mine == tuple(self.document.get(name) for name in names)
