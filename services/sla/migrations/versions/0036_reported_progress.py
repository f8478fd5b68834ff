"""How review periods under way stand is reported a few times a day, and when that was last done."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "reported_progress",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_reported_progress_agreement_id_agreements")
        ),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_reported_progress")),
        schema="sla",
    )


def downgrade() -> None:
    op.drop_table("reported_progress", schema="sla")
