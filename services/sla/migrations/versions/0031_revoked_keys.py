"""A key that statements were signed with can be revoked from an instant on."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("statement_keys", sa.Column("revoked_since", sa.DateTime(timezone=True), nullable=True), schema="sla")


def downgrade() -> None:
    op.drop_column("statement_keys", "revoked_since", schema="sla")
