"""What takes long to roll up waits by indicator, and pushes say when their samples were measured."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for table in ("push_batches", "push_pending"):
        column = sa.Column("measured_from", sa.DateTime(timezone=True), nullable=True)
        op.add_column(table, column, schema="sla")
    op.create_table(
        "waiting_rollups",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("indicator_id", sa.Uuid(), nullable=False),
        sa.Column("stretch", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.Column("first_push", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["indicator_id"], ["sla.indicators.id"], name=op.f("fk_waiting_rollups_indicator_id_indicators")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_rollups")),
        schema="sla",
        postgresql_with={"autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 1000},
    )
    op.execute("ALTER TABLE sla.waiting_rollups ALTER COLUMN packed SET STORAGE EXTERNAL")
    op.create_index(
        "ix_waiting_rollups_indicator_id_id", "waiting_rollups", ["indicator_id", "id"], unique=False, schema="sla"
    )


def downgrade() -> None:
    op.execute(
        "INSERT INTO sla.refolds (id, indicator_id, requested_by, after_batch, batches, hours_changed, created_at) "
        "SELECT gen_random_uuid(), indicator_id, 'system', min(first_push) - 1, 0, 0, now() "
        "FROM sla.waiting_rollups GROUP BY indicator_id"
    )
    op.drop_table("waiting_rollups", schema="sla")
    for table in ("push_pending", "push_batches"):
        op.drop_column(table, "measured_from", schema="sla")
