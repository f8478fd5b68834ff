"""A suspension that is resumed is told to be over once, whenever it is resumed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.sla import AgreementResumed
from tests.sla.conftest import Shop
from tests.sla.lifecycles import advance_due_agreements

REASON = {"reason": "As agreed."}
NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)


async def suspended(shop: Shop, agreement: dict[str, Any], **span: str) -> str:
    answer = await shop.step(agreement, "suspensions", REASON | span)
    assert answer.status_code == 201, answer.text
    return f"suspensions/{answer.json()['id']}/resumption"


async def resumptions(sla: ServiceUnderTest) -> list[datetime]:
    async with sla.begin() as work:
        await advance_due_agreements(work)
    return [one.resumed_at for one in await sla.list_emitted_events() if isinstance(one, AgreementResumed)]


async def state(shop: Shop, agreement: dict[str, Any]) -> str:
    answer = await shop.sla.client.get(f"/agreements/{agreement['id']}", headers=shop.manager)
    return str(answer.json()["state"])


@pytest.mark.parametrize("at", ["2026-02-03T12:00:00Z", "2026-02-03T11:00:00Z", "2026-02-03T14:00:00Z"])
async def test_what_began_and_is_taken_back_is_told_once(
    shop: Shop, sla: ServiceUnderTest, clock: FakeClock, at: str
) -> None:
    """From its very beginning or before, so that it never was; or from some time ago."""
    agreement = await shop.signed()
    resumption = await suspended(shop, agreement)
    clock.now = datetime(2026, 2, 4, 12, tzinfo=UTC)
    assert await state(shop, agreement) == "suspended"
    asked = (await shop.step(agreement, resumption, REASON | {"at": at})).json()
    assert (asked["state"], await resumptions(sla)) == ("pending", [])
    await shop.step(agreement, f"notices/{asked['id']}/consent", {}, shop.customer)
    assert (await state(shop, agreement), await resumptions(sla)) == ("active", [datetime.fromisoformat(at)])


async def test_what_is_suspended_and_resumed_on_the_same_instant_is_told_once(
    shop: Shop, sla: ServiceUnderTest
) -> None:
    agreement = await shop.signed()
    await shop.step(agreement, await suspended(shop, agreement), REASON)
    assert (await state(shop, agreement), await resumptions(sla)) == ("active", [NOON])


async def test_a_later_suspension_is_called_off_while_another_one_lasts(
    shop: Shop, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await shop.signed()
    await suspended(shop, agreement, to="2026-02-05T12:00:00Z")
    later = await suspended(shop, agreement, **{"from": "2026-02-10T12:00:00Z", "to": "2026-02-11T12:00:00Z"})
    assert (await shop.step(agreement, later, REASON)).status_code == 201
    assert (await state(shop, agreement), await resumptions(sla)) == ("suspended", [NOON])
    clock.now = datetime(2026, 2, 12, 12, tzinfo=UTC)
    assert await resumptions(sla) == [NOON, datetime(2026, 2, 5, 12, tzinfo=UTC)]
    assert await state(shop, agreement) == "active"


async def test_what_is_resumed_later_is_told_when_its_time_comes(
    shop: Shop, sla: ServiceUnderTest, clock: FakeClock
) -> None:
    agreement = await shop.signed()
    await shop.step(agreement, await suspended(shop, agreement), REASON | {"at": "2026-02-05T12:00:00Z"})
    assert (await state(shop, agreement), await resumptions(sla)) == ("suspended", [])
    clock.now = datetime(2026, 2, 5, 12, tzinfo=UTC)
    assert await resumptions(sla) == [clock.now]
    assert await resumptions(sla) == [clock.now]
