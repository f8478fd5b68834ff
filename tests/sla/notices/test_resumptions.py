"""A suspension that is resumed is told to be over once, whenever it is resumed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.sla import AgreementResumed
from tests.sla.conftest import SlaClient
from tests.sla.lifecycles import advance_due_agreements

REASON = {"reason": "As agreed."}
NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)


async def suspended(sla_client: SlaClient, agreement: dict[str, Any], **span: str) -> str:
    answer = await sla_client.step(agreement, "suspensions", REASON | span)
    assert answer.status_code == 201, answer.text
    return f"suspensions/{answer.json()['id']}/resumption"


async def resumptions(sla: ServiceUnderTest) -> list[datetime]:
    async with sla.begin() as work:
        await advance_due_agreements(work)
    return [event.resumed_at for event in await sla.list_emitted_events() if isinstance(event, AgreementResumed)]


async def state(sla_client: SlaClient, agreement: dict[str, Any]) -> str:
    answer = await sla_client.sla.client.get(f"/agreements/{agreement['id']}", headers=sla_client.manager)
    return str(answer.json()["state"])


@pytest.mark.parametrize("at", ["2026-02-03T12:00:00Z", "2026-02-03T11:00:00Z", "2026-02-03T14:00:00Z"])
async def test_what_began_and_is_taken_back_is_told_once(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock, at: str
) -> None:
    """From its very beginning or before, so that it never was; or from some time ago."""
    agreement = await sla_client.signed()
    resumption = await suspended(sla_client, agreement)
    clock.now = datetime(2026, 2, 4, 12, tzinfo=UTC)
    assert await state(sla_client, agreement) == "suspended"
    notice = (await sla_client.step(agreement, resumption, REASON | {"at": at})).json()
    assert (notice["state"], await resumptions(sla)) == ("pending", [])
    await sla_client.step(agreement, f"notices/{notice['id']}/consent", {}, sla_client.customer)
    assert (await state(sla_client, agreement), await resumptions(sla)) == ("active", [datetime.fromisoformat(at)])


async def test_what_is_suspended_and_resumed_on_the_same_instant_is_told_once(
    sla_client: SlaClient, sla: ServiceUnderTest
) -> None:
    agreement = await sla_client.signed()
    await sla_client.step(agreement, await suspended(sla_client, agreement), REASON)
    assert (await state(sla_client, agreement), await resumptions(sla)) == ("active", [NOON])


async def test_a_later_suspension_is_called_off_while_another_one_lasts(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed()
    await suspended(sla_client, agreement, to="2026-02-05T12:00:00Z")
    later = await suspended(sla_client, agreement, **{"from": "2026-02-10T12:00:00Z", "to": "2026-02-11T12:00:00Z"})
    assert (await sla_client.step(agreement, later, REASON)).status_code == 201
    assert (await state(sla_client, agreement), await resumptions(sla)) == ("suspended", [NOON])
    clock.now = datetime(2026, 2, 12, 12, tzinfo=UTC)
    assert await resumptions(sla) == [NOON, datetime(2026, 2, 5, 12, tzinfo=UTC)]
    assert await state(sla_client, agreement) == "active"


async def test_what_is_resumed_later_is_told_when_its_time_comes(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await sla_client.signed()
    await sla_client.step(agreement, await suspended(sla_client, agreement), REASON | {"at": "2026-02-05T12:00:00Z"})
    assert (await state(sla_client, agreement), await resumptions(sla)) == ("suspended", [])
    clock.now = datetime(2026, 2, 5, 12, tzinfo=UTC)
    assert await resumptions(sla) == [clock.now]
    assert await resumptions(sla) == [clock.now]
