"""Services, offerings and their prices, and the agreements live on them."""

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
    create_machinery_tables("catalog")
    op.create_table(
        "live_agreements",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("active_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_live_agreements")),
        schema="catalog",
    )
    op.create_index(
        op.f("ix_live_agreements_offering_id"), "live_agreements", ["offering_id"], unique=False, schema="catalog"
    )
    op.create_table(
        "services",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("contacts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        schema="catalog",
    )
    op.create_index(
        "ix_services_search",
        "services",
        [sa.literal_column("to_tsvector('simple'::regconfig, (name || ' '::text) || description)")],
        unique=False,
        schema="catalog",
        postgresql_using="gin",
    )
    op.create_index("uq_services_name", "services", [sa.literal_column("lower(name)")], unique=True, schema="catalog")
    op.create_table(
        "offerings",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("visible_to", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("contacts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "published",
                "retired",
                name="offeringstate",
                native_enum=False,
                create_constraint=True,
                length=17,
                schema="catalog",
            ),
            nullable=False,
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("repriced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'draft') = (published_at IS NULL)", name=op.f("ck_offerings_published_at")),
        sa.CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name=op.f("ck_offerings_retired_at")),
        sa.ForeignKeyConstraint(["service_id"], ["catalog.services.id"], name=op.f("fk_offerings_service_id_services")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offerings")),
        schema="catalog",
    )
    op.create_index(
        "ix_offerings_search",
        "offerings",
        [sa.literal_column("to_tsvector('simple'::regconfig, (name || ' '::text) || description)")],
        unique=False,
        schema="catalog",
        postgresql_using="gin",
    )
    op.create_index(
        "uq_offerings_service_name_tier",
        "offerings",
        ["service_id", sa.literal_column("lower(name)"), sa.literal_column("lower(tier)")],
        unique=True,
        schema="catalog",
        postgresql_where=sa.text("state <> 'retired'"),
    )
    op.create_table(
        "offering_prices",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_offering_prices_amount_not_negative")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_offering_prices_valid_to_not_before_from")),
        sa.ForeignKeyConstraint(
            ["offering_id"], ["catalog.offerings.id"], name=op.f("fk_offering_prices_offering_id_offerings")
        ),
        sa.PrimaryKeyConstraint("offering_id", "valid_from", name=op.f("pk_offering_prices")),
        schema="catalog",
    )


def downgrade() -> None:
    op.drop_table("offering_prices", schema="catalog")
    op.drop_index(
        "uq_offerings_service_name_tier",
        table_name="offerings",
        schema="catalog",
        postgresql_where=sa.text("state <> 'retired'"),
    )
    op.drop_index("ix_offerings_search", table_name="offerings", schema="catalog", postgresql_using="gin")
    op.drop_table("offerings", schema="catalog")
    op.drop_index("uq_services_name", table_name="services", schema="catalog")
    op.drop_index("ix_services_search", table_name="services", schema="catalog", postgresql_using="gin")
    op.drop_table("services", schema="catalog")
    op.drop_index(op.f("ix_live_agreements_offering_id"), table_name="live_agreements", schema="catalog")
    op.drop_table("live_agreements", schema="catalog")
    drop_machinery_tables("catalog")
