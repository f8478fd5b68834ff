"""Of an alert it is known whether any report said that it fires, and not only that it has ended."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    is_reported_firing = sa.Column("is_reported_firing", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    op.add_column("alert_firings", is_reported_firing, schema="sla")


def downgrade() -> None:
    op.drop_column("alert_firings", "is_reported_firing", schema="sla")
