"""A service's reactions to events: one event at a time, or a whole set where they only write rows of replicas."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.principal import SYSTEM
from common.events.envelope import Envelope
from common.runtime import Runtime
from common.unit_of_work import UnitOfWork
from published.event import Event


@dataclass(frozen=True, slots=True)
class Reaction:
    """A service's reaction to an event of another one, applied exactly once per event."""

    name: str
    """Kept beside the id of each event it was applied to, so it outlives the name of the function."""
    apply: Callable[[UnitOfWork, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class SetReaction:
    """A reaction to many events of one class at once, in their order: it neither emits events nor changes entities."""

    name: str
    """Kept beside the id of each event it was applied to, so it outlives the name of the function."""
    apply_all: Callable[[UnitOfWork, Sequence[Any]], Awaitable[None]]

    async def apply(self, work: UnitOfWork, event: Event) -> None:
        await self.apply_all(work, [event])


Subscriptions = Mapping[type[Event], Reaction | SetReaction]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event with the reaction that it is delivered to."""

    envelope: Envelope
    event: Event
    reaction: Reaction | SetReaction


def group_by_class(deliveries: Iterable[Delivery]) -> list[list[Delivery]]:
    """Group events of one class, as few groups as an easy rule gives, without a change of any aggregate's own order.

    An event joins the first group of its class that is not before the last group with an event of its aggregate.
    Between aggregates no order is promised: they come from different partitions, are held and set aside.
    """
    groups: list[list[Delivery]] = []
    places: dict[type[Event], list[int]] = {}
    last_places: dict[tuple[str, str], int] = {}
    for delivery in deliveries:
        kind, aggregate = type(delivery.event), delivery.envelope.aggregate
        earliest = last_places.get(aggregate, 0)
        place = next((place for place in places.get(kind, ()) if place >= earliest), None)
        if place is None:
            place = len(groups)
            groups.append([])
            places.setdefault(kind, []).append(place)
        groups[place].append(delivery)
        last_places[aggregate] = place
    return groups


async def apply_reactions(runtime: Runtime, session: AsyncSession, deliveries: Iterable[Delivery]) -> list[UnitOfWork]:
    """Apply the reactions in one transaction, and return their units of work, whose events are still to be written."""
    works = []
    for group in group_by_class(deliveries):
        reaction = group[0].reaction
        if isinstance(reaction, SetReaction):
            await _apply_to_set(runtime, session, reaction, [delivery.event for delivery in group])
        else:
            works += [await _apply_to_event(runtime, session, reaction, delivery) for delivery in group]
    return works


async def _apply_to_set(
    runtime: Runtime, session: AsyncSession, reaction: SetReaction, events: Sequence[Event]
) -> None:
    work = runtime.build_unit_of_work(session, SYSTEM, None, None)
    await reaction.apply_all(work, events)
    if work.has_changes:
        raise TypeError(f"{reaction.name} changed entities or emitted events, for which a set has no single cause")


async def _apply_to_event(
    runtime: Runtime, session: AsyncSession, reaction: Reaction, delivery: Delivery
) -> UnitOfWork:
    envelope = delivery.envelope
    work = runtime.build_unit_of_work(session, SYSTEM, envelope.correlation, str(envelope.id))
    await reaction.apply(work, delivery.event)
    await runtime.write_changes(work)
    session.expunge_all()  # each event reads its own state
    return work
