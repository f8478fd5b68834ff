"""Maintenance entered afterwards, and maintenance whose windows recur."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    afterwards = sa.Column("entered_afterwards", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    recurrence = sa.Column("recurrence", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True)
    for column in (afterwards, recurrence):
        op.add_column("maintenances", column, schema="sla")


def downgrade() -> None:
    for column in ("recurrence", "entered_afterwards"):
        op.drop_column("maintenances", column, schema="sla")
