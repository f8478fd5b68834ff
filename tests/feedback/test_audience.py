"""Reactions to engagement: the same in any order of customers, and however often an event comes."""

import random
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from common.ids import new_id
from feedback.audience.model import CustomerReplica, MemberReplica
from feedback.subscriptions import SUBSCRIPTIONS
from published.engagement import CustomerRegistered, CustomerRenamed, PersonJoined, PersonLeft, PersonRoleChanged
from published.event import Event


def life_of(customer: UUID, people: list[UUID]) -> list[Event]:
    """Registered, three people join, one leaves and comes back, another leaves for good, renamed."""
    return [
        CustomerRegistered(
            customer_id=customer, name="Before", parent_id=None, registered_at=datetime(2026, 1, 1, tzinfo=UTC)
        ),
        *(PersonJoined(customer_id=customer, person_id=person, role="user") for person in people),
        PersonLeft(customer_id=customer, person_id=people[0]),
        PersonLeft(customer_id=customer, person_id=people[1]),
        PersonJoined(customer_id=customer, person_id=people[0], role="user"),
        CustomerRenamed(customer_id=customer, name="After"),
        PersonRoleChanged(customer_id=customer, person_id=people[2], role="key user"),
    ]


async def load_audience(feedback: Any) -> tuple[set[tuple[UUID, str]], set[tuple[UUID, UUID, str | None]]]:
    async with feedback.trial.begin() as work:
        customers = [
            tuple(row) for row in await work.session.execute(select(CustomerReplica.customer_id, CustomerReplica.name))
        ]
        columns = MemberReplica.customer_id, MemberReplica.person_id, MemberReplica.role
        members = [tuple(row) for row in await work.session.execute(select(*columns))]
    return set(customers), set(members)


@pytest.mark.parametrize("seed", range(5))
async def test_any_interleaving_with_repetitions_gives_the_same_audience(feedback: Any, seed: int) -> None:
    luck = random.Random(seed)
    customers = {new_id(): [new_id() for _ in range(3)] for _ in range(3)}
    waiting = [life_of(customer, people) for customer, people in customers.items()]
    while waiting:
        events = luck.choice(waiting)
        event = events.pop(0)
        for _ in range(luck.randint(1, 2)):
            await feedback.trial.receive(event)
        waiting = [events for events in waiting if events]
    names, members = await load_audience(feedback)
    assert names == {(customer, "After") for customer in customers}
    roles = {0: "user", 2: "key user"}
    assert members == {
        (customer, people[place], role) for customer, people in customers.items() for place, role in roles.items()
    }


def test_every_event_of_engagement_about_people_has_a_reaction() -> None:
    assert set(SUBSCRIPTIONS) == {CustomerRegistered, CustomerRenamed, PersonJoined, PersonRoleChanged, PersonLeft}
