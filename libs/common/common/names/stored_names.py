"""Brings names that were stored before names had one form into it: a step of migrations."""

import sqlalchemy as sa
from alembic import op

from common.names.form import clean_name

_IS_SUSPICIOUS = "~ '[^ -~]|  '"
"""Whether a name may have another form: it holds more than printable ASCII, or two spaces in a row."""


def clean_stored_names(table: str, *columns: str, key: str = "id") -> None:
    """Clean the names in these columns, oldest row first; a name that another row has already stays as it is."""
    for column in columns:
        _clean_column(op.get_bind(), table, column, key)


def _clean_column(connection: sa.Connection, table: str, column: str, key: str) -> None:
    query = f"SELECT {key}, {column} FROM {table} WHERE {column} {_IS_SUSPICIOUS} ORDER BY {key}"  # noqa: S608
    update = sa.text(f"UPDATE {table} SET {column} = :name WHERE {key} = :key")  # noqa: S608 - names of ours
    for row_key, stored in connection.execute(sa.text(query)).all():
        name = clean_name(stored)
        if name not in {stored, ""}:
            _update_unless_taken(connection, update, {"key": row_key, "name": name})


def _update_unless_taken(connection: sa.Connection, update: sa.TextClause, values: dict[str, object]) -> None:
    savepoint = connection.begin_nested()
    try:
        connection.execute(update, values)
    except sa.exc.IntegrityError:
        savepoint.rollback()
    else:
        savepoint.commit()
