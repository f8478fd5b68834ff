"""Plans a batch of events: which are applied and in which order, which wait for their turn, which are repeated."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from common.events.envelope import Envelope

Aggregate = tuple[str, str]
"""The service that emits its events, and its id."""


class InboxOutcome(Enum):
    APPLIED = "applied"
    DUPLICATE = "duplicate"
    HELD = "held"


@dataclass(slots=True)
class AggregateProgress:
    """The point up to which the events of one aggregate have been applied, and what waits behind it."""

    version: int
    """The last version applied, or no longer available."""
    held_versions: Sequence[int] = ()
    """The versions that the database holds for their turn, ascending."""
    early: dict[int, int] = field(default_factory=dict)
    """The places in the batch of events whose turn has not come, by version."""
    oldest: int = 1
    """The oldest version that its service still holds, as far as the batch says."""
    passed_over: int = 0
    """The versions that were never here and can no longer come."""

    def take_ready(self) -> int | None:
        """Advance to the next event whose turn has come, and return its place in the batch.

        Versions that its service no longer holds are passed over, up to an event that is here.
        """
        next_held = self.held_versions[bisect_right(self.held_versions, self.version) :][:1]
        reachable = max(self.version, min([*self.early, *next_held, self.oldest]) - 1)
        self.passed_over += reachable - self.version
        self.version = reachable
        place = self.early.pop(self.version + 1, None)
        if place is not None:
            self.version += 1
        return place


@dataclass(frozen=True, slots=True)
class InboxPlan:
    outcomes: list[InboxOutcome]
    """What becomes of each event, in the order in which they came."""
    applied: list[Envelope]
    """The events to apply, in an order that is right for each aggregate."""
    held_events: list[Envelope]
    """The events whose predecessors are missing."""
    versions: dict[Aggregate, int]
    """The version of each aggregate afterwards."""
    passed_over: dict[Aggregate, int] = field(default_factory=dict)
    """The number of versions per aggregate that were never here and can no longer come."""


def plan_batch(envelopes: Sequence[Envelope], progress: Mapping[Aggregate, AggregateProgress]) -> InboxPlan:
    """Plan the events in the order in which they came; `progress` has all their aggregates, and is used up."""
    outcomes = [InboxOutcome.DUPLICATE] * len(envelopes)
    applied: list[Envelope] = []
    for place, envelope in enumerate(envelopes):
        aggregate = progress[envelope.aggregate]
        aggregate.oldest = max(aggregate.oldest, envelope.oldest)
        if envelope.version > aggregate.version:
            aggregate.early.setdefault(envelope.version, place)
            outcomes[place] = InboxOutcome.HELD
        while (ready := aggregate.take_ready()) is not None:
            outcomes[ready] = InboxOutcome.APPLIED
            applied.append(envelopes[ready])
    early = [envelopes[place] for aggregate in progress.values() for place in aggregate.early.values()]
    versions = {key: aggregate.version for key, aggregate in progress.items()}
    passed_over = {key: aggregate.passed_over for key, aggregate in progress.items() if aggregate.passed_over}
    return InboxPlan(outcomes, applied, early, versions, passed_over)
