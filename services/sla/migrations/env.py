"""Alembic, for the sla schema."""

from common import migrations

migrations.run("sla")
