"""What statements carry beyond their first form."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "corrections_due",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("window_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("window_from < window_to", name=op.f("ck_corrections_due_window_forwards")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_corrections_due_agreement_id_agreements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections_due")),
        schema="sla",
    )
    op.create_index(op.f("ix_corrections_due_agreement_id"), "corrections_due", ["agreement_id"], schema="sla")


def downgrade() -> None:
    op.drop_table("corrections_due", schema="sla")
