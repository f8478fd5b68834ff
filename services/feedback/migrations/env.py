"""Alembic, for the feedback schema."""

from common import migrations

migrations.run("feedback")
