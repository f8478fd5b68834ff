"""Dead letters: events whose reaction kept failing."""

from typing import Any
from uuid import UUID

from common.events import dead_letters
from common.events.inbox import Inbox
from rapport.operations.operator_access import OperatorAccess, open_operator_access


def build_inbox(access: OperatorAccess) -> Inbox:
    return Inbox(access.service.name, access.runtime.tables, access.service.subscriptions)


async def list_dead_letters(service: str, url: str) -> list[dict[str, Any]]:
    async with open_operator_access(service, url) as access, access.runtime.begin(access.operator) as work:
        return await dead_letters.list_dead_letters(work, access.runtime.tables)


async def retry_dead_letters(service: str, url: str, event_id: UUID | None) -> int:
    """Retry one dead letter or all, and return how many were applied."""
    async with open_operator_access(service, url) as access:
        return await dead_letters.retry_dead_letters(access.runtime, build_inbox(access), event_id)


async def discard_dead_letter(service: str, url: str, event_id: UUID) -> bool:
    async with open_operator_access(service, url) as access:
        return await dead_letters.discard_dead_letter(access.runtime, build_inbox(access), event_id)
