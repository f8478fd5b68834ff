"""What periodic jobs could not do, and which statements have to be restated."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from common.database.machinery_ddl import create_failed_items_table, drop_failed_items_table

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    create_failed_items_table("sla")
    op.create_table(
        "restatements_due",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_restatements_due_agreement_id_agreements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restatements_due")),
        sa.UniqueConstraint("agreement_id", "period", name=op.f("uq_restatements_due_agreement_id_period")),
        schema="sla",
    )


def downgrade() -> None:
    op.drop_table("restatements_due", schema="sla")
    drop_failed_items_table("sla")
