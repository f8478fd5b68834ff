"""The clocks that were not stopped are looked through for incidents at risk."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "ix_incident_clocks_unstopped",
        "incident_clocks",
        ["incident_id"],
        unique=False,
        schema="sla",
        postgresql_where=sa.text("stopped_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_incident_clocks_unstopped", "incident_clocks", schema="sla")
