"""Back-tests, which nobody changes, and chains of agreements."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "chain_parts",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("needed > 0", name=op.f("ck_chain_parts_some_needed")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_chain_parts_agreement_id_agreements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_parts")),
        sa.UniqueConstraint("agreement_id", "place", name=op.f("uq_chain_parts_agreement_id_place")),
        sa.UniqueConstraint("agreement_id", "name", name=op.f("uq_chain_parts_agreement_id_name")),
        schema="sla",
    )
    op.create_table(
        "underpinnings",
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["part_id"], ["sla.chain_parts.id"], name=op.f("fk_underpinnings_part_id_chain_parts")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_underpinnings_agreement_id_agreements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_underpinnings")),
        sa.UniqueConstraint("part_id", "agreement_id", name=op.f("uq_underpinnings_part_id_agreement_id")),
        schema="sla",
    )
    op.create_index(op.f("ix_underpinnings_agreement_id"), "underpinnings", ["agreement_id"], schema="sla")
    op.create_table(
        "backtests",
        sa.Column("agreement_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terms_document", postgresql.JSONB(), nullable=False),
        sa.Column("terms_sha256", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(agreement_id IS NULL) = (customer_id IS NULL)", name=op.f("ck_backtests_customer_of_agreement")
        ),
        sa.CheckConstraint("agreement_id IS NOT NULL OR NOT shared", name=op.f("ck_backtests_shared_with_customer")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_backtests_agreement_id_agreements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backtests")),
        schema="sla",
    )
    op.create_index(op.f("ix_backtests_agreement_id"), "backtests", ["agreement_id"], schema="sla")
    op.create_index(op.f("ix_backtests_customer_id"), "backtests", ["customer_id"], schema="sla")
    op.execute("""
        CREATE TRIGGER backtests_are_final BEFORE UPDATE OR DELETE ON sla.backtests
        FOR EACH ROW EXECUTE FUNCTION sla.refuse_change()
    """)


def downgrade() -> None:
    op.drop_table("backtests", schema="sla")
    op.drop_table("underpinnings", schema="sla")
    op.drop_table("chain_parts", schema="sla")
