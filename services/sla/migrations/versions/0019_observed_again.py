"""What histograms observed is packed in another form: it is folded again from the log of pushes."""

from collections.abc import Sequence

from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _fold_again()


def downgrade() -> None:
    _fold_again()


def _fold_again() -> None:
    """What is packed in the other form cannot be read."""
    op.execute(
        "INSERT INTO sla.refolds (id, indicator_id, requested_by, after_batch, batches, hours_changed) "
        "SELECT uuidv7(), indicator_id, 'system', 0, 0, 0 FROM (SELECT DISTINCT indicator_id FROM sla.observed_hours) AS observed"
    )
    op.execute("DELETE FROM sla.observed_hours")
