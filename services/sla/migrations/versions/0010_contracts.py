"""Contracts, their versions, what both sides owe, and whom they were reminded of."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def side() -> sa.Enum:
    return sa.Enum(
        "provider", "customer", name="side", native_enum=False, create_constraint=True, length=16, schema="sla"
    )


def identity(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def of_contract(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["contract_id"], ["sla.contracts.id"], name=op.f(f"fk_{table}_contract_id_contracts")),
    ]


def upgrade() -> None:
    contracts()
    versions()
    obligations()
    agreements()
    reminders()
    guard()


def contracts() -> None:
    op.create_table(
        "contracts",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_given_on", sa.Date(), nullable=True),
        sa.Column("notice_side", side(), nullable=True),
        sa.Column("notice_by", sa.Text(), nullable=True),
        sa.Column("notice_reason", sa.Text(), nullable=True),
        sa.Column("renewals_told", sa.Integer(), nullable=False),
        sa.Column("end_told", sa.Boolean(), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *identity("contracts"),
        sa.CheckConstraint(
            "(notice_given_on IS NULL) = (notice_side IS NULL)", name=op.f("ck_contracts_notice_of_a_side")
        ),
        sa.CheckConstraint("notice_given_on IS NULL OR ends_on IS NOT NULL", name=op.f("ck_contracts_notice_ends")),
        sa.CheckConstraint(
            "signed_on IS NULL OR withdrawn_at IS NULL", name=op.f("ck_contracts_signed_is_not_withdrawn")
        ),
        schema="sla",
    )
    op.create_index(op.f("ix_contracts_customer_id"), "contracts", ["customer_id"], schema="sla")
    op.create_index(
        "ix_contracts_look_at",
        "contracts",
        ["look_at"],
        schema="sla",
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )


def versions() -> None:
    op.create_table(
        "contract_versions",
        *of_contract("contract_versions"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("terms_document", postgresql.JSONB(), nullable=False),
        sa.Column("terms_sha256", sa.Text(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        *identity("contract_versions"),
        sa.CheckConstraint("number > 0", name=op.f("ck_contract_versions_number_positive")),
        sa.CheckConstraint(
            "signed_at IS NULL OR withdrawn_at IS NULL", name=op.f("ck_contract_versions_signed_is_not_withdrawn")
        ),
        sa.UniqueConstraint("contract_id", "number", name=op.f("uq_contract_versions_contract_id_number")),
        schema="sla",
    )
    op.create_index(
        "uq_contract_versions_on_the_table",
        "contract_versions",
        ["contract_id"],
        unique=True,
        schema="sla",
        postgresql_where=sa.text("signed_at IS NULL AND withdrawn_at IS NULL"),
    )
    op.create_table(
        "contract_signatures",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("side", side(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("terms_sha256", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        *identity("contract_signatures"),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["sla.contract_versions.id"],
            name=op.f("fk_contract_signatures_version_id_contract_versions"),
        ),
        sa.UniqueConstraint("version_id", "side", name=op.f("uq_contract_signatures_version_id_side")),
        sa.UniqueConstraint("version_id", "subject", name=op.f("uq_contract_signatures_version_id_subject")),
        schema="sla",
    )


def obligations() -> None:
    op.create_table(
        "contract_obligations",
        *of_contract("contract_obligations"),
        sa.Column("side", side(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("fulfilled_on", sa.Date(), nullable=True),
        sa.Column("fulfilled_by", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        *identity("contract_obligations"),
        sa.CheckConstraint(
            "(fulfilled_on IS NULL) = (evidence IS NULL)", name=op.f("ck_contract_obligations_fulfilled_with_evidence")
        ),
        schema="sla",
    )
    op.create_index(
        "ix_contract_obligations_contract_id", "contract_obligations", ["contract_id", "due_on"], schema="sla"
    )


def agreements() -> None:
    op.create_table(
        "contract_agreements",
        *of_contract("contract_agreements"),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("attached_by", sa.Text(), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
        *identity("contract_agreements"),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_contract_agreements_agreement_id_agreements")
        ),
        sa.UniqueConstraint(
            "contract_id", "agreement_id", name=op.f("uq_contract_agreements_contract_id_agreement_id")
        ),
        schema="sla",
    )
    op.create_index(op.f("ix_contract_agreements_agreement_id"), "contract_agreements", ["agreement_id"], schema="sla")


def reminders() -> None:
    op.create_table(
        "contract_reminders",
        *of_contract("contract_reminders"),
        sa.Column("notice_by", sa.Date(), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        *identity("contract_reminders"),
        sa.UniqueConstraint(
            "contract_id",
            "notice_by",
            "lead_days",
            name=op.f("uq_contract_reminders_contract_id_notice_by_lead_days"),
        ),
        schema="sla",
    )


def guard() -> None:
    """What was signed, and the notice given, stay as they are."""
    op.execute("""
        CREATE TRIGGER contract_signatures_are_final BEFORE UPDATE OR DELETE ON sla.contract_signatures
        FOR EACH ROW EXECUTE FUNCTION sla.refuse_change()
    """)
    op.execute("""
        CREATE TRIGGER signed_contract_versions_are_final BEFORE UPDATE OR DELETE ON sla.contract_versions
        FOR EACH ROW WHEN (OLD.signed_at IS NOT NULL) EXECUTE FUNCTION sla.refuse_change()
    """)
    op.execute("""
        CREATE TRIGGER notices_of_contracts_are_final
        BEFORE DELETE OR UPDATE OF ends_on, notice_given_on, notice_side, notice_by, signed_on ON sla.contracts
        FOR EACH ROW WHEN (OLD.notice_given_on IS NOT NULL) EXECUTE FUNCTION sla.refuse_change()
    """)
    op.execute("""
        CREATE TRIGGER fulfilled_obligations_are_final BEFORE UPDATE OR DELETE ON sla.contract_obligations
        FOR EACH ROW WHEN (OLD.fulfilled_on IS NOT NULL) EXECUTE FUNCTION sla.refuse_change()
    """)


def downgrade() -> None:
    for table in (
        "contract_reminders",
        "contract_agreements",
        "contract_obligations",
        "contract_signatures",
        "contract_versions",
        "contracts",
    ):
        op.drop_table(table, schema="sla")
