"""Alembic, for the feedback schema."""

from common.database import migrations

migrations.run_migrations("feedback")
