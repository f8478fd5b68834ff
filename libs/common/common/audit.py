"""The audit trail: who changed which entity, from what to what; collected at each flush and sealed by a hash chain."""

import hashlib
import json
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Table, bindparam, func, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, UOWTransaction

from common.canonical_json import CanonicalizationError, to_canonical_json
from common.database.entities import Entity
from common.unit_of_work import UnitOfWork

LEFT_OUT = frozenset({"token_hash", "secret_hash", "modified_at"})
"""Secrets, and the time that the database notes by itself: an entry has its own."""
PERSONAL_VALUE = "(personal)"


def collect_changes(session: Session, _context: UOWTransaction) -> None:
    """Collect what a flush created, changed and deleted, until `take_trail` takes it."""
    notes = session.info.setdefault("trail", [])
    for action, entities in (("created", session.new), ("changed", session.dirty), ("deleted", session.deleted)):
        for entity in entities:
            if isinstance(entity, Entity) and entity.__audited__:
                before, after = _difference(action, entity)
                if before or after:
                    notes.append(_facts(action, entity) | {"before": _to_json(before), "after": _to_json(after)})


def _facts(action: str, entity: Entity) -> dict[str, Any]:
    key = inspect(entity).mapper.primary_key_from_instance(entity)
    return {"action": action, "entity": entity.__tablename__, "entity_id": "/".join(map(str, key))}


def take_trail(work: UnitOfWork) -> None:
    """Keep what the flushes of its session collected as the trail of the unit of work."""
    context = {"at": work.now, "actor": work.principal.subject, "request": work.correlation}
    work.trail += [context | note for note in work.session.sync_session.info.pop("trail", [])]


def _difference(action: str, entity: Entity) -> tuple[dict[str, Any], dict[str, Any]]:
    state = inspect(entity)
    keys = [column.key for column in state.mapper.column_attrs if column.key not in LEFT_OUT]
    if action == "changed":
        histories = {key: state.attrs[key].history for key in keys}
        histories = {key: history for key, history in histories.items() if history.has_changes()}
        before = {key: _first(history.deleted) for key, history in histories.items()}
        after = {key: _first(history.added) for key, history in histories.items()}
        return _without_personal(entity, before), _without_personal(entity, after)
    values = _without_personal(entity, {key: state.dict[key] for key in keys if key in state.dict})
    return ({}, values) if action == "created" else (values, {})


def _without_personal(entity: Entity, values: dict[str, Any]) -> dict[str, Any]:
    """Mask personal values: the trail cannot be changed, so they could never be erased from it."""
    columns = inspect(entity).mapper.columns
    return {key: PERSONAL_VALUE if columns[key].info.get("personal") else value for key, value in values.items()}


def _first(values: Any) -> Any:
    return values[0] if values else None


def _to_json(values: dict[str, Any]) -> str | None:
    """Write the values as JSON, with datetimes, decimals and ids as text; None when there are none."""
    return orjson.dumps(values, default=str).decode() if values else None


class Seal(NamedTuple):
    """The seal of one row, which stands for all rows before it too."""

    number: int
    value: bytes


async def find_newest_seal(session: AsyncSession, table: Table) -> Seal | None:
    newest = select(table.c.seal_number, table.c.seal).where(table.c.seal_number.is_not(None))
    row = (await session.execute(newest.order_by(table.c.seal_number.desc()).limit(1))).first()
    return Seal(*row) if row else None


async def seal(session: AsyncSession, table: Table, *, limit: int = 1000) -> int:
    """Chain up to `limit` unsealed rows to the last sealed one; run by one replica at a time."""
    number, chain = await find_newest_seal(session, table) or (0, b"")
    unsealed = select(table).where(table.c.seal_number.is_(None)).order_by(table.c.seq).limit(limit)
    rows = (await session.execute(unsealed)).mappings().all()
    sealed = []
    for row in rows:
        number, chain = number + 1, _seal(chain, number + 1, dict(row))
        sealed.append({"row": row["seq"], "number": number, "chain": chain})
    if sealed:
        change = update(table).where(table.c.seq == bindparam("row"))
        change = change.values(seal_number=bindparam("number"), seal=bindparam("chain"))
        await (await session.connection()).execute(change, sealed)
    return len(sealed)


async def find_broken_seal(session: AsyncSession, table: Table) -> int | None:
    """Find the number of the first sealed row that was changed or is missing; None when the chain is intact."""
    chain, expected = b"", 1
    query = select(table).where(table.c.seal_number.is_not(None)).order_by(table.c.seal_number)
    async for row in (await session.stream(query)).mappings():
        chain = _seal(chain, expected, dict(row))
        if row["seal_number"] != expected or row["seal"] != chain:
            return expected
        expected += 1
    return None


async def count_unsealed(session: AsyncSession, table: Table) -> int:
    count = await session.scalar(select(func.count()).where(table.c.seal_number.is_(None)))
    return count or 0


def _seal(previous: bytes, number: int, row: dict[str, Any]) -> bytes:
    """Hash the previous seal and the row's canonical JSON with SHA-256."""
    facts = {key: value for key, value in row.items() if key not in {"seal", "seal_number"}}
    facts |= {"at": row["at"].isoformat(), "seq": str(row["seq"]), "number": str(number)}
    return hashlib.sha256(previous + _write(facts)).digest()


def _write(facts: dict[str, Any]) -> bytes:
    """Write facts as canonical JSON, or with their numbers as they are if one is too large for it: all are sealed."""
    try:
        return to_canonical_json(facts)
    except CanonicalizationError:
        return json.dumps(facts, sort_keys=True).encode()
