"""The job that rolls pushes up has a new name: its retries keep their attempts and delays under it."""

from collections.abc import Sequence

from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("UPDATE sla.setbacks SET duty = 'roll-up-measurements' WHERE duty = 'fold-measurements'")


def downgrade() -> None:
    op.execute("UPDATE sla.setbacks SET duty = 'fold-measurements' WHERE duty = 'roll-up-measurements'")
