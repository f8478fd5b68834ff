"""The tables that each service has for the machinery: outbox, inbox, audit trail, idempotency keys, failed items."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from common.database.record_protection import append_only


@dataclass(frozen=True, slots=True)
class MachineryTables:
    """The machinery's tables in one service's schema."""

    outbox: Table
    """Every event the service has emitted, kept for replays."""
    outbox_heads: Table
    """The last version emitted per aggregate, and the oldest one that the outbox still holds."""
    outbox_pending: Table
    """The events that the broker has not confirmed yet."""
    relay_state: Table
    """The broker that events were sent to, how often it was replaced, and the canary that shows it."""
    inbox: Table
    """The reactions that have been applied to each event."""
    inbox_versions: Table
    """The last version applied per aggregate of another service."""
    inbox_held: Table
    """Events that arrived before their predecessors."""
    inbox_positions: Table
    """The position up to which each partition of a broker's log has been read."""
    missed_events: Table
    """How many events of another service can no longer come, by the service and the cause."""
    dead_letters: Table
    """Events whose reaction keeps failing, with the reason."""
    audit: Table
    """Who changed what, when, from what to what; sealed by a hash chain."""
    idempotency: Table
    """The responses given to each Idempotency-Key."""
    failed_items: Table
    """The items on which a job failed, with the reason and the time of the retry."""


def machinery_tables(metadata: MetaData) -> MachineryTables:
    """Return the machinery's tables in `metadata`, which the first call declares."""
    tables: MachineryTables | None = metadata.info.get("machinery")
    if tables is None:
        tables = metadata.info["machinery"] = MachineryTables(
            **_outbox(metadata), **_inbox(metadata), **_records(metadata)
        )
    return tables


def _timestamp(name: str, *, now: bool = False) -> Column[Any]:
    default = func.clock_timestamp() if now else None
    return Column(name, DateTime(timezone=True), nullable=False, server_default=default)


def _outbox(metadata: MetaData) -> dict[str, Table]:
    return {
        "outbox": Table(
            "outbox",
            metadata,
            Column("seq", BigInteger, Identity(), primary_key=True),
            Column("id", Uuid, nullable=False, unique=True),
            Column("type", Text, nullable=False),
            Column("subject", Text, nullable=False),
            Column("version", BigInteger, nullable=False),
            _timestamp("time"),
            Column("data", LargeBinary, nullable=False),
            Column("correlation", Text, nullable=False),
            Column("causation", Text),
            Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
            UniqueConstraint("subject", "version"),
        ),
        "outbox_heads": Table(
            "outbox_heads",
            metadata,
            Column("subject", Text, primary_key=True),
            Column("version", BigInteger, nullable=False),
            Column("oldest", BigInteger, nullable=False),
        ),
        "outbox_pending": Table(
            "outbox_pending",
            metadata,
            Column("seq", BigInteger, primary_key=True, autoincrement=False),
            _timestamp("since", now=True),
        ),
        "relay_state": Table(
            "relay_state",
            metadata,
            Column("id", SmallInteger, primary_key=True, autoincrement=False),
            Column("incarnation", Text, key="cluster_id", nullable=False),
            Column("epoch", Integer, nullable=False),
            Column("canary_partition", Integer),
            Column("canary_offset", BigInteger),
            Column("canary_event", Uuid),
            Column("canary_at", DateTime(timezone=True)),
        ),
    }


def _inbox(metadata: MetaData) -> dict[str, Table]:
    return {
        "inbox": Table(
            "inbox",
            metadata,
            Column("event_id", Uuid, primary_key=True),
            Column("reaction", Text, primary_key=True),
            Column("applied_at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
        ),
        "inbox_versions": Table(
            "inbox_versions",
            metadata,
            Column("source", Text, primary_key=True),
            Column("subject", Text, primary_key=True),
            Column("version", BigInteger, nullable=False),
        ),
        "inbox_held": Table(
            "inbox_held",
            metadata,
            Column("source", Text, primary_key=True),
            Column("subject", Text, primary_key=True),
            Column("version", BigInteger, primary_key=True, autoincrement=False),
            Column("envelope", JSONB, nullable=False),
            _timestamp("since", now=True),
        ),
        "inbox_positions": Table(
            "inbox_positions",
            metadata,
            Column("topic", Text, primary_key=True),
            Column("partition", Integer, primary_key=True, autoincrement=False),
            Column("incarnation", Text, key="cluster_id", nullable=False),
            Column("epoch", Integer, nullable=False),
            Column("next_offset", BigInteger, nullable=False),
        ),
        "missed_events": Table(
            "missed_events",
            metadata,
            Column("source", Text, primary_key=True),
            Column("cause", Text, primary_key=True),
            Column("count", BigInteger, nullable=False),
            _timestamp("noticed_at"),
        ),
        "dead_letters": Table(
            "dead_letters",
            metadata,
            Column("event_id", Uuid, primary_key=True),
            Column("source", Text, nullable=False),
            Column("subject", Text, nullable=False),
            Column("version", BigInteger, nullable=False),
            Column("type", Text, nullable=False),
            Column("envelope", JSONB, nullable=False),
            Column("reason", Text, nullable=False),
            Column("attempts", Integer, nullable=False),
            _timestamp("since", now=True),
        ),
    }


def _records(metadata: MetaData) -> dict[str, Table]:
    return {
        "audit": Table(
            "audit",
            metadata,
            Column("seq", BigInteger, Identity(), primary_key=True),
            _timestamp("at"),
            Column("actor", Text, nullable=False),
            Column("request", Text, nullable=False),
            Column("action", Text, nullable=False),
            Column("entity", Text, nullable=False),
            Column("entity_id", Text, nullable=False, index=True),
            Column("before", JSONB),
            Column("after", JSONB),
            Column("seal_number", BigInteger, unique=True),
            Column("seal", LargeBinary),
            info=append_only("seal_number", "seal"),
        ),
        "idempotency": Table(
            "idempotency",
            metadata,
            Column("principal", Text, primary_key=True),
            Column("operation", Text, primary_key=True),
            Column("key", Text, primary_key=True),
            Column("fingerprint", LargeBinary, nullable=False),
            Column("status", SmallInteger, nullable=False),
            Column("headers", JSONB, nullable=False),
            Column("body", LargeBinary, nullable=False),
            Column("at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
        ),
        "failed_items": Table(
            "setbacks",
            metadata,
            Column("duty", Text, primary_key=True),
            Column("item", Text, primary_key=True),
            Column("reason", Text, nullable=False),
            Column("attempts", Integer, nullable=False),
            _timestamp("since"),
            _timestamp("again_at"),
        ),
    }
