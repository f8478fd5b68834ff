"""Later terms change nothing for a clock that has started, and an agreement that is over binds nothing new."""

from typing import Any

from common.testing.fake_issuer import FakeClock
from tests.sla.incidents.desk import FAST, OBJECTIVES, Desk, desk_of, promised


def stricter() -> list[dict[str, Any]]:
    return [dict(one) | {"within": "PT10M", "name": f"{one['name']}, soon"} for one in OBJECTIVES]


async def amend(desk: Desk, day: str, **changes: Any) -> None:
    shop = desk.shop
    terms = shop.terms(**promised(objectives=stricter(), starts_on=day, **changes))
    drafted = await shop.step(desk.agreement, "amendments", {"terms": terms})
    assert drafted.status_code == 201, drafted.text
    await shop.step(desk.agreement, "proposals", {})
    accepted = (await shop.step(desk.agreement, "acceptances", {}, shop.customer)).json()
    signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
    await shop.step(desk.agreement, "signatures", signature)
    signed = await shop.step(desk.agreement, "signatures", signature, shop.customer)
    assert signed.status_code == 201, signed.text


def brief(clock: dict[str, Any]) -> tuple[int, str, str, str]:
    return clock["agreement_version"], clock["objective_name"], clock["within"], clock["verdict"]


async def test_later_terms_do_not_change_a_clock_that_has_started(desk: Desk) -> None:
    started = await desk.took(desk.opened("INC1", "11:50"))
    await amend(desk, "2026-02-10")
    desk.at("2026-02-11T00:00:00")
    # Told after the amendment, of before it: still what bound on the day on which it opened.
    late = await desk.took(desk.opened("INC2", "2026-02-09T23:00:00Z"))
    after = await desk.took(desk.opened("INC3", "2026-02-10T00:00:00Z"))
    await desk.took(
        *(desk.event(f"INC{number}", "assigned", "2026-02-10T12:00:00Z", assignee="A") for number in (1, 2, 3))
    )
    await desk.took(desk.event("INC1", "resolved", "12:30"), desk.event("INC2", "resolved", "2026-02-10T03:00:00Z"))
    await desk.took(desk.event("INC3", "resolved", "2026-02-10T00:30:00Z"))
    first = (1, "Pressing ones solved", "PT4H", "in_time")
    assert [brief((await desk.clocks(one))[FAST]) for one in (started, late)] == [first, first]
    assert brief((await desk.clocks(after))[FAST]) == (2, "Pressing ones solved, soon", "PT10M", "late")


async def test_an_agreement_that_is_over_binds_nothing_new_and_lets_started_clocks_run_on(
    shop: Any, clock: FakeClock
) -> None:
    desk = await desk_of(shop, clock, promised(ends_on="2026-02-03"))
    running = await desk.took(desk.opened("INC1", "11:00"))
    desk.at("2026-02-05T00:00:00")
    last = await desk.took(desk.opened("INC2", "2026-02-03T23:59:59Z"))
    beyond = await desk.took(desk.opened("INC3", "2026-02-04T00:00:00Z"))
    await desk.took(desk.event("INC1", "acknowledged", "2026-02-04T12:00:00Z"))
    assert (await desk.clocks(running))[FAST]["verdict"] == "late"
    assert (await desk.clocks(last))[FAST]["verdict"] == "late"
    assert await desk.clocks(beyond) == {}


async def binding(desk: Desk, incident: str) -> set[str]:
    return {clock["agreement_id"] for clock in (await desk.read(f"/incidents/{incident}"))["clocks"]}


async def test_an_agreement_signed_later_does_not_bind_what_was_told_before(desk: Desk) -> None:
    """Although it is valid from before."""
    incident = await desk.took(desk.opened("INC1", "11:00"))
    desk.at("12:01")
    another = await desk.shop.signed(**promised(name="Another", objectives=stricter()))
    await desk.took(desk.event("INC1", "acknowledged", "11:10"))
    assert await binding(desk, incident) == {desk.agreement["id"]}
    # An earlier opening is told now, and bound by what was known when the first one was told.
    await desk.took(desk.opened("INC1", "10:00"))
    assert await binding(desk, incident) == {desk.agreement["id"]}
    assert await binding(desk, await desk.took(desk.opened("INC2", "11:00"))) == {desk.agreement["id"], another["id"]}
