"""Keys can be limited to some series, and in how many samples and series they push."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "push_limits",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("selectors", postgresql.JSONB(), nullable=False),
        sa.Column("indicator_ids", postgresql.JSONB(), nullable=False),
        sa.Column("samples_per_minute", sa.BigInteger(), nullable=True),
        sa.Column("max_series", sa.BigInteger(), nullable=True),
        sa.Column("series_added", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("samples_per_minute > 0", name="ck_push_limits_some_samples"),
        sa.CheckConstraint("max_series > 0", name="ck_push_limits_some_series"),
        sa.ForeignKeyConstraint(["key_id"], ["sla.api_keys.id"], name="fk_push_limits_key_id_api_keys"),
        sa.PrimaryKeyConstraint("key_id", name="pk_push_limits"),
        schema="sla",
    )


def downgrade() -> None:
    op.drop_table("push_limits", schema="sla")
