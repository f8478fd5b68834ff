"""Dead letters: events whose reaction kept failing."""

from typing import Any
from uuid import UUID

from common import replay
from common.inbox import Inbox
from rapport.access import Desk, desk_of


def inbox_of(desk: Desk) -> Inbox:
    return Inbox(desk.service.name, desk.runtime.tables, desk.service.subscriptions)


async def listed(service: str, url: str) -> list[dict[str, Any]]:
    async with desk_of(service, url) as desk, desk.runtime.begin(desk.operator) as work:
        return await inbox_of(desk).dead_letters(work)


async def retry(service: str, url: str, event_id: UUID | None) -> int:
    """Give one letter, or all, another chance; how many had their effect now."""
    async with desk_of(service, url) as desk:
        return await replay.retry(desk.runtime, inbox_of(desk), event_id)


async def discard(service: str, url: str, event_id: UUID) -> bool:
    async with desk_of(service, url) as desk:
        return await replay.discard(desk.runtime, inbox_of(desk), event_id)
