"""A signed agreement as it stands: moved through the calendar, read, and what was told of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from common.testing.issuer import Clock
from common.testing.plugin import Trial
from published.event import Event
from sla.agreements import daily
from sla.agreements.model import Agreement
from sla.corrections.model import CorrectionDue

WHY = {"reason": "As talked about."}


async def at(sla: Trial, clock: Clock, instant: datetime) -> None:
    """Let the calendar do what it does by itself until then."""
    clock.instant = instant
    async with sla.work() as work:
        await daily.follow_calendar(work)


async def read(shop: Any, agreement: dict[str, Any]) -> dict[str, Any]:
    answer = await shop.sla.client.get(f"/agreements/{agreement['id']}", headers=shop.manager)
    found: dict[str, Any] = answer.json()
    return found


async def due(sla: Trial, agreement: dict[str, Any]) -> datetime | None:
    async with sla.work() as work:
        return (await work.get(Agreement, UUID(agreement["id"]))).review_due_at


async def told(sla: Trial, *kinds: type[Event]) -> list[Any]:
    return [event for event in await sla.emitted() if isinstance(event, kinds)]


async def corrections(sla: Trial) -> list[tuple[datetime, datetime]]:
    async with sla.work() as work:
        found = await work.session.scalars(select(CorrectionDue).order_by(CorrectionDue.window_from))
        return [(one.window_from, one.window_to) for one in found]
