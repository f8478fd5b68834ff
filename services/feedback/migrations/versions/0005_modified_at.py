"""The time of the last change of every entity with a version, kept by the database."""

from collections.abc import Sequence

from common.database.modification_times import add_modification_times, drop_modification_times

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("surveys",)


def upgrade() -> None:
    add_modification_times("feedback", TABLES)


def downgrade() -> None:
    drop_modification_times("feedback", TABLES)
