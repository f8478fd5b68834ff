"""A signed agreement as it stands: moved through the calendar, read, and what was told of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.event import Event
from sla.agreements.model import Agreement
from sla.corrections.model import CorrectionDue
from tests.sla.lifecycles import advance_due_agreements

WHY = {"reason": "As talked about."}


async def at(sla: ServiceUnderTest, clock: FakeClock, instant: datetime) -> None:
    """Let the calendar do what it does by itself until then."""
    clock.now = instant
    async with sla.begin() as work:
        await advance_due_agreements(work)


async def read(shop: Any, agreement: dict[str, Any]) -> dict[str, Any]:
    answer = await shop.sla.client.get(f"/agreements/{agreement['id']}", headers=shop.manager)
    found: dict[str, Any] = answer.json()
    return found


async def due(sla: ServiceUnderTest, agreement: dict[str, Any]) -> datetime | None:
    async with sla.begin() as work:
        return (await work.get(Agreement, UUID(agreement["id"]))).review_due_at


async def told(sla: ServiceUnderTest, *kinds: type[Event]) -> list[Any]:
    return [event for event in await sla.list_emitted_events() if isinstance(event, kinds)]


async def corrections(sla: ServiceUnderTest) -> list[tuple[datetime, datetime]]:
    async with sla.begin() as work:
        found = await work.session.scalars(select(CorrectionDue).order_by(CorrectionDue.window_from))
        return [(one.window_from, one.window_to) for one in found]
