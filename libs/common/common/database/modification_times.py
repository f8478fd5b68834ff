"""The time of each row's last change, which the database itself keeps: no way to write a row can forget it."""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op


def add_modification_times(schema: str, tables: Iterable[str]) -> None:
    """Add `modified_at` to the tables: what they hold already counts as changed now. A step of migrations."""
    op.execute(f"""
        CREATE OR REPLACE FUNCTION {schema}.set_modification_time() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.modified_at := clock_timestamp();
            RETURN NEW;
        END $$
    """)
    for table in tables:
        modified_at = sa.Column("modified_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)
        op.add_column(table, modified_at, schema=schema)
        op.execute(f"""
            CREATE TRIGGER set_modification_time BEFORE INSERT OR UPDATE ON {schema}.{table}
            FOR EACH ROW EXECUTE FUNCTION {schema}.set_modification_time()
        """)
        op.create_index(op.f(f"ix_{table}_modified_at"), table, ["modified_at"], schema=schema)


def drop_modification_times(schema: str, tables: Iterable[str]) -> None:
    for table in tables:
        op.execute(f"DROP TRIGGER set_modification_time ON {schema}.{table}")
        op.drop_index(op.f(f"ix_{table}_modified_at"), table, schema=schema)
        op.drop_column(table, "modified_at", schema=schema)
    op.execute(f"DROP FUNCTION {schema}.set_modification_time()")
