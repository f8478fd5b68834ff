"""How far statements reach in time: an hour before that, when it changes, may be what one of them rests on."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "stated_until",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stated_until")),
        sa.CheckConstraint("id = 1", name=op.f("ck_stated_until_one_row")),
        schema="sla",
    )
    op.execute(
        "INSERT INTO sla.stated_until (id, until) "
        "SELECT 1, coalesce(max(period_to), '1970-01-01T00:00:00Z') FROM sla.statements"
    )


def downgrade() -> None:
    op.drop_table("stated_until", schema="sla")
