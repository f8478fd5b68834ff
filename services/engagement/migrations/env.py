"""Alembic, for the engagement schema."""

from common.database import migrations

migrations.run_migrations("engagement")
