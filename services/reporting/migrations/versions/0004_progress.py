"""Figures to date of review periods under way, and the time zones of periods."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("statements", sa.Column("timezone", sa.Text(), nullable=True), schema="reporting")
    op.create_table(
        "progress",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("period_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_name", sa.Text(), nullable=False),
        sa.Column("service_name", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("performance", sa.Numeric(), nullable=True),
        sa.Column("met", sa.Boolean(), nullable=True),
        sa.Column("objectives", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "period_from", name=op.f("pk_progress")),
        schema="reporting",
    )
    op.create_index(
        op.f("ix_progress_customer_id_month"), "progress", ["customer_id", "month"], unique=False, schema="reporting"
    )


def downgrade() -> None:
    op.drop_table("progress", schema="reporting")
    op.drop_column("statements", "timezone", schema="reporting")
