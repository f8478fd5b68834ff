"""Which alerts fired when."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "alert_firings",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("told_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("labels", postgresql.JSONB(), nullable=False),
        sa.Column("annotations", postgresql.JSONB(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_alert_firings_ends_after_start")),
        sa.CheckConstraint(
            "(ended_by IS NULL) = (end_reason IS NULL)", name=op.f("ck_alert_firings_ended_with_reason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_firings")),
        schema="sla",
    )
    op.create_index(
        "ix_alert_firings_fingerprint_starts_at", "alert_firings", ["fingerprint", "starts_at"], schema="sla"
    )
    op.create_index("ix_alert_firings_starts_at_ends_at", "alert_firings", ["starts_at", "ends_at"], schema="sla")
    op.create_index(
        "ix_alert_firings_still",
        "alert_firings",
        ["id"],
        schema="sla",
        postgresql_where=sa.text("ends_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("alert_firings", schema="sla")
