"""Names have one form: those stored in another one are brought into it, unless a twin has it already."""

from collections.abc import Sequence

from common.names.stored_names import clean_stored_names

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    clean_stored_names("engagement.customers", "name")
    clean_stored_names("engagement.people", "email")


def downgrade() -> None:
    """Leave the names as they are: the version before takes them too."""
