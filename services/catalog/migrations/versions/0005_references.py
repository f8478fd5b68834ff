"""Names of customers beside their ids; services and audiences are announced to the other services."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from common.database.upgrade_events import emit_for_rows

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customers")),
        schema="catalog",
    )
    emit_for_rows(
        "catalog",
        "rapport.catalog.ServiceRegistered.v1",
        """
        SELECT CAST(id AS text) AS subject, jsonb_build_object('service_id', id, 'name', name) AS data
        FROM catalog.services
        """,
    )
    emit_for_rows(
        "catalog",
        "rapport.catalog.OfferingAudienceChanged.v1",
        """
        SELECT CAST(id AS text) AS subject,
            jsonb_build_object('offering_id', id, 'visible_to', to_jsonb(visible_to)) AS data
        FROM catalog.offerings WHERE state = 'published' AND visible_to IS NOT NULL
        """,
    )


def downgrade() -> None:
    op.drop_table("customers", schema="catalog")
