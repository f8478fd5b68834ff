"""Triage and improvements."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def instant(name: str, *, nullable: bool = False) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def text(name: str, *, nullable: bool = False) -> sa.Column[sa.Text]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def uuid(name: str, *, nullable: bool = False) -> sa.Column[sa.Uuid]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def identified() -> tuple[sa.Column[sa.Uuid], sa.Column[sa.DateTime]]:
    now = sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    return uuid("id"), now


def choice(name: str, *values: str, nullable: bool = False, column: str = "kind") -> sa.Column[sa.Enum]:
    kind = sa.Enum(
        *values,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=max(len(value) for value in values) + 8,
        schema="sla",
    )
    return sa.Column(column, kind, nullable=nullable)


def key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"sla.{other}.id"], name=name)


def upgrade() -> None:
    _causes()
    _issues()
    _issue_parts()
    _improvements()


def _causes() -> None:
    kinds = ("capacity", "change", "configuration", "defect", "environment", "people", "security", "supplier", "other")
    op.create_table(
        "causes",
        text("name"),
        choice("causekind", *kinds),
        text("description"),
        sa.Column("known_error", sa.Boolean(), nullable=False),
        text("workaround"),
        instant("eliminated_at", nullable=True),
        *identified(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("NOT known_error OR description <> ''", name=op.f("ck_causes_known_error_described")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_causes")),
        schema="sla",
    )


def _issues() -> None:
    for name in ("cause_id", "recurrence_of", "merged_into"):
        op.add_column("issues", uuid(name, nullable=True), schema="sla")
        other = "causes" if name == "cause_id" else "issues"
        op.create_foreign_key(
            op.f(f"fk_issues_{name}_{other}"),
            "issues",
            other,
            [name],
            ["id"],
            source_schema="sla",
            referent_schema="sla",
        )
        op.create_index(op.f(f"ix_issues_{name}"), "issues", [name], schema="sla")
    for name in ("waiting_since", "changed_at", "ignored_at", "overdue_at", "escalate_at"):
        op.add_column("issues", instant(name, nullable=True), schema="sla")
    for name in ("score", "recurrences"):
        op.add_column("issues", sa.Column(name, sa.Integer(), nullable=True), schema="sla")
    _weigh_again()
    for name in ("waiting_since", "changed_at", "score", "recurrences"):
        op.alter_column("issues", name, nullable=False, schema="sla")
    op.alter_column("issues", "statement_id", nullable=True, schema="sla")
    op.drop_column("issues", "impact", schema="sla")
    op.drop_column("issues", "urgency", schema="sla")
    for name in ("owned", "closed_at", "issuestate"):
        op.drop_constraint(op.f(f"ck_issues_{name}"), "issues", schema="sla")
    checks = {
        "owned": "state NOT IN ('in_progress', 'resolved', 'closed') OR owner IS NOT NULL",
        "closed_at": "(state IN ('closed', 'merged', 'unfounded')) = (closed_at IS NOT NULL)",
        "issuestate": "state IN ('open', 'in_progress', 'resolved', 'closed', 'merged', 'unfounded')",
        "score_range": "score BETWEEN 1 AND 65535",
        "merged_into": "(state = 'merged') = (merged_into IS NOT NULL)",
        "escalates_while_unsolved": "escalate_at IS NULL OR state IN ('open', 'in_progress')",
    }
    for name, condition in checks.items():
        op.create_check_constraint(op.f(f"ck_issues_{name}"), "issues", condition, schema="sla")
    op.create_index(
        "ix_issues_escalate_at",
        "issues",
        ["escalate_at"],
        schema="sla",
        postgresql_where=sa.text("escalate_at IS NOT NULL"),
    )


def _weigh_again() -> None:
    """By impact and urgency, twice each, of an ordinary customer and without credits."""
    op.execute("""
        UPDATE sla.issues SET waiting_since = opened_at, changed_at = coalesce(closed_at, resolved_at, opened_at),
            recurrences = 0, score = (impact * urgency) ^ 2 * 2,
            escalate_at = CASE WHEN state IN ('open', 'in_progress') THEN now() END,
            explanation = (SELECT jsonb_agg(term || jsonb_build_object(
                'measured', '', 'weight', 2, 'points', ((term->>'value')::int ^ 2)::int))
                FROM jsonb_array_elements(explanation) AS term) || jsonb_build_array(
                    jsonb_build_object('name', 'customer', 'measured', '2', 'value', 2, 'weight', 1, 'points', 2,
                        'because', 'it is an ordinary customer'),
                    jsonb_build_object('name', 'credit', 'measured', '0 %', 'value', 1, 'weight', 1, 'points', 1,
                        'because', 'no credits are owed for it'))
    """)
    op.execute("""
        UPDATE sla.issues SET
            queue_key = (lpad(to_hex(65535 - score), 4, '0') || left(replace(id::text, '-', ''), 28))::uuid
    """)


def _issue_parts() -> None:
    op.alter_column("issue_breaches", "indicator_id", nullable=True, schema="sla")
    for name in ("credit_percent", "credit_amount"):
        op.add_column("issue_breaches", sa.Column(name, sa.Numeric(), nullable=False, server_default="0"), schema="sla")
        op.alter_column("issue_breaches", name, server_default=None, schema="sla")
    op.add_column("issue_breaches", text("currency", nullable=True), schema="sla")
    op.add_column("issue_breaches", instant("cleared_at", nullable=True), schema="sla")
    op.create_check_constraint(
        op.f("ck_issue_breaches_credit_sensible"),
        "issue_breaches",
        "credit_percent BETWEEN 0 AND 100 AND credit_amount >= 0",
        schema="sla",
    )
    op.create_table(
        "issue_concerns",
        uuid("issue_id"),
        uuid("agreement_id"),
        choice("concernkind", "silence", "burning", "incident"),
        uuid("about"),
        text("name"),
        sa.Column("weight_share", sa.Numeric(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        text("because"),
        instant("noticed_at"),
        instant("ended_at", nullable=True),
        *identified(),
        sa.CheckConstraint("urgency BETWEEN 1 AND 3", name=op.f("ck_issue_concerns_urgency_range")),
        key("issue_concerns", "issue_id", "issues"),
        key("issue_concerns", "agreement_id", "agreements"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_concerns")),
        schema="sla",
    )
    op.create_index(
        "uq_issue_concerns_going_on",
        "issue_concerns",
        ["agreement_id", "kind", "about"],
        unique=True,
        schema="sla",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "issue_tasks",
        uuid("issue_id"),
        text("what"),
        text("who"),
        sa.Column("due_on", sa.Date(), nullable=False),
        instant("done_at", nullable=True),
        text("done_by", nullable=True),
        instant("dropped_at", nullable=True),
        text("outcome", nullable=True),
        *identified(),
        sa.CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name=op.f("ck_issue_tasks_done_by_somebody")),
        sa.CheckConstraint(
            "(dropped_at IS NULL) = (outcome IS NULL) OR done_at IS NOT NULL",
            name=op.f("ck_issue_tasks_dropped_for_a_reason"),
        ),
        sa.CheckConstraint("done_at IS NULL OR dropped_at IS NULL", name=op.f("ck_issue_tasks_settled_once")),
        key("issue_tasks", "issue_id", "issues"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_tasks")),
        schema="sla",
    )
    entries = (
        "comment",
        "opened",
        "breach_added",
        "breach_cleared",
        "concern_ended",
        "cause_set",
        "taken_up",
        "escalated",
        "merged",
        "split",
        "reopened",
        "resolved",
        "closed",
    )
    op.create_table(
        "issue_entries",
        uuid("issue_id"),
        choice("entrykind", *entries),
        instant("at"),
        text("by"),
        text("text"),
        sa.Column("for_customer", sa.Boolean(), nullable=False),
        *identified(),
        key("issue_entries", "issue_id", "issues"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_entries")),
        schema="sla",
    )
    op.execute("""
        CREATE TRIGGER issue_entries_are_final BEFORE UPDATE OR DELETE ON sla.issue_entries
        FOR EACH ROW EXECUTE FUNCTION sla.refuse_change()
    """)
    for table, column in (
        ("issue_concerns", "issue_id"),
        ("issue_concerns", "agreement_id"),
        ("issue_tasks", "issue_id"),
        ("issue_entries", "issue_id"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], schema="sla")
    op.create_table(
        "customer_importances",
        uuid("customer_id"),
        sa.Column("importance", sa.Integer(), nullable=False),
        text("reason"),
        instant("changed_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("importance BETWEEN 1 AND 3", name=op.f("ck_customer_importances_importance_range")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer_importances")),
        schema="sla",
    )


def _improvements() -> None:
    states = (
        "proposed",
        "assessed",
        "approved",
        "in_progress",
        "implemented",
        "verifying",
        "effective",
        "no_effect",
        "worse",
        "inconclusive",
        "closed",
        "rejected",
    )
    checks = {
        "registered": "(registration IS NULL) = (periods_after IS NULL)",
        "registered_before_it_began": "started_at IS NULL OR registration IS NOT NULL",
        "implemented_after_it_began": "implemented_at >= started_at",
        "verdict_with_evidence": "(verdict IS NULL) = (evidence IS NULL)",
        "closed_at": "(state IN ('closed', 'rejected')) = (closed_at IS NOT NULL)",
        "steps_by_itself": "next_step_at IS NULL OR state IN ('implemented', 'verifying')",
    }
    op.create_table(
        "improvements",
        text("title"),
        text("description"),
        choice("improvementstate", *states, column="state"),
        text("proposed_by"),
        instant("proposed_at"),
        sa.Column("assessment", JSONB(), nullable=True),
        text("approved_by", nullable=True),
        instant("approved_at", nullable=True),
        sa.Column("registration", JSONB(), nullable=True),
        sa.Column("periods_after", sa.Integer(), nullable=True),
        instant("registered_at", nullable=True),
        instant("started_at", nullable=True),
        instant("implemented_at", nullable=True),
        text("outcome", nullable=True),
        instant("next_step_at", nullable=True),
        choice("verdict", "effective", "no_effect", "worse", "inconclusive", column="verdict", nullable=True),
        sa.Column("evidence", JSONB(), nullable=True),
        instant("verified_at", nullable=True),
        instant("closed_at", nullable=True),
        instant("changed_at"),
        *identified(),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(condition, name=op.f(f"ck_improvements_{name}")) for name, condition in checks.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_improvements")),
        schema="sla",
    )
    op.create_index(op.f("ix_improvements_state"), "improvements", ["state"], schema="sla")
    op.create_index(
        "ix_improvements_next_step_at",
        "improvements",
        ["next_step_at"],
        schema="sla",
        postgresql_where=sa.text("next_step_at IS NOT NULL"),
    )
    op.create_table(
        "improvement_sources",
        uuid("improvement_id"),
        choice("sourcekind", "issue", "survey", "person"),
        text("key"),
        uuid("subject", nullable=True),
        uuid("customer_id", nullable=True),
        sa.Column("triggers", JSONB(), nullable=False),
        *identified(),
        key("improvement_sources", "improvement_id", "improvements"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_improvement_sources")),
        sa.UniqueConstraint("improvement_id", "key", name=op.f("uq_improvement_sources_improvement_id_key")),
        schema="sla",
    )
    op.create_index(op.f("ix_improvement_sources_customer_id"), "improvement_sources", ["customer_id"], schema="sla")
    op.create_index("ix_improvement_sources_subject", "improvement_sources", ["subject"], schema="sla")
    op.create_index(
        "uq_improvement_sources_survey",
        "improvement_sources",
        ["key"],
        unique=True,
        schema="sla",
        postgresql_where=sa.text("kind = 'survey'"),
    )
    op.create_table(
        "improvement_notices",
        uuid("improvement_id"),
        uuid("customer_id"),
        choice("occasion", "rejected", "implemented", "verified", column="occasion"),
        instant("told_at", nullable=True),
        text("told_by", nullable=True),
        text("how", nullable=True),
        *identified(),
        sa.CheckConstraint(
            "(told_at IS NULL) = (told_by IS NULL)", name=op.f("ck_improvement_notices_told_by_somebody")
        ),
        key("improvement_notices", "improvement_id", "improvements"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_improvement_notices")),
        sa.UniqueConstraint(
            "improvement_id",
            "customer_id",
            "occasion",
            name=op.f("uq_improvement_notices_improvement_id_customer_id_occasion"),
        ),
        schema="sla",
    )
    op.create_table(
        "measured_satisfactions",
        uuid("survey_id"),
        uuid("customer_id"),
        text("instrument"),
        instant("opened_at"),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("score", sa.Numeric(), nullable=True),
        sa.PrimaryKeyConstraint("survey_id", "customer_id", name=op.f("pk_measured_satisfactions")),
        schema="sla",
    )
    op.create_index(
        "ix_measured_satisfactions_customer",
        "measured_satisfactions",
        ["customer_id", "instrument", "opened_at"],
        schema="sla",
    )


def downgrade() -> None:
    """What was merged, cleared or never had a statement cannot be told in the form before."""
    for table in ("measured_satisfactions", "improvement_notices", "improvement_sources", "improvements"):
        op.drop_table(table, schema="sla")
    for table in ("customer_importances", "issue_entries", "issue_tasks", "issue_concerns"):
        op.drop_table(table, schema="sla")
    op.execute("DELETE FROM sla.issue_breaches")
    op.execute("DELETE FROM sla.issues")
    _breaches_as_before()
    _issues_as_before()
    op.drop_table("causes", schema="sla")


def _breaches_as_before() -> None:
    op.drop_constraint(op.f("ck_issue_breaches_credit_sensible"), "issue_breaches", schema="sla")
    for name in ("credit_percent", "credit_amount", "currency", "cleared_at"):
        op.drop_column("issue_breaches", name, schema="sla")
    op.alter_column("issue_breaches", "indicator_id", nullable=False, schema="sla")


def _issues_as_before() -> None:
    op.drop_index("ix_issues_escalate_at", "issues", schema="sla")
    for name in ("owned", "closed_at", "issuestate", "score_range", "merged_into", "escalates_while_unsolved"):
        op.drop_constraint(op.f(f"ck_issues_{name}"), "issues", schema="sla")
    instants = ("waiting_since", "changed_at", "ignored_at", "overdue_at", "escalate_at")
    for name in ("cause_id", "recurrence_of", "merged_into", *instants, "score", "recurrences"):
        op.drop_column("issues", name, schema="sla")
    op.alter_column("issues", "statement_id", nullable=False, schema="sla")
    for name in ("impact", "urgency"):
        op.add_column("issues", sa.Column(name, sa.Integer(), nullable=False), schema="sla")
    checks = {
        "owned": "state = 'open' OR owner IS NOT NULL",
        "closed_at": "(state = 'closed') = (closed_at IS NOT NULL)",
        "issuestate": "state IN ('open', 'in_progress', 'resolved', 'closed')",
    }
    for name, condition in checks.items():
        op.create_check_constraint(op.f(f"ck_issues_{name}"), "issues", condition, schema="sla")
