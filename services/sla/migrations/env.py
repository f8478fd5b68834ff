"""Alembic, for the sla schema."""

from common.database import migrations

migrations.run_migrations("sla")
