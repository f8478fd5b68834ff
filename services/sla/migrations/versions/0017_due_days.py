"""The time zone in which an issue's days end; and what an improvement is measured by, approved with it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("issues", sa.Column("timezone", sa.Text(), nullable=True), schema="sla")
    op.execute(
        """
        UPDATE sla.issues SET timezone = (
            SELECT terms_document -> 'service_hours' ->> 'timezone' FROM sla.agreement_versions
            WHERE agreement_id = issues.agreement_id AND stage = 'signed' LIMIT 1
        )
        """
    )
    op.alter_column("issues", "timezone", nullable=False, schema="sla")
    # What was approved without a measure is approved again, with one.
    op.execute(
        """
        UPDATE sla.improvements SET state = 'assessed', approved_by = NULL, approved_at = NULL, version = version + 1
        WHERE state = 'approved' AND registration IS NULL
        """
    )
    op.drop_constraint(op.f("ck_improvements_registered_before_it_began"), "improvements", schema="sla", type_="check")
    op.create_check_constraint(
        op.f("ck_improvements_registered_before_approval"),
        "improvements",
        "approved_at IS NULL OR registration IS NOT NULL OR state = 'rejected'",
        schema="sla",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_improvements_registered_before_approval"), "improvements", schema="sla", type_="check")
    op.create_check_constraint(
        op.f("ck_improvements_registered_before_it_began"),
        "improvements",
        "started_at IS NULL OR registration IS NOT NULL",
        schema="sla",
    )
    op.drop_column("issues", "timezone", schema="sla")
