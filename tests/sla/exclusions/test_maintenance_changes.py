"""Planned maintenance that changes: windows added or taken back, work done early, late or not at all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from common.testing.plugin import ServiceUnderTest
from published.sla import MaintenanceCancelled
from sla.exclusions.model import MaintenanceAnnouncement, MaintenanceDecision, MaintenanceWindow
from tests.sla.exclusions.conftest import Problem, corrections


async def test_what_is_added_needs_its_own_notice_and_approval(works: Any, problem: Problem) -> None:
    agreement = await works.signed()
    found = await works.announce(("10T02:00", "10T04:00"))
    await works.step(found, "approval", works.second)
    works.at(8)
    changed = await works.rewindow(found, ("10T02:00", "10T05:00"), ("20T02:00", "20T03:00"))
    assert (changed.status_code, changed.json()["state"]) == (200, "announced")
    assert [one["number"] for one in changed.json()["announcements"]] == [1, 2]
    assert await works.considered(agreement) == [
        ("10T02:00", "10T04:00", "excluded"),
        ("10T04:00", "10T05:00", "short_notice"),
        ("20T02:00", "20T03:00", "not_approved"),
    ]
    assert problem(await works.step(found, "start", works.shop.manager)) == (409, "maintenance-not-approved")
    await works.step(found, "approval", works.second)
    assert [one for *_, one in await works.considered(agreement)] == ["excluded", "short_notice", "excluded"]


async def test_a_refused_change_leaves_what_was_approved_before(works: Any) -> None:
    agreement = await works.signed()
    found = await works.announce(("10T02:00", "10T04:00"))
    await works.step(found, "approval", works.second)
    await works.rewindow(found, ("10T02:00", "10T04:00"), ("20T02:00", "20T03:00"))
    answer = await works.step(found, "refusal", works.second, reason="Not twice")
    assert answer.json()["state"] == "approved"
    assert [one for *_, one in await works.considered(agreement)] == ["excluded", "refused"]


async def test_a_window_that_was_taken_back_is_known_to_have_stood(works: Any, problem: Problem) -> None:
    agreement = await works.signed()
    found = await works.announce(("10T02:00", "10T04:00"), ("20T02:00", "20T03:00"))
    await works.step(found, "approval", works.second)
    works.at(6)
    changed = await works.rewindow(found, ("10T03:00", "10T04:00"))
    assert changed.json()["state"] == "approved"
    assert [one["withdrawn_at"] is None for one in changed.json()["windows"]].count(True) == 1
    assert await works.considered(agreement) == [("10T03:00", "10T04:00", "excluded")]
    before = await works.considered(agreement, known_at="2026-02-05T00:00:00Z")
    assert before == [("10T02:00", "10T04:00", "excluded"), ("20T02:00", "20T03:00", "excluded")]
    assert await works.considered(agreement, known_at="2026-02-03T11:00:00Z") == []
    same = await works.rewindow(found, ("10T03:00", "10T04:00"))
    assert problem(same) == (409, "windows-already-announced")


async def test_work_under_way_excludes_up_to_its_windows_end_and_not_beyond(works: Any) -> None:
    agreement = await works.signed()
    found = await works.announce(("10T02:00", "10T04:00"))
    await works.step(found, "approval", works.second)
    works.at(10, 2, 5)
    assert (await works.step(found, "start", works.shop.manager)).json()["state"] == "under_way"
    works.at(10, 3)
    assert await works.considered(agreement) == [("10T02:00", "10T04:00", "excluded")]
    works.at(10, 5)
    overran = [("10T02:00", "10T04:00", "excluded"), ("10T04:00", "10T05:00", "overran")]
    assert await works.considered(agreement) == overran
    assert (await works.step(found, "completion", works.shop.manager)).json()["state"] == "done"
    works.at(11)
    assert await works.considered(agreement) == overran


async def test_work_done_early_gives_the_rest_back(works: Any) -> None:
    agreement = await works.signed()
    found = await works.announce(("10T02:00", "10T06:00"))
    await works.step(found, "approval", works.second)
    works.at(10, 2)
    await works.step(found, "start", works.shop.manager)
    works.at(10, 3)
    await works.step(found, "completion", works.shop.manager)
    assert await works.considered(agreement) == [
        ("10T02:00", "10T03:00", "excluded"),
        ("10T03:00", "10T06:00", "work_had_ended"),
    ]
    assert await works.considered(agreement, known_at="2026-02-10T02:30:00Z") == [("10T02:00", "10T06:00", "excluded")]


async def test_what_was_cancelled_beforehand_excludes_nothing(works: Any, sla: ServiceUnderTest) -> None:
    agreement = await works.signed()
    found = await works.announce(("10T02:00", "10T06:00"))
    await works.step(found, "approval", works.second)
    answer = await works.step(found, "cancellation", works.shop.manager, reason="Postponed")
    assert (answer.json()["state"], answer.json()["cancellation"]) == ("cancelled", "Postponed")
    assert await works.considered(agreement) == [("10T02:00", "10T06:00", "cancelled")]
    assert isinstance((await sla.list_emitted_events())[-1], MaintenanceCancelled)
    assert await corrections(sla) == []


async def test_an_approval_that_comes_late_has_closed_periods_looked_at_again(
    works: Any, sla: ServiceUnderTest
) -> None:
    agreement = await works.signed()
    found = await works.announce(("10T02:00", "10T06:00"))
    works.clock.now = datetime(2026, 3, 3, tzinfo=UTC)
    await works.step(found, "approval", works.second)
    day = datetime(2026, 2, 10, tzinfo=UTC)
    assert await corrections(sla) == [(agreement["id"], day + timedelta(hours=2), day + timedelta(hours=6))]
    assert [one for *_, one in await works.considered(agreement)] == ["excluded"]
    await works.step(found, "cancellation", works.shop.manager, reason="It never took place")
    assert len(await corrections(sla)) == 2


@pytest.mark.parametrize("step", ["approval", "refusal", "start", "completion", "cancellation"])
async def test_what_is_over_does_not_change(works: Any, problem: Problem, step: str) -> None:
    await works.signed()
    found = await works.announce(("10T02:00", "10T06:00"))
    await works.step(found, "refusal", works.second, reason="No")
    body = {"reason": "?"} if step in ("refusal", "cancellation") else {}
    assert problem(await works.step(found, step, works.second, **body)) == (409, "maintenance-over")
    assert problem(await works.rewindow(found, ("11T02:00", "11T03:00"))) == (409, "maintenance-over")


async def test_work_is_begun_once_and_before_it_is_done(works: Any, problem: Problem) -> None:
    await works.signed()
    found = await works.announce(("10T02:00", "10T06:00"))
    assert problem(await works.step(found, "completion", works.second)) == (409, "maintenance-not-under-way")
    await works.step(found, "approval", works.second)
    await works.step(found, "start", works.second)
    assert problem(await works.step(found, "start", works.second)) == (409, "maintenance-already-begun")
    assert problem(await works.rewindow(found, ("11T02:00", "11T03:00"))) == (409, "maintenance-already-begun")


async def test_windows_change_by_who_has_read_them(works: Any, problem: Problem) -> None:
    await works.signed()
    found = await works.announce(("10T02:00", "10T06:00"))
    stale = await works.rewindow(found, ("11T02:00", "11T03:00"), match='"7"')
    assert problem(stale) == (412, "changed-meanwhile")


async def test_what_was_said_is_final_in_the_database(works: Any, sla: ServiceUnderTest) -> None:
    await works.signed()
    found = await works.announce(("10T02:00", "10T04:00"))
    await works.step(found, "approval", works.second)
    await works.rewindow(found, ("11T02:00", "11T03:00"))
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
