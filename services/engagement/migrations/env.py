"""Alembic, for the engagement schema."""

from common import migrations

migrations.run("engagement")
