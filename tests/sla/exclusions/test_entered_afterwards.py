"""Maintenance that is entered when it is over: what both sides approve is excluded, also from months stated before."""

from datetime import UTC, datetime

from common.testing.plugin import ServiceUnderTest
from published.sla import MaintenanceAnnounced
from tests.sla.exclusions.conftest import MaintenanceClient, corrections
from tests.sla.problems import problem

AFTERWARDS = {"entered_afterwards": True}
WINDOW = ("10T02:00", "10T04:00")


async def test_what_both_sides_approve_is_excluded_and_restates_what_was_closed(
    maintenance: MaintenanceClient, sla: ServiceUnderTest
) -> None:
    agreement = await maintenance.signed()
    maintenance.at(20)

    entered = await maintenance.announce(WINDOW, **AFTERWARDS)
    assert (entered["state"], entered["entered_afterwards"]) == ("announced", True)
    assert await maintenance.list_outcomes(agreement) == [(*WINDOW, "not_approved")]

    by_provider = await maintenance.step(entered, "approval", maintenance.second)
    assert by_provider.json()["state"] == "announced"
    assert await maintenance.list_outcomes(agreement) == [(*WINDOW, "not_approved")]

    maintenance.at(21)
    by_customer = await maintenance.step(entered, "approval", maintenance.sla_client.customer)
    assert by_customer.json()["state"] == "approved"
    assert await maintenance.list_outcomes(agreement) == [(*WINDOW, "excluded")]
    assert await maintenance.list_outcomes(agreement, known_at="2026-02-20T12:00:00Z") == [(*WINDOW, "not_approved")]

    span = datetime(2026, 2, 10, 2, tzinfo=UTC), datetime(2026, 2, 10, 4, tzinfo=UTC)
    assert (agreement["id"], *span) in await corrections(sla)
    (event,) = [event for event in await sla.list_emitted_events() if isinstance(event, MaintenanceAnnounced)]
    assert event.entered_afterwards


async def test_the_refusal_of_either_side_leaves_the_time_counted(maintenance: MaintenanceClient) -> None:
    agreement = await maintenance.signed()
    maintenance.at(20)
    entered = await maintenance.announce(WINDOW, **AFTERWARDS)

    await maintenance.step(entered, "approval", maintenance.second)
    await maintenance.step(entered, "refusal", maintenance.sla_client.customer, reason="Nobody told us")

    assert await maintenance.list_outcomes(agreement) == [(*WINDOW, "refused")]


async def test_nobody_approves_what_they_entered(maintenance: MaintenanceClient) -> None:
    maintenance.at(20)
    entered = await maintenance.announce(WINDOW, **AFTERWARDS)
    own = await maintenance.step(entered, "approval", maintenance.sla_client.manager)
    assert problem(own) == (409, "own-maintenance-approved")


async def test_only_what_is_over_is_entered_afterwards(maintenance: MaintenanceClient) -> None:
    maintenance.at(10, 3)
    under_way = await maintenance.announced(WINDOW, **AFTERWARDS)
    assert problem(under_way) == (422, "window-not-over")
    assert under_way.json()["errors"][0]["field"] == "windows"
    maintenance.at(20)
    announced = await maintenance.announced(WINDOW)
    assert problem(announced) == (422, "window-over")


async def test_it_is_not_started_but_corrected_and_cancelled(
    maintenance: MaintenanceClient, sla: ServiceUnderTest
) -> None:
    agreement = await maintenance.signed()
    maintenance.at(20)
    entered = await maintenance.announce(WINDOW, **AFTERWARDS)
    for headers in (maintenance.second, maintenance.sla_client.customer):
        await maintenance.step(entered, "approval", headers)
    started = await maintenance.step(entered, "start", maintenance.sla_client.manager)
    assert problem(started) == (409, "maintenance-over")

    shorter = ("10T02:00", "10T03:00")
    corrected = await maintenance.change_windows(entered, shorter)
    assert (corrected.status_code, corrected.json()["state"]) == (200, "approved")
    assert await maintenance.list_outcomes(agreement) == [(*shorter, "excluded")]

    before = len(await corrections(sla))
    await maintenance.step(entered, "cancellation", maintenance.sla_client.manager, reason="It was another day")
    assert await maintenance.list_outcomes(agreement) == [(*shorter, "cancelled")]
    assert len(await corrections(sla)) == before + 1
