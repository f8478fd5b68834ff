"""Planning a batch: however a stream is cut into batches, each aggregate's events are applied once and in order."""

import itertools
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from common.events.envelope import Envelope
from common.events.inbox_plan import Aggregate, AggregateProgress, InboxOutcome, plan_batch
from common.events.reactions import Delivery, Reaction, group_by_class
from common.ids import new_id
from tests.common.conftest import NoteFiled, NoteWritten, note_reading

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def envelope(subject: str, version: int, oldest: int = 1) -> Envelope:
    return Envelope(uuid4(), "notes", "NoteWritten", subject, version, oldest, NOW, "c", None, "{}")


class StoredInbox:
    """What the database keeps between batches."""

    def __init__(self) -> None:
        self.versions: dict[Aggregate, int] = defaultdict(int)
        self.held: dict[Aggregate, dict[int, Envelope]] = defaultdict(dict)
        self.applied: dict[Aggregate, list[int]] = defaultdict(list)

    def process(self, batch: list[Envelope]) -> list[InboxOutcome]:
        outcomes = self._apply(batch)
        while ready := self._list_ready():
            self._apply(ready)
        return outcomes

    def _apply(self, batch: list[Envelope]) -> list[InboxOutcome]:
        keys = {event.aggregate for event in batch}
        progress = {key: AggregateProgress(self.versions[key], sorted(self.held[key])) for key in keys}
        plan = plan_batch(batch, progress)
        for event in plan.applied:
            self.applied[event.aggregate].append(event.version)
        self.versions |= plan.versions
        for event in plan.held_events:
            self.held[event.aggregate].setdefault(event.version, event)
        for key, version in plan.versions.items():
            self.held[key] = {number: event for number, event in self.held[key].items() if number > version}
        return plan.outcomes

    def _list_ready(self) -> list[Envelope]:
        waiting = {key: held for key, held in self.held.items() if held}
        oldest = {key: max(event.oldest for event in held.values()) for key, held in waiting.items()}
        ready = [key for key, held in waiting.items() if min(held) <= max(self.versions[key] + 1, oldest[key])]
        return [self.held[key][version] for key in ready for version in sorted(self.held[key])]

    def state(self) -> tuple[Any, ...]:
        held = {key: sorted(events) for key, events in self.held.items() if events}
        return dict(self.versions), dict(self.applied), held


@st.composite
def streams(draw: st.DrawFn) -> list[Envelope]:
    """Draw the events of some aggregates: shuffled, some of them repeated, some missing."""
    counts = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    events = [
        envelope(f"note {number}", version) for number, last in enumerate(counts) for version in range(1, last + 1)
    ]
    missing = draw(st.sets(st.integers(0, len(events) - 1), max_size=2))
    kept = [event for place, event in enumerate(events) if place not in missing]
    repeated = draw(st.lists(st.sampled_from(kept), max_size=6)) if kept else []
    return draw(st.permutations(kept + repeated))


def cut(stream: list[Envelope], sizes: list[int]) -> list[list[Envelope]]:
    batches, rest = [], stream
    for size in sizes:
        batches.append(rest[:size])
        rest = rest[size:]
    return [batch for batch in [*batches, rest] if batch]


@given(streams(), st.lists(st.integers(1, 7), max_size=8))
def test_any_cut_of_a_stream_into_batches_leaves_the_same_as_one_by_one(
    stream: list[Envelope], sizes: list[int]
) -> None:
    alone, together = StoredInbox(), StoredInbox()

    for event in stream:
        alone.process([event])
    for batch in cut(stream, sizes):
        together.process(batch)

    assert together.state() == alone.state()


@given(streams(), st.lists(st.integers(1, 7), max_size=8))
def test_each_aggregate_is_applied_without_a_gap_and_without_a_repetition(
    stream: list[Envelope], sizes: list[int]
) -> None:
    inbox = StoredInbox()

    outcomes = [outcome for batch in cut(stream, sizes) for outcome in inbox.process(batch)]

    for key, versions in inbox.applied.items():
        assert versions == list(range(1, inbox.versions[key] + 1))
    here = {(event.aggregate, event.version) for event in stream}
    waiting = {(key, version) for key, held in inbox.held.items() for version in held}
    done = {(key, version) for key, versions in inbox.applied.items() for version in versions}
    assert done | waiting == here
    assert not done & waiting
    assert len(outcomes) == len(stream)


@given(st.permutations([(5, 1), (9, 9), (10, 9), (3, 1)]), st.lists(st.integers(1, 4), max_size=3))
def test_versions_that_can_never_come_are_passed_over_but_no_event_that_is_here(
    arrivals: list[tuple[int, int]], sizes: list[int]
) -> None:
    """The service has lost versions 1 to 8, and two of them were on their way."""
    inbox = StoredInbox()

    for batch in cut([envelope("note", version, oldest) for version, oldest in arrivals], sizes):
        inbox.process(batch)

    versions = [version for version, _ in arrivals]
    applied = inbox.applied["notes", "note"]
    assert set(applied) >= {9, 10}.union(itertools.takewhile(lambda version: version < 9, versions))
    assert applied == sorted(set(applied))


def test_versions_that_were_deleted_before_they_came_are_counted() -> None:
    first, second = envelope("note", 4, oldest=4), envelope("note", 7, oldest=6)

    plan = plan_batch([first, second], {first.aggregate: AggregateProgress(version=1)})

    assert plan.applied == [first]
    assert plan.held_events == [second]
    assert plan.passed_over == {first.aggregate: 3}
    assert plan.versions == {first.aggregate: 5}


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=30))
def test_groups_hold_one_class_and_keep_the_order_of_each_aggregate(events: list[tuple[int, bool]]) -> None:
    notes = [new_id() for _ in range(5)]
    reaction = Reaction("any", note_reading)
    deliveries = [
        Delivery(
            envelope(str(note), place + 1),
            NoteFiled(note_id=notes[note], shelf="s") if is_filed else NoteWritten(note_id=notes[note], text="t"),
            reaction,
        )
        for place, (note, is_filed) in enumerate(events)
    ]

    groups = group_by_class(deliveries)

    assert all(len({type(delivery.event) for delivery in group}) == 1 for group in groups)
    flat = [delivery for group in groups for delivery in group]
    assert sorted(map(id, flat)) == sorted(map(id, deliveries))
    for note in range(5):
        own = [delivery.envelope.version for delivery in flat if delivery.envelope.subject == str(note)]
        assert own == sorted(own)


def test_events_of_many_aggregates_share_a_group_though_their_classes_take_turns() -> None:
    reaction = Reaction("any", note_reading)
    deliveries = []
    for number in range(10):
        note = new_id()
        deliveries += [
            Delivery(envelope(str(number), 1), NoteWritten(note_id=note, text="t"), reaction),
            Delivery(envelope(str(number), 2), NoteFiled(note_id=note, shelf="s"), reaction),
        ]

    assert [len(group) for group in group_by_class(deliveries)] == [10, 10]
