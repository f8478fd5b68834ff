"""Planned maintenance that changes: windows added or taken back, work done early, late or not at all."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from common.testing.plugin import ServiceUnderTest
from published.sla import MaintenanceCancelled
from sla.exclusions.maintenance.model import MaintenanceAnnouncement, MaintenanceDecision, MaintenanceWindow
from tests.sla.exclusions.conftest import MaintenanceClient, corrections
from tests.sla.problems import problem


async def test_what_is_added_needs_its_own_notice_and_approval(maintenance: MaintenanceClient) -> None:
    agreement = await maintenance.signed()
    planned = await maintenance.announce(("10T02:00", "10T04:00"))
    await maintenance.step(planned, "approval", maintenance.second)
    maintenance.at(8)
    changed = await maintenance.change_windows(planned, ("10T02:00", "10T05:00"), ("20T02:00", "20T03:00"))
    assert (changed.status_code, changed.json()["state"]) == (200, "announced")
    assert [announcement["number"] for announcement in changed.json()["announcements"]] == [1, 2]
    assert await maintenance.list_outcomes(agreement) == [
        ("10T02:00", "10T04:00", "excluded"),
        ("10T04:00", "10T05:00", "short_notice"),
        ("20T02:00", "20T03:00", "not_approved"),
    ]
    assert problem(await maintenance.step(planned, "start", maintenance.sla_client.manager)) == (
        409,
        "maintenance-not-approved",
    )
    await maintenance.step(planned, "approval", maintenance.second)
    assert [outcome for *_, outcome in await maintenance.list_outcomes(agreement)] == [
        "excluded",
        "short_notice",
        "excluded",
    ]


async def test_a_refused_change_leaves_what_was_approved_before(maintenance: MaintenanceClient) -> None:
    agreement = await maintenance.signed()
    planned = await maintenance.announce(("10T02:00", "10T04:00"))
    await maintenance.step(planned, "approval", maintenance.second)
    await maintenance.change_windows(planned, ("10T02:00", "10T04:00"), ("20T02:00", "20T03:00"))
    answer = await maintenance.step(planned, "refusal", maintenance.second, reason="Not twice")
    assert answer.json()["state"] == "approved"
    assert [outcome for *_, outcome in await maintenance.list_outcomes(agreement)] == ["excluded", "refused"]


async def test_a_withdrawn_window_still_counts_for_earlier_instants(maintenance: MaintenanceClient) -> None:
    agreement = await maintenance.signed()
    planned = await maintenance.announce(("10T02:00", "10T04:00"), ("20T02:00", "20T03:00"))
    await maintenance.step(planned, "approval", maintenance.second)
    maintenance.at(6)
    changed = await maintenance.change_windows(planned, ("10T03:00", "10T04:00"))
    assert changed.json()["state"] == "approved"
    assert [window["withdrawn_at"] is None for window in changed.json()["windows"]].count(True) == 1
    assert await maintenance.list_outcomes(agreement) == [("10T03:00", "10T04:00", "excluded")]
    before = await maintenance.list_outcomes(agreement, known_at="2026-02-05T00:00:00Z")
    assert before == [("10T02:00", "10T04:00", "excluded"), ("20T02:00", "20T03:00", "excluded")]
    assert await maintenance.list_outcomes(agreement, known_at="2026-02-03T11:00:00Z") == []
    same = await maintenance.change_windows(planned, ("10T03:00", "10T04:00"))
    assert problem(same) == (409, "windows-already-announced")


async def test_work_under_way_excludes_up_to_its_windows_end_and_not_beyond(maintenance: MaintenanceClient) -> None:
    agreement = await maintenance.signed()
    planned = await maintenance.announce(("10T02:00", "10T04:00"))
    await maintenance.step(planned, "approval", maintenance.second)
    maintenance.at(10, 2, 5)
    assert (await maintenance.step(planned, "start", maintenance.sla_client.manager)).json()["state"] == "under_way"
    maintenance.at(10, 3)
    assert await maintenance.list_outcomes(agreement) == [("10T02:00", "10T04:00", "excluded")]
    maintenance.at(10, 5)
    overran = [("10T02:00", "10T04:00", "excluded"), ("10T04:00", "10T05:00", "overran")]
    assert await maintenance.list_outcomes(agreement) == overran
    assert (await maintenance.step(planned, "completion", maintenance.sla_client.manager)).json()["state"] == "done"
    maintenance.at(11)
    assert await maintenance.list_outcomes(agreement) == overran


async def test_work_done_early_gives_the_rest_back(maintenance: MaintenanceClient) -> None:
    agreement = await maintenance.signed()
    planned = await maintenance.announce(("10T02:00", "10T06:00"))
    await maintenance.step(planned, "approval", maintenance.second)
    maintenance.at(10, 2)
    await maintenance.step(planned, "start", maintenance.sla_client.manager)
    maintenance.at(10, 3)
    await maintenance.step(planned, "completion", maintenance.sla_client.manager)
    assert await maintenance.list_outcomes(agreement) == [
        ("10T02:00", "10T03:00", "excluded"),
        ("10T03:00", "10T06:00", "work_had_ended"),
    ]
    assert await maintenance.list_outcomes(agreement, known_at="2026-02-10T02:30:00Z") == [
        ("10T02:00", "10T06:00", "excluded")
    ]


async def test_what_was_cancelled_beforehand_excludes_nothing(
    maintenance: MaintenanceClient, sla: ServiceUnderTest
) -> None:
    agreement = await maintenance.signed()
    planned = await maintenance.announce(("10T02:00", "10T06:00"))
    await maintenance.step(planned, "approval", maintenance.second)
    answer = await maintenance.step(planned, "cancellation", maintenance.sla_client.manager, reason="Postponed")
    assert (answer.json()["state"], answer.json()["cancellation"]) == ("cancelled", "Postponed")
    assert await maintenance.list_outcomes(agreement) == [("10T02:00", "10T06:00", "cancelled")]
    assert isinstance((await sla.list_emitted_events())[-1], MaintenanceCancelled)
    assert await corrections(sla) == []


async def test_a_late_approval_records_corrections_of_closed_periods(
    maintenance: MaintenanceClient, sla: ServiceUnderTest
) -> None:
    agreement = await maintenance.signed()
    planned = await maintenance.announce(("10T02:00", "10T06:00"))
    maintenance.clock.now = datetime(2026, 3, 3, tzinfo=UTC)
    await maintenance.step(planned, "approval", maintenance.second)
    day = datetime(2026, 2, 10, tzinfo=UTC)
    assert await corrections(sla) == [(agreement["id"], day + timedelta(hours=2), day + timedelta(hours=6))]
    assert [outcome for *_, outcome in await maintenance.list_outcomes(agreement)] == ["excluded"]
    await maintenance.step(planned, "cancellation", maintenance.sla_client.manager, reason="It never took place")
    assert len(await corrections(sla)) == 2


@pytest.mark.parametrize("step", ["approval", "refusal", "start", "completion", "cancellation"])
async def test_maintenance_that_is_over_does_not_change(maintenance: MaintenanceClient, step: str) -> None:
    await maintenance.signed()
    planned = await maintenance.announce(("10T02:00", "10T06:00"))
    await maintenance.step(planned, "refusal", maintenance.second, reason="No")
    body = {"reason": "?"} if step in ("refusal", "cancellation") else {}
    assert problem(await maintenance.step(planned, step, maintenance.second, **body)) == (409, "maintenance-over")
    assert problem(await maintenance.change_windows(planned, ("11T02:00", "11T03:00"))) == (409, "maintenance-over")


async def test_work_is_started_once_and_before_it_is_completed(maintenance: MaintenanceClient) -> None:
    await maintenance.signed()
    planned = await maintenance.announce(("10T02:00", "10T06:00"))
    assert problem(await maintenance.step(planned, "completion", maintenance.second)) == (
        409,
        "maintenance-not-under-way",
    )
    await maintenance.step(planned, "approval", maintenance.second)
    await maintenance.step(planned, "start", maintenance.second)
    assert problem(await maintenance.step(planned, "start", maintenance.second)) == (409, "maintenance-already-begun")
    assert problem(await maintenance.change_windows(planned, ("11T02:00", "11T03:00"))) == (
        409,
        "maintenance-already-begun",
    )


async def test_windows_are_changed_only_by_somebody_who_has_read_them(maintenance: MaintenanceClient) -> None:
    await maintenance.signed()
    planned = await maintenance.announce(("10T02:00", "10T06:00"))
    stale = await maintenance.change_windows(planned, ("11T02:00", "11T03:00"), match='"7"')
    assert problem(stale) == (412, "changed-meanwhile")


async def test_announcements_and_decisions_are_final_in_the_database(
    maintenance: MaintenanceClient, sla: ServiceUnderTest
) -> None:
    await maintenance.signed()
    planned = await maintenance.announce(("10T02:00", "10T04:00"))
    await maintenance.step(planned, "approval", maintenance.second)
    await maintenance.change_windows(planned, ("11T02:00", "11T03:00"))
    changes = [
        update(MaintenanceDecision).values(approved=False, reason="no"),
        delete(MaintenanceDecision),
        update(MaintenanceAnnouncement).values(announced_at=datetime(2026, 1, 1, tzinfo=UTC)),
        update(MaintenanceWindow).values(window_from=datetime(2026, 1, 1, tzinfo=UTC)),
        update(MaintenanceWindow).where(MaintenanceWindow.withdrawn_at.is_not(None)).values(withdrawn_at=None),
    ]
    for change in changes:
        with pytest.raises(IntegrityError, match="final"):
            async with sla.begin() as work:
                await work.session.execute(change)
