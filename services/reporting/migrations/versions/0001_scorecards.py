"""The read model of scorecards."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from common.database.machinery_ddl import create_machinery_tables, drop_machinery_tables

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "agreements",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service_name", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("objectives", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("agreement_id", "version", name=op.f("pk_agreements")),
        schema="reporting",
    )
    op.create_index(op.f("ix_agreements_customer_id"), "agreements", ["customer_id"], unique=False, schema="reporting")
    create_machinery_tables("reporting")
    op.create_table(
        "breaches",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("objective_id", sa.Uuid(), nullable=False),
        sa.Column("period_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("objective_name", sa.Text(), nullable=False),
        sa.Column("target", sa.Numeric(), nullable=False),
        sa.Column("attained", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "objective_id", "period_from", name=op.f("pk_breaches")),
        schema="reporting",
    )
    op.create_index(
        op.f("ix_breaches_customer_id_month"), "breaches", ["customer_id", "month"], unique=False, schema="reporting"
    )
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customers")),
        schema="reporting",
    )
    op.create_table(
        "issues",
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("month", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_issues")),
        schema="reporting",
    )
    op.create_index(op.f("ix_issues_customer_id"), "issues", ["customer_id"], unique=False, schema="reporting")
    op.create_table(
        "offerings",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("offering_id", name=op.f("pk_offerings")),
        schema="reporting",
    )
    op.create_table(
        "satisfaction",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("survey_name", sa.Text(), nullable=False),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("scoring", sa.Text(), nullable=False),
        sa.Column("invited", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("smallest_n", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("score", sa.Numeric(), nullable=True),
        sa.Column("low", sa.Numeric(), nullable=True),
        sa.Column("high", sa.Numeric(), nullable=True),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("survey_id", "customer_id", name=op.f("pk_satisfaction")),
        schema="reporting",
    )
    op.create_index(
        op.f("ix_satisfaction_customer_id_month"),
        "satisfaction",
        ["customer_id", "month"],
        unique=False,
        schema="reporting",
    )
    op.create_table(
        "statements",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("period_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("agreement_name", sa.Text(), nullable=False),
        sa.Column("service_name", sa.Text(), nullable=False),
        sa.Column("performance", sa.Numeric(), nullable=True),
        sa.Column("met", sa.Boolean(), nullable=True),
        sa.Column("objectives", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("credit", sa.Numeric(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "period_from", name=op.f("pk_statements")),
        schema="reporting",
    )
    op.create_index(
        op.f("ix_statements_customer_id_month"),
        "statements",
        ["customer_id", "month"],
        unique=False,
        schema="reporting",
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_statements_customer_id_month"), table_name="statements", schema="reporting")
    op.drop_table("statements", schema="reporting")
    op.drop_index(op.f("ix_satisfaction_customer_id_month"), table_name="satisfaction", schema="reporting")
    op.drop_table("satisfaction", schema="reporting")
    op.drop_table("offerings", schema="reporting")
    op.drop_index(op.f("ix_issues_customer_id"), table_name="issues", schema="reporting")
    op.drop_table("issues", schema="reporting")
    op.drop_table("customers", schema="reporting")
    op.drop_index(op.f("ix_breaches_customer_id_month"), table_name="breaches", schema="reporting")
    op.drop_table("breaches", schema="reporting")
    drop_machinery_tables("reporting")
    op.drop_index(op.f("ix_agreements_customer_id"), table_name="agreements", schema="reporting")
    op.drop_table("agreements", schema="reporting")
