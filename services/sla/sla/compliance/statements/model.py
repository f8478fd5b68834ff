"""Statements: what was kept of an agreement in one review period. Never changed, only followed by a revision."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified
from common.errors import DomainError
from sla.agreements.model import Agreement
from sla.compliance.statements.document import canonical_sha256
from sla.schema import Base


class NoTermsInForce(DomainError, slug="nothing-promised"):
    """A period is evaluated by the terms that were in force in it, and there were none."""

    status: ClassVar[int] = 422


class PeriodNotBegun(DomainError, slug="period-not-begun"):
    """A period can be looked at once it has begun."""

    status: ClassVar[int] = 422


class PeriodNotOver(DomainError, slug="period-not-over"):
    """A period is closed when it is over and its last measurements have had time to arrive."""


class PeriodAlreadyClosed(DomainError, slug="period-already-closed"):
    """A period has one statement; corrections are restatements of it."""


class EarlierPeriodOpen(DomainError, slug="earlier-period-open"):
    """Periods are closed one after the other, oldest first."""


class StatementSuperseded(DomainError, slug="statement-superseded"):
    """Only the last revision of a statement can be restated."""


class NothingToRestate(DomainError, slug="nothing-to-restate"):
    """A restatement says something else than the statement before."""


class SigningKeySetBySettings(DomainError, slug="key-given-by-settings"):
    """A signing key that the settings give is replaced there."""


class StatementKey(Identified, Base):
    """A key statements are or were signed with. It is published for good, so that old statements can be checked."""

    __tablename__ = "statement_keys"
    __table_args__ = (
        Index("uq_statement_keys_in_use", text("(true)"), unique=True, postgresql_where=text("retired_at IS NULL")),
    )

    kid: Mapped[str] = mapped_column(unique=True)
    """The thumbprint of the public key (RFC 7638)."""
    public: Mapped[str]
    """32 bytes, in base64url."""
    given: Mapped[bool]
    """By the settings; otherwise drawn here, and its secret kept here."""
    retired_at: Mapped[datetime | None]


class StatementSecret(Base):
    """What is signed with: as long as the key is in use, and in no audit trail."""

    __tablename__ = "statement_secrets"
    __audited__ = False

    kid: Mapped[str] = mapped_column(ForeignKey(StatementKey.kid), primary_key=True)
    seed: Mapped[bytes]


class BudgetAlert(Base):
    """A burn rate rule that fires for an objective: it was told, and it will be told when it does no longer."""

    __tablename__ = "budget_alerts"
    __audited__ = False

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id), primary_key=True)
    objective_id: Mapped[UUID] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]


class Statement(Identified, Base):
    """One revision for one period: a link in the chain of its agreement."""

    __tablename__ = "statements"
    __table_args__ = (
        UniqueConstraint("agreement_id", "number"),
        UniqueConstraint("agreement_id", "period", "revision"),
        UniqueConstraint("agreement_id", "previous_sha256"),
        CheckConstraint("period_from < period_to", name="period_forwards"),
        CheckConstraint("evidence_from <= period_from", name="evidence_reaches"),
        CheckConstraint("revision > 0 AND revision <= number", name="revision_in_chain"),
        CheckConstraint("(number = 1) = (previous_sha256 IS NULL)", name="chained"),
        Index("ix_statements_period_to", "period_to"),
    )

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id))
    customer_id: Mapped[UUID] = mapped_column(index=True)
    number: Mapped[int]
    """Its place in the chain, from 1."""
    period: Mapped[str]
    """As 2026-10, 2026-Q4 or 2026, in the zone of the service hours; or the first day of a part of one."""
    period_from: Mapped[datetime]
    period_to: Mapped[datetime]
    evidence_from: Mapped[datetime]
    """Windows of objectives may reach further back than the period."""
    revision: Mapped[int]
    document: Mapped[dict[str, Any]]
    sha256: Mapped[str]
    kid: Mapped[str] = mapped_column(ForeignKey(StatementKey.kid), index=True)
    signature: Mapped[str]
    """Ed25519, over the 32 bytes of the hash, in base64url."""
    previous_sha256: Mapped[str | None]
    issued_at: Mapped[datetime]

    @property
    def result(self) -> dict[str, Any]:
        result: dict[str, Any] = self.document["result"]
        return result

    @property
    def missed_objective_ids(self) -> set[str]:
        """The ids of the objectives that were missed."""
        return {one["objective_id"] for one in self.result["objectives"] if one["verdict"] == "missed"}

    @property
    def is_untouched(self) -> bool:
        """Whether the document is still the one whose hash was taken, and says the same as the row."""
        mine = (str(self.id), str(self.agreement_id), self.number, self.period, self.revision, self.previous_sha256)
        names = ("statement_id", "agreement_id", "number", "period", "revision", "previous_sha256")
        return self.sha256 == canonical_sha256(self.document) and mine == tuple(
            self.document.get(name) for name in names
        )
