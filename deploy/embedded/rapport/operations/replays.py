"""Sends events again, and builds read models anew from them."""

from dataclasses import dataclass
from importlib import import_module

from common.events import replay
from common.events.replay import EventSelection
from published.event import registered_events
from rapport.errors import CommandError
from rapport.operations.operator_access import open_operator_access


class NothingToRebuild(CommandError):
    def __init__(self, service: str) -> None:
        super().__init__(f"The service {service} has no read models: what it keeps cannot be built from events alone.")


async def count_events(service: str, url: str, selection: EventSelection) -> int:
    async with open_operator_access(service, url) as access, access.runtime.begin(access.operator) as work:
        return await replay.count_events(work, access.runtime.tables, selection)


async def requeue_events(service: str, url: str, selection: EventSelection) -> int:
    """Put the events on the pending list again; the running relay sends them. Returns how many were not there yet."""
    async with open_operator_access(service, url) as access, access.runtime.begin(access.operator) as work:
        return await replay.requeue_events(work, access.runtime.tables, selection)


@dataclass(frozen=True)
class RebuildPlan:
    tables: list[str]
    sources: dict[str, int]
    """The number of events that each source sends again."""


async def plan_rebuild(service: str, url: str) -> RebuildPlan:
    async with open_operator_access(service, url) as access:
        if not access.service.projections:
            raise NothingToRebuild(service)
        sources = sorted({event.service for event in access.service.subscriptions})
        counts = {source: await count_events(source, url, EventSelection()) for source in sources}
        return RebuildPlan([str(entity.__table__) for entity in access.service.projections], counts)


async def rebuild_projections(service: str, url: str) -> None:
    """Empty the service's read models, then have its sources send all their events again."""
    planned = await plan_rebuild(service, url)
    async with open_operator_access(service, url) as access, access.runtime.begin(access.operator) as work:
        await replay.clear_projections(work, access.service, access.runtime.tables)
    for source in planned.sources:
        await requeue_events(source, url, EventSelection())


def resolve_event_type(service: str, name: str | None) -> str | None:
    """Return the CloudEvents type of an event of `service`, given by its type or class name."""
    import_module(f"published.{service}")
    types = {kind: event for kind, event in registered_events().items() if event.service == service}
    if name is None or name in types:
        return name
    for kind, event in types.items():
        if event.__name__ == name:
            return kind
    raise CommandError(
        f"{service} emits no event {name}. It emits {', '.join(sorted(e.__name__ for e in types.values()))}."
    )
