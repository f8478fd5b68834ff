"""Large hours are kept in parts, with an index of their series and the known spans of their minutes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("sample_hours", sa.Column("series_index", sa.LargeBinary(), nullable=True), schema="sla")
    op.execute("ALTER TABLE sla.sample_hours ALTER COLUMN series_index SET STORAGE EXTERNAL")
    op.create_table(
        "known_spans",
        sa.Column("indicator_id", sa.Uuid(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spans", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["indicator_id"], ["sla.indicators.id"], name=op.f("fk_known_spans_indicator_id_indicators")
        ),
        sa.PrimaryKeyConstraint("indicator_id", "hour", name=op.f("pk_known_spans")),
        schema="sla",
        postgresql_with={"fillfactor": 70},
    )


def downgrade() -> None:
    op.drop_table("known_spans", schema="sla")
    op.drop_column("sample_hours", "series_index", schema="sla")
