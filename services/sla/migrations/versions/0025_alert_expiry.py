"""A firing that its sender posts again and again expires when it no longer does."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("alert_firings", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True), schema="sla")
    op.create_index(
        "ix_alert_firings_expires_at",
        "alert_firings",
        ["expires_at"],
        schema="sla",
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_column("alert_firings", "expires_at", schema="sla")
