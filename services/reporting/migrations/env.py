"""Alembic, for the reporting schema."""

from common import migrations

migrations.run("reporting")
