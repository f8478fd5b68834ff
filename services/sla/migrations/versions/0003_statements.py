"""Statements, which nobody changes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "statements",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("period_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("previous_sha256", sa.Text(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("period_from < period_to", name=op.f("ck_statements_period_forwards")),
        sa.CheckConstraint("revision > 0 AND revision <= number", name=op.f("ck_statements_revision_in_chain")),
        sa.CheckConstraint("(number = 1) = (previous_sha256 IS NULL)", name=op.f("ck_statements_chained")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_statements_agreement_id_agreements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint("agreement_id", "number", name=op.f("uq_statements_agreement_id_number")),
        sa.UniqueConstraint(
            "agreement_id", "period", "revision", name=op.f("uq_statements_agreement_id_period_revision")
        ),
        sa.UniqueConstraint("agreement_id", "previous_sha256", name=op.f("uq_statements_agreement_id_previous_sha256")),
        schema="sla",
    )
    op.create_index(op.f("ix_statements_customer_id"), "statements", ["customer_id"], unique=False, schema="sla")
    op.create_index("ix_statements_period_to", "statements", ["period_to"], unique=False, schema="sla")
    op.execute("""
        CREATE TRIGGER statements_are_final BEFORE UPDATE OR DELETE ON sla.statements
        FOR EACH ROW EXECUTE FUNCTION sla.refuse_change()
    """)


def downgrade() -> None:
    op.drop_table("statements", schema="sla")
