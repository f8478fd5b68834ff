"""Services, offerings and their prices, and the agreements live on them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("seal_number", sa.BigInteger(), nullable=True),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
        sa.UniqueConstraint("seal_number", name=op.f("uq_audit_seal_number")),
        schema="catalog",
    )
    op.create_index(op.f("ix_audit_entity_id"), "audit", ["entity_id"], unique=False, schema="catalog")
    op.create_table(
        "dead_letters",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("envelope", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_dead_letters")),
        schema="catalog",
    )
    op.create_table(
        "idempotency",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("principal", "operation", "key", name=op.f("pk_idempotency")),
        schema="catalog",
    )
    op.create_index(op.f("ix_idempotency_at"), "idempotency", ["at"], unique=False, schema="catalog")
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("reaction", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "reaction", name=op.f("pk_inbox")),
        schema="catalog",
    )
    op.create_index(op.f("ix_inbox_applied_at"), "inbox", ["applied_at"], unique=False, schema="catalog")
    op.create_table(
        "inbox_held",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("envelope", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("source", "subject", "version", name=op.f("pk_inbox_held")),
        schema="catalog",
    )
    op.create_table(
        "inbox_positions",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("incarnation", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_inbox_positions")),
        schema="catalog",
    )
    op.create_table(
        "inbox_versions",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "subject", name=op.f("pk_inbox_versions")),
        schema="catalog",
    )
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
        "outbox",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("correlation", sa.Text(), nullable=False),
        sa.Column("causation", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sa.UniqueConstraint("id", name=op.f("uq_outbox_id")),
        sa.UniqueConstraint("subject", "version", name=op.f("uq_outbox_subject_version")),
        schema="catalog",
    )
    op.create_index(op.f("ix_outbox_created_at"), "outbox", ["created_at"], unique=False, schema="catalog")
    op.create_table(
        "outbox_heads",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("oldest", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_outbox_heads")),
        schema="catalog",
    )
    op.create_table(
        "outbox_pending",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox_pending")),
        schema="catalog",
    )
    op.create_table(
        "relay_state",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("incarnation", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("canary_partition", sa.Integer(), nullable=True),
        sa.Column("canary_offset", sa.BigInteger(), nullable=True),
        sa.Column("canary_event", sa.Uuid(), nullable=True),
        sa.Column("canary_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_state")),
        schema="catalog",
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
    op.drop_table("relay_state", schema="catalog")
    op.drop_table("outbox_pending", schema="catalog")
    op.drop_table("outbox_heads", schema="catalog")
    op.drop_index(op.f("ix_outbox_created_at"), table_name="outbox", schema="catalog")
    op.drop_table("outbox", schema="catalog")
    op.drop_index(op.f("ix_live_agreements_offering_id"), table_name="live_agreements", schema="catalog")
    op.drop_table("live_agreements", schema="catalog")
    op.drop_table("inbox_versions", schema="catalog")
    op.drop_table("inbox_positions", schema="catalog")
    op.drop_table("inbox_held", schema="catalog")
    op.drop_index(op.f("ix_inbox_applied_at"), table_name="inbox", schema="catalog")
    op.drop_table("inbox", schema="catalog")
    op.drop_index(op.f("ix_idempotency_at"), table_name="idempotency", schema="catalog")
    op.drop_table("idempotency", schema="catalog")
    op.drop_table("dead_letters", schema="catalog")
    op.drop_index(op.f("ix_audit_entity_id"), table_name="audit", schema="catalog")
    op.drop_table("audit", schema="catalog")
