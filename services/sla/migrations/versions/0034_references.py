"""Names of services beside their ids, as offerings gave them so far; and who may see the name of an offering."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("known_offerings", sa.Column("visible_to", sa.ARRAY(sa.Uuid()), nullable=True), schema="sla")
    op.create_table(
        "known_services",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("service_id", name=op.f("pk_known_services")),
        schema="sla",
    )
    op.execute("""
        INSERT INTO sla.known_services (service_id, name)
        SELECT DISTINCT ON (service_id) service_id, service_name FROM sla.known_offerings
        ORDER BY service_id, published_at DESC
    """)


def downgrade() -> None:
    op.drop_table("known_services", schema="sla")
    op.drop_column("known_offerings", "visible_to", schema="sla")
