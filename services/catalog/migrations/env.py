"""Alembic, for the catalog schema."""

from common import migrations

migrations.run("catalog")
