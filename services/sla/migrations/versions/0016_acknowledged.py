"""What the provider knew its chain cannot hold when it signed, and why it signed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for column in (
        sa.Column("shortfalls", postgresql.JSONB(), nullable=True),
        sa.Column("acknowledged_because", sa.Text(), nullable=True),
    ):
        op.add_column("agreement_signatures", column, schema="sla")
    op.create_check_constraint(
        op.f("ck_agreement_signatures_shortfalls_acknowledged"),
        "agreement_signatures",
        "(shortfalls IS NULL) = (acknowledged_because IS NULL)",
        schema="sla",
    )
    op.create_check_constraint(
        op.f("ck_agreement_signatures_acknowledged_by_provider"),
        "agreement_signatures",
        "shortfalls IS NULL OR side = 'provider'",
        schema="sla",
    )


def downgrade() -> None:
    for column in ("acknowledged_because", "shortfalls"):
        op.drop_column("agreement_signatures", column, schema="sla")
