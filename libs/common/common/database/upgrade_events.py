"""Events that a migration emits, so that other services learn of what was there before an event told of it."""

import sqlalchemy as sa
from alembic import op


def emit_for_rows(schema: str, event_type: str, rows: str) -> None:
    """Emit an event for each row of the query `rows`, whose columns are `subject`, a text, and `data`, a document.

    Earlier versions of consumers ignore a type that they do not know.
    """
    statement = f"""
        WITH fact AS MATERIALIZED (
            SELECT subject, data, row_number() OVER (PARTITION BY subject) AS place,
                count(*) OVER (PARTITION BY subject) AS number
            FROM ({rows}) AS r
        ), head AS (
            INSERT INTO {schema}.outbox_heads AS h (subject, version, oldest)
            SELECT subject, count(*), 1 FROM fact GROUP BY subject ORDER BY subject COLLATE "C"
            ON CONFLICT (subject) DO UPDATE SET version = h.version + excluded.version
            RETURNING subject, version
        ), event AS (
            INSERT INTO {schema}.outbox (id, type, subject, version, time, data, correlation)
            SELECT gen_random_uuid(), :event_type, subject, version - number + place, now(),
                convert_to(CAST(data AS text), 'UTF8'), 'upgrade'
            FROM fact JOIN head USING (subject) ORDER BY subject, place
            RETURNING seq
        )
        INSERT INTO {schema}.outbox_pending (seq) SELECT seq FROM event
    """  # noqa: S608 - the names come from the migrations
    op.execute(sa.text(statement).bindparams(event_type=event_type))


def requeue_all_events(schema: str) -> None:
    """Have all events sent again, for a service that begins to react to them; those that had them drop them."""
    op.execute(f"INSERT INTO {schema}.outbox_pending (seq) SELECT seq FROM {schema}.outbox ON CONFLICT DO NOTHING")  # noqa: S608
