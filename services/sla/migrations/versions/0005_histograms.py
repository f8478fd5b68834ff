"""What histograms observed, indicators of more kinds, and refolds that say how they went."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FIRST_KINDS = ("availability", "latency", "gauge", "ratio")
KINDS = (*FIRST_KINDS, "quality", "volume", "histogram")


def upgrade() -> None:
    op.create_table(
        "observed_hours",
        sa.Column("indicator_id", sa.Uuid(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("observed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["indicator_id"], ["sla.indicators.id"], name=op.f("fk_observed_hours_indicator_id_indicators")
        ),
        sa.PrimaryKeyConstraint("indicator_id", "hour", name=op.f("pk_observed_hours")),
        schema="sla",
        postgresql_with={"fillfactor": 70},
    )
    op.execute("ALTER TABLE sla.observed_hours ALTER COLUMN observed SET STORAGE EXTERNAL")
    op.add_column("series", sa.Column("histogram", sa.Boolean(), server_default="false", nullable=False), schema="sla")
    _restrict(KINDS)
    op.drop_table("refolds", schema="sla")
    op.create_table(
        "refolds",
        sa.Column("indicator_id", sa.Uuid(), nullable=False),
        sa.Column("window_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("after_batch", sa.BigInteger(), nullable=False),
        sa.Column("batches", sa.BigInteger(), nullable=False),
        sa.Column("hours_changed", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("window_from < window_to", name=op.f("ck_refolds_window_forwards")),
        sa.ForeignKeyConstraint(
            ["indicator_id"], ["sla.indicators.id"], name=op.f("fk_refolds_indicator_id_indicators")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refolds")),
        schema="sla",
    )
    op.create_index(op.f("ix_refolds_indicator_id"), "refolds", ["indicator_id"], schema="sla")
    to_do = sa.text("done_at IS NULL")
    op.create_index("ix_refolds_to_do", "refolds", ["id"], schema="sla", postgresql_where=to_do)


def _restrict(kinds: Sequence[str]) -> None:
    op.drop_constraint(op.f("ck_indicators_kind"), "indicators", schema="sla", type_="check")
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_indicators_kind"), "indicators", f"kind IN ({allowed})", schema="sla")


def downgrade() -> None:
    op.drop_table("refolds", schema="sla")
    op.create_table(
        "refolds",
        sa.Column("indicator_id", sa.Uuid(), nullable=False),
        sa.Column("after_batch", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["indicator_id"], ["sla.indicators.id"], name=op.f("fk_refolds_indicator_id_indicators")
        ),
        sa.PrimaryKeyConstraint("indicator_id", name=op.f("pk_refolds")),
        schema="sla",
    )
    _restrict(FIRST_KINDS)
    op.drop_column("series", "histogram", schema="sla")
    op.drop_table("observed_hours", schema="sla")
