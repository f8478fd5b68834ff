"""Names have one form: those stored in another one are brought into it, unless a twin has it already."""

from collections.abc import Sequence

from common.names.stored_names import clean_stored_names

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    clean_stored_names("sla.incidents", "source", "external_id")
    clean_stored_names("sla.incident_events", "source", "event_id")
    clean_stored_names("sla.indicators", "name")
    clean_stored_names("sla.chain_parts", "name")
    clean_stored_names("sla.known_offerings", "offering_name", "service_name", key="offering_id")
    clean_stored_names("sla.known_customers", "name", key="customer_id")


def downgrade() -> None:
    """Leave the names as they are: the version before takes them too."""
