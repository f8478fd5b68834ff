"""Events of other services that can no longer come."""

from collections.abc import Sequence

from common.database.machinery_ddl import create_missed_events_table, drop_missed_events_table

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    create_missed_events_table("engagement")


def downgrade() -> None:
    drop_missed_events_table("engagement")
