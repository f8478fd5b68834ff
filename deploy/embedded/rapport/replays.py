"""Sends events again, and builds read models anew from them."""

from dataclasses import dataclass
from importlib import import_module

from common import replay
from common.replay import Selection
from published.event import known_events
from rapport.access import desk_of
from rapport.errors import Trouble


class NothingToRebuild(Trouble):
    def __init__(self, service: str) -> None:
        super().__init__(f"The service {service} has no read models: what it keeps cannot be built from events alone.")


async def count(service: str, url: str, selection: Selection) -> int:
    async with desk_of(service, url) as desk, desk.runtime.begin(desk.operator) as work:
        return await replay.count(work, desk.runtime.tables, selection)


async def send(service: str, url: str, selection: Selection) -> int:
    """Put the events on the pending list again; the running relay sends them. Returns how many were not there yet."""
    async with desk_of(service, url) as desk, desk.runtime.begin(desk.operator) as work:
        return await replay.requeue(work, desk.runtime.tables, selection)


@dataclass(frozen=True)
class Rebuild:
    tables: list[str]
    sources: dict[str, int]
    """How many events each source sends again."""


async def plan(service: str, url: str) -> Rebuild:
    async with desk_of(service, url) as desk:
        if not desk.service.projections:
            raise NothingToRebuild(service)
        sources = sorted({event.service for event in desk.service.subscriptions})
        counts = {source: await count(source, url, Selection()) for source in sources}
        return Rebuild([table.fullname for table in desk.service.projections], counts)


async def rebuild(service: str, url: str) -> None:
    """Empty the service's read models, then let every service it listens to tell everything again."""
    planned = await plan(service, url)
    async with desk_of(service, url) as desk, desk.runtime.begin(desk.operator) as work:
        await replay.forget(work, desk.service, desk.runtime.tables)
    for source in planned.sources:
        await send(source, url, Selection())


def full_type(service: str, name: str | None) -> str | None:
    """The CloudEvents type of an event class of `service`, given as either."""
    import_module(f"published.{service}")
    types = {kind: event for kind, event in known_events().items() if event.service == service}
    if name is None or name in types:
        return name
    for kind, event in types.items():
        if event.__name__ == name:
            return kind
    raise Trouble(f"{service} tells no event {name}. It tells {', '.join(sorted(e.__name__ for e in types.values()))}.")
