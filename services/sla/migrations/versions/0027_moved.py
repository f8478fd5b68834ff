"""Incidents are moved to another customer, offering or service."""

from collections.abc import Sequence

from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

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
    "cancelled",
)


def upgrade() -> None:
    _restrict((*KINDS, "moved"))


def downgrade() -> None:
    _restrict(KINDS)


def _restrict(kinds: Sequence[str]) -> None:
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    name = op.f("ck_incident_events_kind")
    op.drop_constraint(name, "incident_events", schema="sla", type_="check")
    op.create_check_constraint(name, "incident_events", f"kind IN ({allowed})", schema="sla")
