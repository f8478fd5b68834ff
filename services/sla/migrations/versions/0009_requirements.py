"""Service level requirements."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "service_requirements",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=True),
        sa.Column("offering_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("wanted_document", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("enterprise_effect", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "submitted",
                "answered",
                "refused",
                "withdrawn",
                name="requirementstate",
                native_enum=False,
                create_constraint=True,
                length=17,
                schema="sla",
            ),
            nullable=False,
        ),
        sa.Column("told_answered", sa.Boolean(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state <> 'answered'", name=op.f("ck_service_requirements_answered_is_derived")),
        sa.CheckConstraint("(state = 'submitted') = (ended_at IS NULL)", name=op.f("ck_service_requirements_ended")),
        sa.CheckConstraint(
            "state <> 'refused' OR ended_because IS NOT NULL",
            name=op.f("ck_service_requirements_refused_with_reason"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_requirements")),
        schema="sla",
    )
    op.create_index(op.f("ix_service_requirements_customer_id"), "service_requirements", ["customer_id"], schema="sla")
    op.create_index(
        "ix_service_requirements_open",
        "service_requirements",
        ["id"],
        schema="sla",
        postgresql_where=sa.text("state = 'submitted'"),
    )


def downgrade() -> None:
    op.drop_table("service_requirements", schema="sla")
