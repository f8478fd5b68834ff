"""Drop the column of maintenance that nothing has used since refusals concern a customer's own agreements only."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.drop_column("maintenances", "alone_customer_id", schema="sla")


def downgrade() -> None:
    op.add_column("maintenances", sa.Column("alone_customer_id", sa.Uuid(), nullable=True), schema="sla")
