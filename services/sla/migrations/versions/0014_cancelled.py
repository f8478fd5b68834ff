"""Incidents that were told by mistake are cancelled."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
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
CANCELLED = "cancelled"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True), schema="sla")
    _restrict("incidents", "state", (*STATES, CANCELLED))
    _restrict("incident_events", "kind", (*KINDS, CANCELLED))
    for state, is_told in (("(state IN ('resolved', 'closed'))", "resolved_at"), ("(state = 'closed')", "closed_at")):
        _check("incidents", is_told, f"state = 'cancelled' OR {state} = ({is_told} IS NOT NULL)")
    op.create_check_constraint(
        op.f("ck_incidents_cancelled_at"),
        "incidents",
        "(state = 'cancelled') = (cancelled_at IS NOT NULL)",
        schema="sla",
    )


def downgrade() -> None:
    op.drop_column("incidents", "cancelled_at", schema="sla")
    for state, is_told in (("(state IN ('resolved', 'closed'))", "resolved_at"), ("(state = 'closed')", "closed_at")):
        _check("incidents", is_told, f"{state} = ({is_told} IS NOT NULL)")
    _restrict("incidents", "state", STATES)
    _restrict("incident_events", "kind", KINDS)


def _restrict(table: str, column: str, values: Sequence[str]) -> None:
    allowed = ", ".join(f"'{value}'" for value in values)
    _check(table, column, f"{column} IN ({allowed})")


def _check(table: str, name: str, condition: str) -> None:
    """Instead of the one of this name."""
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, schema="sla", type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition, schema="sla")
