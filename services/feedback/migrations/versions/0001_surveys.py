"""Surveys, invitations, and answers as counts."""

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
        schema="feedback",
    )
    op.create_index(op.f("ix_audit_entity_id"), "audit", ["entity_id"], unique=False, schema="feedback")
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customers")),
        schema="feedback",
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
        schema="feedback",
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
        schema="feedback",
    )
    op.create_index(op.f("ix_idempotency_at"), "idempotency", ["at"], unique=False, schema="feedback")
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("reaction", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "reaction", name=op.f("pk_inbox")),
        schema="feedback",
    )
    op.create_index(op.f("ix_inbox_applied_at"), "inbox", ["applied_at"], unique=False, schema="feedback")
    op.create_table(
        "inbox_held",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("envelope", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("source", "subject", "version", name=op.f("pk_inbox_held")),
        schema="feedback",
    )
    op.create_table(
        "inbox_positions",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("incarnation", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_inbox_positions")),
        schema="feedback",
    )
    op.create_table(
        "inbox_versions",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "subject", name=op.f("pk_inbox_versions")),
        schema="feedback",
    )
    op.create_table(
        "members",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "person_id", name=op.f("pk_members")),
        schema="feedback",
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
        schema="feedback",
    )
    op.create_index(op.f("ix_outbox_created_at"), "outbox", ["created_at"], unique=False, schema="feedback")
    op.create_table(
        "outbox_heads",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("oldest", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_outbox_heads")),
        schema="feedback",
    )
    op.create_table(
        "outbox_pending",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox_pending")),
        schema="feedback",
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
        schema="feedback",
    )
    op.create_table(
        "surveys",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column(
            "instrument",
            sa.Enum(
                "csat-5",
                "csat-3",
                name="instrumentname",
                native_enum=False,
                create_constraint=True,
                length=14,
                schema="feedback",
            ),
            nullable=False,
        ),
        sa.Column("scoring", sa.Text(), nullable=False),
        sa.Column("smallest_n", sa.Integer(), nullable=False),
        sa.Column(
            "release",
            sa.Enum(
                "steps",
                "closing",
                name="release",
                native_enum=False,
                create_constraint=True,
                length=15,
                schema="feedback",
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "open",
                "closed",
                name="surveystate",
                native_enum=False,
                create_constraint=True,
                length=14,
                schema="feedback",
            ),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_surveys_closed_at_when_closed")
        ),
        sa.CheckConstraint("(state = 'draft') = (opened_at IS NULL)", name=op.f("ck_surveys_opened_unless_draft")),
        sa.CheckConstraint("smallest_n >= 1", name=op.f("ck_surveys_smallest_n_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surveys")),
        schema="feedback",
    )
    op.create_table(
        "cohorts",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("invited", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("held", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("released", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("blocks", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("population >= invited", name=op.f("ck_cohorts_population_holds_invited")),
        sa.ForeignKeyConstraint(["survey_id"], ["feedback.surveys.id"], name=op.f("fk_cohorts_survey_id_surveys")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohorts")),
        sa.UniqueConstraint("survey_id", "customer_id", name=op.f("uq_cohorts_survey_id_customer_id")),
        schema="feedback",
    )
    op.create_index(op.f("ix_cohorts_customer_id"), "cohorts", ["customer_id"], unique=False, schema="feedback")
    op.create_table(
        "invitations",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["feedback.surveys.id"], name=op.f("fk_invitations_survey_id_surveys")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("survey_id", "person_id", name=op.f("uq_invitations_survey_id_person_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
        schema="feedback",
    )
    op.create_table(
        "responses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("scoring", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.CheckConstraint("block >= 0", name=op.f("ck_responses_block_not_negative")),
        sa.ForeignKeyConstraint(
            ["survey_id", "customer_id"],
            ["feedback.cohorts.survey_id", "feedback.cohorts.customer_id"],
            name=op.f("fk_responses_survey_id_cohorts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responses")),
        schema="feedback",
    )
    op.create_index(op.f("ix_responses_survey_id"), "responses", ["survey_id"], unique=False, schema="feedback")


def downgrade() -> None:
    op.drop_index(op.f("ix_responses_survey_id"), table_name="responses", schema="feedback")
    op.drop_table("responses", schema="feedback")
    op.drop_table("invitations", schema="feedback")
    op.drop_index(op.f("ix_cohorts_customer_id"), table_name="cohorts", schema="feedback")
    op.drop_table("cohorts", schema="feedback")
    op.drop_table("surveys", schema="feedback")
    op.drop_table("relay_state", schema="feedback")
    op.drop_table("outbox_pending", schema="feedback")
    op.drop_table("outbox_heads", schema="feedback")
    op.drop_index(op.f("ix_outbox_created_at"), table_name="outbox", schema="feedback")
    op.drop_table("outbox", schema="feedback")
    op.drop_table("members", schema="feedback")
    op.drop_table("inbox_versions", schema="feedback")
    op.drop_table("inbox_positions", schema="feedback")
    op.drop_table("inbox_held", schema="feedback")
    op.drop_index(op.f("ix_inbox_applied_at"), table_name="inbox", schema="feedback")
    op.drop_table("inbox", schema="feedback")
    op.drop_index(op.f("ix_idempotency_at"), table_name="idempotency", schema="feedback")
    op.drop_table("idempotency", schema="feedback")
    op.drop_table("dead_letters", schema="feedback")
    op.drop_table("customers", schema="feedback")
    op.drop_index(op.f("ix_audit_entity_id"), table_name="audit", schema="feedback")
    op.drop_table("audit", schema="feedback")
