"""The time of the last change of every entity with a version, kept by the database."""

from collections.abc import Sequence

from common.database.modification_times import add_modification_times, drop_modification_times

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = (
    "agreement_templates",
    "agreements",
    "alert_firings",
    "alert_priorities",
    "causes",
    "closure_calendars",
    "contracts",
    "customer_importances",
    "improvements",
    "incidents",
    "indicators",
    "issues",
    "maintenances",
    "service_requirements",
    "waivers",
)


def upgrade() -> None:
    add_modification_times("sla", TABLES)


def downgrade() -> None:
    drop_modification_times("sla", TABLES)
