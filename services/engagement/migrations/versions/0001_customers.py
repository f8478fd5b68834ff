"""Customers and their people."""

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
        schema="engagement",
    )
    op.create_index(op.f("ix_audit_entity_id"), "audit", ["entity_id"], unique=False, schema="engagement")
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
        schema="engagement",
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
        schema="engagement",
    )
    op.create_index(op.f("ix_idempotency_at"), "idempotency", ["at"], unique=False, schema="engagement")
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("reaction", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "reaction", name=op.f("pk_inbox")),
        schema="engagement",
    )
    op.create_index(op.f("ix_inbox_applied_at"), "inbox", ["applied_at"], unique=False, schema="engagement")
    op.create_table(
        "inbox_held",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("envelope", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("source", "subject", "version", name=op.f("pk_inbox_held")),
        schema="engagement",
    )
    op.create_table(
        "inbox_positions",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("incarnation", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_inbox_positions")),
        schema="engagement",
    )
    op.create_table(
        "inbox_versions",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "subject", name=op.f("pk_inbox_versions")),
        schema="engagement",
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
        schema="engagement",
    )
    op.create_index(op.f("ix_outbox_created_at"), "outbox", ["created_at"], unique=False, schema="engagement")
    op.create_table(
        "outbox_heads",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("oldest", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_outbox_heads")),
        schema="engagement",
    )
    op.create_table(
        "outbox_pending",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox_pending")),
        schema="engagement",
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
        schema="engagement",
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
    op.drop_table("relay_state", schema="engagement")
    op.drop_table("outbox_pending", schema="engagement")
    op.drop_table("outbox_heads", schema="engagement")
    op.drop_index(op.f("ix_outbox_created_at"), table_name="outbox", schema="engagement")
    op.drop_table("outbox", schema="engagement")
    op.drop_table("inbox_versions", schema="engagement")
    op.drop_table("inbox_positions", schema="engagement")
    op.drop_table("inbox_held", schema="engagement")
    op.drop_index(op.f("ix_inbox_applied_at"), table_name="inbox", schema="engagement")
    op.drop_table("inbox", schema="engagement")
    op.drop_index(op.f("ix_idempotency_at"), table_name="idempotency", schema="engagement")
    op.drop_table("idempotency", schema="engagement")
    op.drop_table("dead_letters", schema="engagement")
    op.drop_index("uq_customers_name", table_name="customers", schema="engagement")
    op.drop_index(op.f("ix_customers_parent_id"), table_name="customers", schema="engagement")
    op.drop_table("customers", schema="engagement")
    op.drop_index(op.f("ix_audit_entity_id"), table_name="audit", schema="engagement")
    op.drop_table("audit", schema="engagement")
