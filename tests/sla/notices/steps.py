"""Steps on a signed agreement: advance the calendar, read what became of it, and list the events it emitted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.event import Event
from sla.agreements.model import Agreement
from sla.corrections.model import CorrectionDue
from tests.sla.conftest import SlaClient
from tests.sla.lifecycles import advance_due_agreements

REASON = {"reason": "As talked about."}


async def advance_to(sla: ServiceUnderTest, clock: FakeClock, instant: datetime) -> None:
    """Set the clock, and let the calendar change what is due."""
    clock.now = instant
    async with sla.begin() as work:
        await advance_due_agreements(work)


async def read_agreement(sla_client: SlaClient, agreement: dict[str, Any]) -> dict[str, Any]:
    answer = await sla_client.sla.client.get(f"/agreements/{agreement['id']}", headers=sla_client.manager)
    agreement_view: dict[str, Any] = answer.json()
    return agreement_view


async def get_review_due_at(sla: ServiceUnderTest, agreement: dict[str, Any]) -> datetime | None:
    async with sla.begin() as work:
        return (await work.get(Agreement, UUID(agreement["id"]))).review_due_at


async def list_emitted(sla: ServiceUnderTest, *kinds: type[Event]) -> list[Any]:
    return [event for event in await sla.list_emitted_events() if isinstance(event, kinds)]


async def list_corrections(sla: ServiceUnderTest) -> list[tuple[datetime, datetime]]:
    async with sla.begin() as work:
        due = await work.session.scalars(select(CorrectionDue).order_by(CorrectionDue.window_from))
        return [(correction.window_from, correction.window_to) for correction in due]
