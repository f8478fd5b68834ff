"""Names of customers and roles of people are announced to services that did not note them before."""

from collections.abc import Sequence

from common.database.upgrade_events import emit_for_rows, requeue_all_events

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    requeue_all_events("engagement")  # for the catalog, which begins to listen
    emit_for_rows(
        "engagement",
        "rapport.engagement.CustomerRenamed.v1",
        """
        SELECT CAST(id AS text) AS subject, jsonb_build_object('customer_id', id, 'name', name) AS data
        FROM engagement.customers
        """,
    )
    emit_for_rows(
        "engagement",
        "rapport.engagement.PersonRoleChanged.v1",
        """
        SELECT CAST(customer_id AS text) AS subject,
            jsonb_build_object('customer_id', customer_id, 'person_id', id, 'role', role) AS data
        FROM engagement.people WHERE left_on IS NULL
        """,
    )


def downgrade() -> None:
    """Leave the events: the version before has no reaction to those it does not know."""
