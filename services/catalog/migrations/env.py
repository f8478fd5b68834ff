"""Alembic, for the catalog schema."""

from common.database import migrations

migrations.run_migrations("catalog")
