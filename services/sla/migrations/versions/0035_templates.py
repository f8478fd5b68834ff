"""Agreements are drafted from templates, and remember which version of them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STATES = ("draft", "published", "archived")


def upgrade() -> None:
    op.create_table(
        "agreement_templates",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("state", sa.Enum(*STATES, name="templatestate", native_enum=False, length=17), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'archived')", name=op.f("ck_agreement_templates_templatestate")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_templates")),
        schema="sla",
    )
    op.create_table(
        "agreement_template_versions",
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_agreement_template_versions_number_positive")),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["sla.agreement_templates.id"],
            name=op.f("fk_agreement_template_versions_template_id_agreement_templates"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_template_versions")),
        sa.UniqueConstraint("template_id", "number", name=op.f("uq_agreement_template_versions_template_id_number")),
        schema="sla",
    )
    op.add_column("agreements", sa.Column("template_id", sa.Uuid(), nullable=True), schema="sla")
    op.add_column("agreements", sa.Column("template_version", sa.Integer(), nullable=True), schema="sla")
    op.create_foreign_key(
        op.f("fk_agreements_template_id_agreement_templates"),
        "agreements",
        "agreement_templates",
        ["template_id"],
        ["id"],
        source_schema="sla",
        referent_schema="sla",
    )
    op.create_index("ix_agreements_template_id", "agreements", ["template_id"], unique=False, schema="sla")
    op.create_check_constraint(
        op.f("ck_agreements_template_versioned"),
        "agreements",
        "(template_id IS NULL) = (template_version IS NULL)",
        schema="sla",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_agreements_template_versioned"), "agreements", schema="sla")
    op.drop_index("ix_agreements_template_id", "agreements", schema="sla")
    op.drop_constraint(op.f("fk_agreements_template_id_agreement_templates"), "agreements", schema="sla")
    op.drop_column("agreements", "template_version", schema="sla")
    op.drop_column("agreements", "template_id", schema="sla")
    op.drop_table("agreement_template_versions", schema="sla")
    op.drop_table("agreement_templates", schema="sla")
