"""The log of pushes, the series seen in it, and the packed hours folded out of it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "push_batches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", "received_at", name=op.f("pk_push_batches")),
        schema="sla",
        postgresql_partition_by="RANGE (received_at)",
    )
    op.create_table(
        "push_pending",
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_push_pending")),
        schema="sla",
        postgresql_with={"autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 1000},
    )
    op.create_table(
        "series",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("labels", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("digest", name=op.f("uq_series_digest")),
        schema="sla",
    )
    op.create_index("ix_series_metric_id", "series", ["metric", "id"], unique=False, schema="sla")
    for name, held, kind in (
        ("sample_hours", "samples", sa.LargeBinary()),
        ("packed_hours", "minutes", sa.LargeBinary()),
        ("late_arrivals", "received_at", sa.DateTime(timezone=True)),
    ):
        op.create_table(
            name,
            sa.Column("indicator_id", sa.Uuid(), nullable=False),
            sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
            sa.Column(held, kind, nullable=False),
            sa.ForeignKeyConstraint(
                ["indicator_id"], ["sla.indicators.id"], name=op.f(f"fk_{name}_indicator_id_indicators")
            ),
            sa.PrimaryKeyConstraint("indicator_id", "hour", name=op.f(f"pk_{name}")),
            schema="sla",
            postgresql_with={"fillfactor": 70},
        )
    # What is packed already is not compressed once more.
    op.execute("ALTER TABLE sla.push_batches ALTER COLUMN packed SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE sla.sample_hours ALTER COLUMN samples SET STORAGE EXTERNAL")


def downgrade() -> None:
    for name in ("late_arrivals", "packed_hours", "sample_hours", "series", "push_pending", "push_batches"):
        op.drop_table(name, schema="sla")
