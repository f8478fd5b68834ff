"""Alembic, for the reporting schema."""

from common.database import migrations

migrations.run_migrations("reporting")
