"""The roles of people beside their ids; null until an event names them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("members", sa.Column("role", sa.Text(), nullable=True), schema="feedback")


def downgrade() -> None:
    op.drop_column("members", "role", schema="feedback")
