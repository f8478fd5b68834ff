"""What periodic jobs could not do."""

from collections.abc import Sequence

from common.database.machinery_ddl import create_failed_items_table, drop_failed_items_table

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    create_failed_items_table("feedback")


def downgrade() -> None:
    drop_failed_items_table("feedback")
