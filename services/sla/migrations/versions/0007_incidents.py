"""Incidents, their clocks and deadlines."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STATES = ("awaited", "open", "acknowledged", "paused", "resolved", "closed")
KINDS = (
    "opened",
    "reopened",
    "priority_changed",
    "assigned",
    "acknowledged",
    "resumed",
    "paused",
    "resolved",
    "closed",
)
VERDICTS = ("running", "in_time", "late", "released")


def choice(name: str, values: Sequence[str], table: str) -> sa.Enum:
    length = max(map(len, values)) + 8
    return sa.Enum(*values, name=op.f(f"ck_{table}_{name}"), native_enum=False, create_constraint=True, length=length)


def moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def identified() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("offering_id", sa.Uuid(), nullable=True),
        sa.Column("service_id", sa.Uuid(), nullable=True),
        sa.Column("state", choice("state", STATES, "incidents"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=False),
        moment("opened_at"),
        moment("acknowledged_at"),
        moment("resolved_at"),
        moment("closed_at"),
        sa.Column("reopened", sa.Integer(), nullable=False),
        moment("known_at"),
        moment("last_told_at", nullable=False),
        moment("next_deadline_at"),
        *identified(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("priority BETWEEN 1 AND 5", name=op.f("ck_incidents_priority_range")),
        sa.CheckConstraint(
            "(state = 'awaited') = (opened_at IS NULL) AND (opened_at IS NULL) = (customer_id IS NULL)"
            " AND (opened_at IS NULL) = (service_id IS NULL) AND (opened_at IS NULL) = (priority IS NULL)",
            name=op.f("ck_incidents_opened"),
        ),
        sa.CheckConstraint(
            "(state IN ('resolved', 'closed')) = (resolved_at IS NOT NULL)", name=op.f("ck_incidents_resolved_at")
        ),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_incidents_closed_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_incidents_source_external_id")),
        schema="sla",
    )
    op.create_index("ix_incidents_customer", "incidents", ["customer_id", "opened_at"], schema="sla")
    op.create_index("ix_incidents_service", "incidents", ["service_id", "opened_at"], schema="sla")
    op.create_index(
        "ix_incidents_deadline",
        "incidents",
        ["next_deadline_at"],
        schema="sla",
        postgresql_where=sa.text("next_deadline_at IS NOT NULL"),
    )
    op.create_table(
        "incident_events",
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", choice("kind", KINDS, "incident_events"), nullable=False),
        moment("occurred_at", nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        moment("told_at", nullable=False),
        *identified(),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["sla.incidents.id"], name=op.f("fk_incident_events_incident_id_incidents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_events")),
        sa.UniqueConstraint("source", "event_id", name=op.f("uq_incident_events_source_event_id")),
        schema="sla",
    )
    op.create_index("ix_incident_events_incident_id", "incident_events", ["incident_id", "id"], schema="sla")
    op.create_table(
        "incident_clock_terms",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_incident_clock_terms")),
        schema="sla",
    )
    op.create_table(
        "incident_clocks",
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_version", sa.Integer(), nullable=False),
        sa.Column("objective_id", sa.Uuid(), nullable=False),
        sa.Column("terms_sha256", sa.Text(), nullable=False),
        sa.Column("verdict", choice("verdict", VERDICTS, "incident_clocks"), nullable=False),
        moment("entered_at"),
        moment("due_at"),
        moment("due_soon_at"),
        moment("decided_at"),
        moment("stopped_at"),
        moment("ended_at"),
        moment("told_due_soon_at"),
        moment("told_breached_at"),
        *identified(),
        sa.CheckConstraint(
            "(verdict IN ('in_time', 'late')) = (decided_at IS NOT NULL)", name=op.f("ck_incident_clocks_decided")
        ),
        sa.CheckConstraint("verdict <> 'running' OR ended_at IS NULL", name=op.f("ck_incident_clocks_runs")),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["sla.incidents.id"], name=op.f("fk_incident_clocks_incident_id_incidents")
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["sla.agreements.id"], name=op.f("fk_incident_clocks_agreement_id_agreements")
        ),
        sa.ForeignKeyConstraint(
            ["terms_sha256"],
            ["sla.incident_clock_terms.sha256"],
            name=op.f("fk_incident_clocks_terms_sha256_incident_clock_terms"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_clocks")),
        sa.UniqueConstraint(
            "incident_id",
            "agreement_id",
            "objective_id",
            name=op.f("uq_incident_clocks_incident_id_agreement_id_objective_id"),
        ),
        schema="sla",
    )
    op.create_index(
        "ix_incident_clocks_agreement", "incident_clocks", ["agreement_id", "objective_id", "ended_at"], schema="sla"
    )
    op.create_index(op.f("ix_incident_clocks_terms_sha256"), "incident_clocks", ["terms_sha256"], schema="sla")
    op.create_table(
        "alert_priorities",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("priorities", postgresql.JSONB(), nullable=False),
        *identified(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_priorities")),
        sa.UniqueConstraint("service_id", name=op.f("uq_alert_priorities_service_id")),
        schema="sla",
    )
    for table in ("incident_events", "incident_clock_terms"):
        op.execute(f"""
            CREATE TRIGGER {table}_are_final BEFORE UPDATE OR DELETE ON sla.{table}
            FOR EACH ROW EXECUTE FUNCTION sla.refuse_change()
        """)


def downgrade() -> None:
    for table in ("alert_priorities", "incident_clocks", "incident_clock_terms", "incident_events", "incidents"):
        op.drop_table(table, schema="sla")
