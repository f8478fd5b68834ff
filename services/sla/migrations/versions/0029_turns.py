"""Messages of customers and answers to them: incidents have clocks for each turn."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KINDS = (
    "opened",
    "reopened",
    "moved",
    "priority_changed",
    "assigned",
    "acknowledged",
    "resumed",
    "paused",
    "resolved",
    "closed",
    "cancelled",
)
CLOCKS = "incident_clocks"
KEY = ("incident_id", "agreement_id", "objective_id")
EARLIER_KEY_NAME = "uq_incident_clocks_incident_id_agreement_id_objective_id"
KEY_NAME = "uq_incident_clocks_turn"


def upgrade() -> None:
    _restrict((*KINDS, "message_received", "answered"))
    turn = sa.Column("turn_event_id", sa.Text(), server_default="", nullable=False)
    op.add_column(CLOCKS, turn, schema="sla")
    op.add_column(CLOCKS, sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True), schema="sla")
    is_turn = "(turn_event_id = '') = (waiting_since IS NULL)"
    op.create_check_constraint(op.f("ck_incident_clocks_turn"), CLOCKS, is_turn, schema="sla")
    op.create_unique_constraint(op.f(KEY_NAME), CLOCKS, [*KEY, "turn_event_id"], schema="sla")
    op.drop_constraint(op.f(EARLIER_KEY_NAME), CLOCKS, schema="sla", type_="unique")


def downgrade() -> None:
    op.execute("DELETE FROM sla.incident_clocks WHERE turn_event_id <> ''")
    op.create_unique_constraint(op.f(EARLIER_KEY_NAME), CLOCKS, list(KEY), schema="sla")
    op.drop_constraint(op.f(KEY_NAME), CLOCKS, schema="sla", type_="unique")
    op.drop_constraint(op.f("ck_incident_clocks_turn"), CLOCKS, schema="sla", type_="check")
    op.drop_column(CLOCKS, "waiting_since", schema="sla")
    op.drop_column(CLOCKS, "turn_event_id", schema="sla")
    _restrict(KINDS)


def _restrict(kinds: Sequence[str]) -> None:
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    name = op.f("ck_incident_events_kind")
    op.drop_constraint(name, "incident_events", schema="sla", type_="check")
    op.create_check_constraint(name, "incident_events", f"kind IN ({allowed})", schema="sla")
