"""Suspensions: from now on, planned, called off, and of what was in the past."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.sla import AgreementResumed, AgreementSuspended
from sla.agreements import store
from tests.sla.conftest import SlaClient
from tests.sla.notices.steps import REASON, advance_to, list_corrections, list_emitted, read_agreement
from tests.sla.problems import problem


async def test_one_side_suspends_from_now_on_and_resumes(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed()
    suspended = await sla_client.step(agreement, "suspensions", REASON)
    assert (suspended.status_code, suspended.json()["state"]) == (201, "effective")
    assert suspended.json()["from"] == "2026-02-03T12:00:00Z"
    assert (await read_agreement(sla_client, agreement))["state"] == "suspended"
    clock.now += timedelta(days=2)
    path = f"suspensions/{suspended.json()['id']}/resumption"
    resumed = await sla_client.step(agreement, path, REASON, sla_client.customer)
    assert (resumed.status_code, resumed.json()["state"]) == (201, "effective")
    assert (await read_agreement(sla_client, agreement))["state"] == "active"
    assert problem(await sla_client.step(agreement, path, REASON)) == (409, "not-suspended")
    async with sla.begin() as work:
        (suspension,) = await store.list_suspensions(work, UUID(agreement["id"]))
    assert (suspension.from_, suspension.to) == (
        datetime(2026, 2, 3, 12, tzinfo=UTC),
        datetime(2026, 2, 5, 12, tzinfo=UTC),
    )
    events = await list_emitted(sla, AgreementSuspended, AgreementResumed)
    assert [type(event) for event in events] == [AgreementSuspended, AgreementResumed]
    assert events[1].resumed_at == suspension.to
    assert await list_corrections(sla) == []


async def test_a_planned_suspension_begins_and_ends_by_itself(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed()
    planned = {"from": "2026-02-10T00:00:00Z", "to": "2026-02-12T00:00:00Z"}
    assert (await sla_client.step(agreement, "suspensions", REASON | planned)).status_code == 201
    states = []
    for day in (9, 10, 11, 12):
        await advance_to(sla, clock, datetime(2026, 2, day, tzinfo=UTC))
        states.append((await read_agreement(sla_client, agreement))["state"])
    assert states == ["active", "suspended", "suspended", "active"]
    (event,) = await list_emitted(sla, AgreementResumed)
    assert event.resumed_at == datetime(2026, 2, 12, tzinfo=UTC)


async def test_a_suspension_can_be_called_off_before_it_begins(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed()
    planned = (await sla_client.step(agreement, "suspensions", REASON | {"from": "2026-02-10T00:00:00Z"})).json()
    await sla_client.step(agreement, f"suspensions/{planned['id']}/resumption", REASON)
    await advance_to(sla, clock, datetime(2026, 2, 11, tzinfo=UTC))
    assert (await read_agreement(sla_client, agreement))["state"] == "active"
    async with sla.begin() as work:
        assert await store.list_suspensions(work, UUID(agreement["id"])) == []
    assert len(await list_emitted(sla, AgreementResumed)) == 1


async def test_what_was_in_the_past_is_suspended_by_both_sides_only_and_stated_again(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed()
    clock.now = datetime(2026, 4, 1, tzinfo=UTC)
    past = {"from": "2026-02-10T00:00:00Z", "to": "2026-02-20T00:00:00Z"}
    notice = await sla_client.step(agreement, "suspensions", REASON | past)
    assert notice.json()["state"] == "pending"
    async with sla.begin() as work:
        assert await store.list_suspensions(work, UUID(agreement["id"])) == []
    consent = f"notices/{notice.json()['id']}/consent"
    assert (await sla_client.step(agreement, consent, {}, sla_client.customer)).json()["state"] == "effective"
    assert (await read_agreement(sla_client, agreement))["state"] == "active"
    start, end = (datetime(2026, 2, day, tzinfo=UTC) for day in (10, 20))
    assert await list_corrections(sla) == [(start, end)]
    async with sla.begin() as work:
        (suspension,) = await store.list_suspensions(work, UUID(agreement["id"]))
        assert await store.list_suspensions(work, UUID(agreement["id"]), known_at=work.now - timedelta(seconds=1)) == []
    assert (suspension.from_, suspension.to) == (start, end)
    middle = datetime(2026, 2, 15, tzinfo=UTC)
    path = f"suspensions/{notice.json()['id']}/resumption"
    shorter = (
        await sla_client.step(agreement, path, REASON | {"at": "2026-02-15T00:00:00Z"}, sla_client.customer)
    ).json()
    assert shorter["state"] == "pending"
    assert (await sla_client.step(agreement, f"notices/{shorter['id']}/consent", {})).json()["state"] == "effective"
    assert await list_corrections(sla) == [(start, end), (middle, end)]
    (event,) = await list_emitted(sla, AgreementResumed)
    assert event.resumed_at == middle


@pytest.mark.parametrize(
    ("body", "status", "name", "field"),
    [
        ({"from": "2026-02-12T00:00:00Z"}, 422, "suspensions-overlap", "from"),
        ({"from": "2026-02-04T00:00:00Z", "to": "2026-02-10T00:00:01Z"}, 422, "suspensions-overlap", "from"),
        ({"from": "2026-07-01T12:00:00Z"}, 422, "suspension-outside-agreement", "from"),
        ({"from": "2026-01-14T12:00:00Z"}, 422, "suspension-outside-agreement", "from"),
        ({"to": "2026-02-03T12:00:00Z"}, 422, "suspension-outside-agreement", "to"),
        ({"from": "2026-02-04T00:00:00Z", "to": "2026-02-04T00:00:00Z"}, 422, "invalid", "to"),
        ({"from": "yesterday"}, 422, "invalid", "from"),
        ({"reason": ""}, 422, "invalid", "reason"),
    ],
)
async def test_suspensions_that_cannot_be_are_refused(
    sla_client: SlaClient, body: dict[str, Any], status: int, name: str, field: str
) -> None:
    agreement = await sla_client.signed(ends_on="2026-06-30")
    earlier_suspension = {"from": "2026-02-10T00:00:00Z", "to": "2026-02-20T00:00:00Z"}
    assert (await sla_client.step(agreement, "suspensions", REASON | earlier_suspension)).status_code == 201
    refused = await sla_client.step(agreement, "suspensions", REASON | body)
    assert problem(refused) == (status, name)
    assert refused.json()["errors"][0]["field"] == field


async def test_suspensions_may_touch(sla_client: SlaClient) -> None:
    agreement = await sla_client.signed()
    for first, last in ((10, 12), (12, 14), (8, 10)):
        span = {"from": f"2026-02-{first:02}T00:00:00Z", "to": f"2026-02-{last:02}T00:00:00Z"}
        assert (await sla_client.step(agreement, "suspensions", REASON | span)).status_code == 201
