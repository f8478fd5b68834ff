"""The versions of a contract's terms: the signatures under each, and what an amendment may change, from which day."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.canonical_json import hash_canonical_json
from common.database.entities import Identified
from common.views import read_stored
from sla.agreements.model import Signature
from sla.agreements.states import Party, Side
from sla.contracts import errors
from sla.contracts.notice_dates import compute_last_day
from sla.contracts.term_schedule import TermSchedule
from sla.contracts.terms import ContractTerms
from sla.negotiations.signing_rules import check_signatory, check_signed_terms
from sla.schema import SCHEMA, Base


class ContractVersion(Identified, Base):
    """A version of the terms: the first is the contract, later ones are its amendments; signed ones are final."""

    __tablename__ = "contract_versions"
    __table_args__ = (
        UniqueConstraint("contract_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("signed_at IS NULL OR withdrawn_at IS NULL", name="signed_is_not_withdrawn"),
        Index(
            "uq_contract_versions_on_the_table",
            "contract_id",
            unique=True,
            postgresql_where=text("signed_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )

    contract_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.contracts.id"))
    number: Mapped[int]
    effective_on: Mapped[date]
    reason: Mapped[str]
    """Why it is amended; empty in the first version."""
    terms_document: Mapped[dict[str, Any]]
    terms_sha256: Mapped[str]
    drafted_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    """When the second side signed."""
    withdrawn_at: Mapped[datetime | None]

    signatures: Mapped[list["ContractSignature"]] = relationship(lazy="raise", order_by="ContractSignature.id")

    @property
    def terms(self) -> ContractTerms:
        return read_stored(ContractTerms, self.terms_document)

    def is_visible_to(self, side: Side) -> bool:
        """Return whether the side may see it: the customer sees a draft once the provider has signed it."""
        return side is Side.PROVIDER or bool(self.signatures)

    def set_terms(self, terms: ContractTerms) -> None:
        self.terms_document = terms.to_document()
        self.terms_sha256 = hash_canonical_json(self.terms_document)

    def sign(self, party: Party, terms_sha256: str, at: datetime) -> bool:
        """Add the signature; return whether both sides have signed now."""
        check_signed_terms(self.terms_sha256, terms_sha256)
        check_signatory(party, self.signatures)
        self.signatures.append(ContractSignature(**party._asdict(), terms_sha256=terms_sha256, signed_at=at))
        if len(self.signatures) < len(Side):
            return False
        self.signed_at = at
        return True


class ContractSignature(Signature, Base):
    __tablename__ = "contract_signatures"
    __table_args__ = (UniqueConstraint("version_id", "side"), UniqueConstraint("version_id", "subject"))

    version_id: Mapped[UUID] = mapped_column(ForeignKey(ContractVersion.id))


def check_amended_contract_terms(schedule: TermSchedule, terms: ContractTerms, effective_on: date, today: date) -> None:
    """Check that the terms can follow the newest signed ones from the day on."""
    before = schedule.versions[-1].terms
    if effective_on < max(today, schedule.starts_on):
        raise errors.AmendmentInThePast(
            f"It is {today}, and the contract starts on {schedule.starts_on}.", field="effective_on"
        )
    if (terms.starts_on, terms.timezone) != (before.starts_on, before.timezone):
        raise errors.ContractStartFixed("An amendment keeps the first day and the time zone.", field="terms.starts_on")
    if terms == before:
        raise errors.AmendmentChangesNothing("These terms are the same as those in force.", field="terms")
    if terms.initial_months != before.initial_months:
        shorter = min(terms.initial_months, before.initial_months)
        if compute_last_day(schedule.starts_on, shorter) < effective_on:
            raise errors.InitialTermFixed("The initial term is over, or would be.", field="terms.initial_months")
    if schedule.ends_on is not None and terms.duration_clauses() != before.duration_clauses():
        raise errors.NoticeAlreadyGiven(
            "Notice was given: the term, its renewal and its notice period stay as they are."
        )
