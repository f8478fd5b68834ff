"""The tables each service has for the machinery, beside its own: outbox, inbox, audit trail, idempotency keys."""

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


@dataclass(frozen=True, slots=True)
class MachineryTables:
    """The machinery's tables in one service's schema."""

    outbox: Table
    """Every event the service has told, kept for replays."""
    outbox_heads: Table
    """Per aggregate the version last told, and the oldest one the outbox still holds."""
    outbox_pending: Table
    """What the broker has not confirmed yet."""
    relay_state: Table
    """Which broker the events were given to, how often it was replaced, and the canary that shows it."""
    inbox: Table
    """Which event has had which reaction."""
    inbox_versions: Table
    """Per aggregate of another service the version last applied."""
    inbox_held: Table
    """Events that came before their predecessors."""
    inbox_positions: Table
    """How far each partition has been read, and of which broker's log."""
    dead_letters: Table
    """Events whose reaction keeps failing, with the reason."""
    audit: Table
    """Who changed what, when, from what, to what; sealed by a hash chain."""
    idempotency: Table
    """Answers already given to an Idempotency-Key."""
    failed_items: Table
    """What a duty could not do, with the reason, and when it is tried again."""


def machinery_tables(metadata: MetaData) -> MachineryTables:
    """The machinery's tables in `metadata`, declared at the first call."""
    found = metadata.info.get("machinery")
    if found is None:
        found = metadata.info["machinery"] = MachineryTables(
            **_outbox(metadata), **_inbox(metadata), **_records(metadata)
        )
    tables: MachineryTables = found
    return tables


def _moment(name: str, *, now: bool = False) -> Column[Any]:
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
            _moment("time"),
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
            _moment("since", now=True),
        ),
        "relay_state": Table(
            "relay_state",
            metadata,
            Column("id", SmallInteger, primary_key=True, autoincrement=False),
            Column("incarnation", Text, nullable=False),
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
            _moment("since", now=True),
        ),
        "inbox_positions": Table(
            "inbox_positions",
            metadata,
            Column("topic", Text, primary_key=True),
            Column("partition", Integer, primary_key=True, autoincrement=False),
            Column("incarnation", Text, nullable=False),
            Column("epoch", Integer, nullable=False),
            Column("next_offset", BigInteger, nullable=False),
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
            _moment("since", now=True),
        ),
    }


def _records(metadata: MetaData) -> dict[str, Table]:
    return {
        "audit": Table(
            "audit",
            metadata,
            Column("seq", BigInteger, Identity(), primary_key=True),
            _moment("at"),
            Column("actor", Text, nullable=False),
            Column("request", Text, nullable=False),
            Column("action", Text, nullable=False),
            Column("entity", Text, nullable=False),
            Column("entity_id", Text, nullable=False, index=True),
            Column("before", JSONB),
            Column("after", JSONB),
            Column("seal_number", BigInteger, unique=True),
            Column("seal", LargeBinary),
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
            _moment("since"),
            _moment("again_at"),
        ),
    }
