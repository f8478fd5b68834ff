"""The tables of the sla service, and the guards of what is final in them."""

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
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "proposed",
                "counter_proposed",
                "accepted",
                "withdrawn",
                "rejected",
                "signed",
                "active",
                "ended",
                name="agreementstate",
                native_enum=False,
                create_constraint=True,
                length=24,
                schema="sla",
            ),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_agreements_ends_after_start")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
        schema="sla",
    )
    op.create_index(op.f("ix_agreements_customer_id"), "agreements", ["customer_id"], unique=False, schema="sla")
    op.create_index(op.f("ix_agreements_offering_id"), "agreements", ["offering_id"], unique=False, schema="sla")
    op.create_index(
        "ix_agreements_review_due_at",
        "agreements",
        ["review_due_at"],
        unique=False,
        schema="sla",
        postgresql_where=sa.text("review_due_at IS NOT NULL"),
    )
    op.create_table(
        "api_keys",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_keys_prefix")),
        schema="sla",
    )
    create_machinery_tables("sla")
    op.create_table(
        "indicators",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "availability",
                "latency",
                "gauge",
                "ratio",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=20,
                schema="sla",
            ),
            nullable=False,
        ),
        sa.Column(
            "good_when",
            sa.Enum(
                "at_least",
                "at_most",
                "above",
                "below",
                name="goodwhen",
                native_enum=False,
                create_constraint=True,
                length=16,
                schema="sla",
            ),
            nullable=True,
        ),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("holds_for", sa.Integer(), nullable=False),
        sa.Column(
            "counters",
            sa.Enum(
                "cumulative",
                "delta",
                name="counters",
                native_enum=False,
                create_constraint=True,
                length=18,
                schema="sla",
            ),
            nullable=False,
        ),
        sa.Column("series", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("silent_after", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(good_when IS NULL) = (threshold IS NULL)", name=op.f("ck_indicators_judged_by_a_threshold")
        ),
        sa.CheckConstraint("holds_for BETWEEN 1 AND 3600", name=op.f("ck_indicators_holds_for_an_hour_at_most")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicators")),
        schema="sla",
    )
    op.create_table(
        "known_customers",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_known_customers")),
        schema="sla",
    )
    op.create_table(
        "known_offerings",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("offering_name", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("service_name", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("offering_id", name=op.f("pk_known_offerings")),
        schema="sla",
    )
    op.create_table(
        "agreement_versions",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "draft",
                "proposed",
                "counter_proposed",
                "accepted",
                "signed",
                "withdrawn",
                "rejected",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=24,
                schema="sla",
            ),
            nullable=False,
        ),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terms_document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("terms_sha256", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(stage = 'signed') = (recorded_at IS NOT NULL)", name=op.f("ck_agreement_versions_recorded_when_signed")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_agreement_versions_number_positive")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_agreement_versions_agreement_id_agreements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_versions")),
        sa.UniqueConstraint("agreement_id", "number", name=op.f("uq_agreement_versions_agreement_id_number")),
        schema="sla",
    )
    op.create_index(
        "uq_agreement_versions_negotiated",
        "agreement_versions",
        ["agreement_id"],
        unique=True,
        schema="sla",
        postgresql_where=sa.text("stage IN ('draft', 'proposed', 'counter_proposed', 'accepted')"),
    )
    op.create_table(
        "indicator_activity",
        sa.Column("indicator_id", sa.Uuid(), nullable=False),
        sa.Column("last_received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sample_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("silent_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["indicator_id"], ["sla.indicators.id"], name=op.f("fk_indicator_activity_indicator_id_indicators")
        ),
        sa.PrimaryKeyConstraint("indicator_id", name=op.f("pk_indicator_activity")),
        schema="sla",
    )
    op.create_table(
        "issues",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("cause_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "in_progress",
                "resolved",
                "closed",
                name="issuestate",
                native_enum=False,
                create_constraint=True,
                length=19,
                schema="sla",
            ),
            nullable=False,
        ),
        sa.Column("impact", sa.Integer(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("explanation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("queue_key", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_issues_closed_at")),
        sa.CheckConstraint(
            "(state IN ('resolved', 'closed')) = (resolved_at IS NOT NULL)", name=op.f("ck_issues_resolved_at")
        ),
        sa.CheckConstraint("state = 'open' OR owner IS NOT NULL", name=op.f("ck_issues_owned")),
        sa.CheckConstraint("priority BETWEEN 1 AND 5", name=op.f("ck_issues_priority_range")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_issues_agreement_id_agreements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issues")),
        sa.UniqueConstraint("queue_key", name=op.f("uq_issues_queue_key")),
        schema="sla",
    )
    op.create_index(op.f("ix_issues_agreement_id"), "issues", ["agreement_id"], unique=False, schema="sla")
    op.create_index("ix_issues_cause", "issues", ["customer_id", "cause_key"], unique=False, schema="sla")
    op.create_table(
        "refolds",
        sa.Column("indicator_id", sa.Uuid(), nullable=False),
        sa.Column("after_batch", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["indicator_id"], ["sla.indicators.id"], name=op.f("fk_refolds_indicator_id_indicators")
        ),
        sa.PrimaryKeyConstraint("indicator_id", name=op.f("pk_refolds")),
        schema="sla",
    )
    op.create_table(
        "agreement_signatures",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column(
            "side",
            sa.Enum(
                "provider", "customer", name="side", native_enum=False, create_constraint=True, length=16, schema="sla"
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("terms_sha256", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["sla.agreement_versions.id"],
            name=op.f("fk_agreement_signatures_version_id_agreement_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_signatures")),
        sa.UniqueConstraint("version_id", "side", name=op.f("uq_agreement_signatures_version_id_side")),
        sa.UniqueConstraint("version_id", "subject", name=op.f("uq_agreement_signatures_version_id_subject")),
        schema="sla",
    )
    op.create_table(
        "issue_breaches",
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("objective_id", sa.Uuid(), nullable=False),
        sa.Column("objective_name", sa.Text(), nullable=False),
        sa.Column("indicator_id", sa.Uuid(), nullable=False),
        sa.Column("period_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("target", sa.Numeric(), nullable=False),
        sa.Column("attained", sa.Numeric(), nullable=False),
        sa.Column("weight_share", sa.Numeric(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("period_from < period_to", name=op.f("ck_issue_breaches_period_forwards")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_issue_breaches_agreement_id_agreements")
        ),
        sa.ForeignKeyConstraint(["issue_id"], ["sla.issues.id"], name=op.f("fk_issue_breaches_issue_id_issues")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_breaches")),
        sa.UniqueConstraint(
            "agreement_id",
            "objective_id",
            "period_from",
            name=op.f("uq_issue_breaches_agreement_id_objective_id_period_from"),
        ),
        schema="sla",
    )
    op.create_index("ix_issue_breaches_issue_id", "issue_breaches", ["issue_id"], unique=False, schema="sla")
    op.create_table(
        "negotiation_entries",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "proposal",
                "counter_proposal",
                "objection",
                "acceptance",
                "withdrawal",
                "rejection",
                name="step",
                native_enum=False,
                create_constraint=True,
                length=24,
                schema="sla",
            ),
            nullable=False,
        ),
        sa.Column(
            "side",
            sa.Enum(
                "provider", "customer", name="side", native_enum=False, create_constraint=True, length=16, schema="sla"
            ),
            nullable=False,
        ),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("objectives", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("terms_document", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("terms_sha256", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(step IN ('proposal', 'counter_proposal')) = (terms_sha256 IS NOT NULL)",
            name=op.f("ck_negotiation_entries_proposals_carry_terms"),
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["sla.agreement_versions.id"],
            name=op.f("fk_negotiation_entries_version_id_agreement_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_negotiation_entries")),
        sa.UniqueConstraint("version_id", "number", name=op.f("uq_negotiation_entries_version_id_number")),
        schema="sla",
    )
    guard_what_is_final()


def guard_what_is_final() -> None:
    """Signed terms, signatures and the record of negotiations are written once, whoever tries to change them."""
    op.execute("""
        CREATE FUNCTION sla.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% on % is refused: its rows are final', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER signed_terms_are_final
        BEFORE DELETE OR UPDATE OF terms_document, terms_sha256, valid_from, recorded_at ON sla.agreement_versions
        FOR EACH ROW WHEN (OLD.stage = 'signed') EXECUTE FUNCTION sla.refuse_change()
    """)
    for table in ("agreement_signatures", "negotiation_entries"):
        op.execute(f"""
            CREATE TRIGGER {table}_are_final BEFORE UPDATE OR DELETE ON sla.{table}
            FOR EACH ROW EXECUTE FUNCTION sla.refuse_change()
        """)


def downgrade() -> None:
    op.drop_table("negotiation_entries", schema="sla")
    op.drop_table("issue_breaches", schema="sla")
    op.drop_table("agreement_signatures", schema="sla")
    op.drop_table("refolds", schema="sla")
    op.drop_table("issues", schema="sla")
    op.drop_table("indicator_activity", schema="sla")
    op.drop_table("agreement_versions", schema="sla")
    op.drop_table("known_offerings", schema="sla")
    op.drop_table("known_customers", schema="sla")
    op.drop_table("indicators", schema="sla")
    drop_machinery_tables("sla")
    op.drop_table("api_keys", schema="sla")
    op.drop_table("agreements", schema="sla")
    op.execute("DROP FUNCTION sla.refuse_change")
