"""Statements of what was attained in one review period, never changed but followed by a revision; and their keys."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from common.canonical_json import hash_canonical_json
from common.database.entities import Identified
from common.database.record_protection import append_only
from sla.agreements.model import Agreement
from sla.compliance.evaluation.rules_version import CURRENT_RULES, RulesVersion
from sla.schema import Base


class StatementKey(Identified, Base):
    """A key that statements are or were signed with; it stays published, so that old statements can be checked."""

    __tablename__ = "statement_keys"
    __table_args__ = (
        Index("uq_statement_keys_in_use", text("(true)"), unique=True, postgresql_where=text("retired_at IS NULL")),
    )

    kid: Mapped[str] = mapped_column(unique=True)
    """The thumbprint of the public key (RFC 7638)."""
    public: Mapped[str]
    """32 bytes, in base64url."""
    is_configured: Mapped[bool] = mapped_column("given")
    """True if the settings give it; otherwise it was generated here, and its secret is stored here."""
    retired_at: Mapped[datetime | None]
    revoked_since: Mapped[datetime | None]
    """From then on somebody else may have signed with it."""

    def may_have_signed(self, issued_at: datetime) -> bool:
        return self.revoked_since is None or issued_at < self.revoked_since


class StatementSecret(Base):
    """The secret of a generated key: stored as long as the key is in use, and in no audit trail."""

    __tablename__ = "statement_secrets"
    __audited__ = False

    kid: Mapped[str] = mapped_column(ForeignKey(StatementKey.kid), primary_key=True)
    seed: Mapped[bytes]


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
        {"info": append_only()},
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
    def rules_version(self) -> RulesVersion:
        """The rules it was evaluated by, which its format names; the current ones of a document that was forged."""
        return RulesVersion.from_statement_format(self.document.get("format")) or CURRENT_RULES

    @property
    def performance(self) -> str | None:
        """Mean of what was attained, by weight, in percent."""
        performance: str | None = self.result["performance"]
        return performance

    @property
    def met(self) -> bool | None:
        met: bool | None = self.result["met"]
        return met

    @property
    def missed_objective_ids(self) -> set[str]:
        return {row["objective_id"] for row in self.result["objectives"] if row["verdict"] == "missed"}

    @property
    def is_untouched(self) -> bool:
        """True if the document still has its hash, and says the same as the row."""
        columns = (str(self.id), str(self.agreement_id), self.number, self.period, self.revision, self.previous_sha256)
        names = ("statement_id", "agreement_id", "number", "period", "revision", "previous_sha256")
        return self.sha256 == hash_canonical_json(self.document) and columns == tuple(
            self.document.get(name) for name in names
        )
