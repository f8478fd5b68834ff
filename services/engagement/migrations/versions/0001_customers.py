"""Customers and their people."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from common.database.machinery_ddl import create_machinery_tables, drop_machinery_tables

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    create_machinery_tables("engagement")
    op.create_table(
        "customers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("org_unit", sa.Text(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("headcount", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("headcount >= 0", name=op.f("ck_customers_headcount_not_negative")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_customers_not_its_own_parent")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["engagement.customers.id"], name=op.f("fk_customers_parent_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        schema="engagement",
    )
    op.create_index(op.f("ix_customers_parent_id"), "customers", ["parent_id"], unique=False, schema="engagement")
    op.create_index(
        "uq_customers_name", "customers", [sa.literal_column("lower(name)")], unique=True, schema="engagement"
    )
    op.create_table(
        "people",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("erased_at IS NULL OR (name IS NULL AND email IS NULL)", name=op.f("ck_people_erased")),
        sa.CheckConstraint("erased_at IS NULL OR left_on IS NOT NULL", name=op.f("ck_people_erased_after_leaving")),
        sa.CheckConstraint("left_on >= joined_on", name=op.f("ck_people_left_not_before_joined")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["engagement.customers.id"], name=op.f("fk_people_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        schema="engagement",
    )
    op.create_index("ix_people_customer_id_id", "people", ["customer_id", "id"], unique=False, schema="engagement")
    op.create_index(
        "uq_people_customer_email",
        "people",
        ["customer_id", sa.literal_column("lower(email)")],
        unique=True,
        schema="engagement",
        postgresql_where=sa.text("left_on IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_people_customer_email",
        table_name="people",
        schema="engagement",
        postgresql_where=sa.text("left_on IS NULL"),
    )
    op.drop_index("ix_people_customer_id_id", table_name="people", schema="engagement")
    op.drop_table("people", schema="engagement")
    op.drop_index("uq_customers_name", table_name="customers", schema="engagement")
    op.drop_index(op.f("ix_customers_parent_id"), table_name="customers", schema="engagement")
    op.drop_table("customers", schema="engagement")
    drop_machinery_tables("engagement")
