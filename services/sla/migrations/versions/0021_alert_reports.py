"""A firing keeps the reports it was made of, who reports it and where, and the incidents that follow it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INCIDENTS_OF_FIRINGS = """
    UPDATE sla.alert_firings AS firing SET incident_ids = named.ids
    FROM (
        SELECT split_part(external_id, '/', 1) AS name, jsonb_agg(id::text ORDER BY id) AS ids
        FROM sla.incidents WHERE source = 'alertmanager' GROUP BY 1
    ) AS named
    WHERE named.name = firing.fingerprint || '@' || to_char(firing.told_from AT TIME ZONE 'UTC',
        CASE WHEN firing.told_from = date_trunc('second', firing.told_from)
        THEN 'YYYY-MM-DD"T"HH24:MI:SS' ELSE 'YYYY-MM-DD"T"HH24:MI:SS.US' END) || '+00:00'
"""
"""Incidents were named after the fingerprint and the start in the first report, as Python writes it."""


def upgrade() -> None:
    for column in (
        sa.Column("source", sa.Text(), server_default=sa.text("'alertmanager'"), nullable=False),
        sa.Column("end_reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reports", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("links", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("incident_ids", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
    ):
        op.add_column("alert_firings", column, schema="sla")
    op.execute(INCIDENTS_OF_FIRINGS)


def downgrade() -> None:
    for name in ("incident_ids", "links", "reports", "withdrawn_until", "end_reported_at", "source"):
        op.drop_column("alert_firings", name, schema="sla")
