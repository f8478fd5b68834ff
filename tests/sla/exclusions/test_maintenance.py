"""Planned maintenance over HTTP: announced, approved, changed, done, cancelled, and what of it is excluded."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from common.ids import new_id
from common.testing.plugin import Trial
from published.sla import MaintenanceAnnounced, MaintenanceApproved, MaintenanceCancelled
from sla.corrections.model import CorrectionDue
from sla.exclusions.model import Announcement, Decision, MaintenanceWindow

Problem = Callable[[httpx.Response], tuple[int, str]]


async def corrections(sla: Trial) -> list[tuple[str, datetime, datetime]]:
    async with sla.work() as work:
        found = await work.session.scalars(select(CorrectionDue).order_by(CorrectionDue.id))
        return [(str(one.agreement_id), one.window_from, one.window_to) for one in found]


async def test_announced_in_time_and_approved_by_a_second_person_it_is_excluded(works: Any, sla: Trial) -> None:
    agreement = await works.signed()
    found = await works.announce(("10T02:00", "10T04:00"))
    assert found["state"] == "announced"
    assert await works.considered(agreement) == [("10T02:00", "10T04:00", "not_approved")]
    approved = await works.step(found, "approval", works.second)
    assert (approved.status_code, approved.json()["state"]) == (201, "approved")
    assert await works.considered(agreement) == [("10T02:00", "10T04:00", "counts")]
    assert await corrections(sla) == []
    told = [one for one in await sla.emitted() if isinstance(one, MaintenanceAnnounced | MaintenanceApproved)]
    assert isinstance(told[0], MaintenanceAnnounced)
    assert told[0].customer_ids == (works.shop.customer_id,)
    assert told[0].windows[0].window_from == datetime(2026, 2, 10, 2, tzinfo=UTC)
    assert isinstance(told[1], MaintenanceApproved)
    assert told[1].customer_id is None


async def test_each_part_of_a_month_is_by_the_version_that_binds_in_it(works: Any) -> None:
    """From 15 February on nothing is taken out for maintenance any more."""
    agreement = await works.signed()
    terms = agreement["version"]["terms"] | {"starts_on": "2026-02-15", "maintenance": None}
    amended = await works.shop.step(agreement, "amendments", {"terms": terms})
    assert amended.status_code == 201, amended.text
    await works.shop.step(agreement, "proposals", {})
    accepted = (await works.shop.step(agreement, "acceptances", {}, works.shop.customer)).json()
    for who in (works.shop.manager, works.shop.customer):
        await works.shop.step(agreement, "signatures", {"terms_sha256": accepted["version"]["terms_sha256"]}, who)
    found = await works.announce(("14T22:00", "15T01:00"), ("20T02:00", "20T03:00"))
    await works.step(found, "approval", works.second)
    assert await works.considered(agreement) == [
        ("14T22:00", "14T23:00", "counts"),
        ("14T23:00", "15T01:00", "not_agreed"),
        ("20T02:00", "20T03:00", "not_agreed"),
    ]


async def test_before_anything_is_promised_nothing_is_excluded(works: Any) -> None:
    agreement = (await works.shop.draft()).json()
    found = await works.announce(("10T02:00", "10T04:00"))
    await works.step(found, "approval", works.second)
    assert await works.considered(agreement) == []


async def test_four_eyes(works: Any, problem: Problem) -> None:
    await works.signed()
    found = await works.announce(("10T02:00", "10T04:00"))
    own = await works.step(found, "approval", works.shop.manager)
    assert problem(own) == (409, "own-maintenance-approved")
    await works.step(found, "approval", works.second)
    again = await works.step(found, "approval", works.shop.headers("manager", subject="third"))
    assert problem(again) == (409, "maintenance-already-decided")


async def test_what_was_announced_late_counts_as_any_time(works: Any) -> None:
    agreement = await works.signed()
    found = await works.announce(("05T02:00", "05T04:00"))
    await works.step(found, "approval", works.second)
    assert await works.considered(agreement) == [("05T02:00", "05T04:00", "short_notice")]


async def test_where_the_customer_has_to_approve_only_its_approval_is_enough(works: Any) -> None:
    agreement = await works.signed(maintenance={"notice": "PT24H", "approved_by_customer": True})
    found = await works.announce(("10T02:00", "10T04:00"))
    await works.step(found, "approval", works.second)
    assert await works.considered(agreement) == [("10T02:00", "10T04:00", "not_approved")]
    answer = await works.step(found, "approval", works.shop.customer)
    decisions = answer.json()["announcements"][0]["decisions"]
    assert [(one["side"], one["approved"]) for one in decisions] == [("provider", True), ("customer", True)]
    assert await works.considered(agreement) == [("10T02:00", "10T04:00", "counts")]


async def test_a_customers_refusal_is_its_own_and_final_where_nobody_else_is_affected(works: Any) -> None:
    policy = {"notice": "PT24H", "approved_by_customer": True}
    agreement = await works.signed(maintenance=policy)
    wide = await works.announce(("10T02:00", "10T04:00"))
    refused = await works.step(wide, "refusal", works.shop.customer, reason="Inventory week")
    assert refused.json()["state"] == "announced"
    narrow = await works.announce(("11T02:00", "11T04:00"), affects={"agreement_ids": [agreement["id"]]})
    refused = await works.step(narrow, "refusal", works.shop.customer, reason="Inventory week")
    assert refused.json()["state"] == "refused"
    assert [one for *_, one in await works.considered(agreement)] == ["refused", "refused"]


async def test_what_is_added_needs_its_own_notice_and_approval(works: Any, problem: Problem) -> None:
    agreement = await works.signed()
    found = await works.announce(("10T02:00", "10T04:00"))
    await works.step(found, "approval", works.second)
    works.at(8)
    changed = await works.rewindow(found, ("10T02:00", "10T05:00"), ("20T02:00", "20T03:00"))
    assert (changed.status_code, changed.json()["state"]) == (200, "announced")
    assert [one["number"] for one in changed.json()["announcements"]] == [1, 2]
    assert await works.considered(agreement) == [
        ("10T02:00", "10T04:00", "counts"),
        ("10T04:00", "10T05:00", "short_notice"),
        ("20T02:00", "20T03:00", "not_approved"),
    ]
    assert problem(await works.step(found, "start", works.shop.manager)) == (409, "maintenance-not-approved")
    await works.step(found, "approval", works.second)
    assert [one for *_, one in await works.considered(agreement)] == ["counts", "short_notice", "counts"]


async def test_a_refused_change_leaves_what_was_approved_before(works: Any) -> None:
    agreement = await works.signed()
    found = await works.announce(("10T02:00", "10T04:00"))
    await works.step(found, "approval", works.second)
    await works.rewindow(found, ("10T02:00", "10T04:00"), ("20T02:00", "20T03:00"))
    answer = await works.step(found, "refusal", works.second, reason="Not twice")
    assert answer.json()["state"] == "approved"
    assert [one for *_, one in await works.considered(agreement)] == ["counts", "refused"]


async def test_a_window_that_was_taken_back_is_known_to_have_stood(works: Any, problem: Problem) -> None:
    agreement = await works.signed()
    found = await works.announce(("10T02:00", "10T04:00"), ("20T02:00", "20T03:00"))
    await works.step(found, "approval", works.second)
    works.at(6)
    changed = await works.rewindow(found, ("10T03:00", "10T04:00"))
    assert changed.json()["state"] == "approved"
    assert [one["withdrawn_at"] is None for one in changed.json()["windows"]].count(True) == 1
    assert await works.considered(agreement) == [("10T03:00", "10T04:00", "counts")]
    before = await works.considered(agreement, known_at="2026-02-05T00:00:00Z")
    assert before == [("10T02:00", "10T04:00", "counts"), ("20T02:00", "20T03:00", "counts")]
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
    assert await works.considered(agreement) == [("10T02:00", "10T04:00", "counts")]
    works.at(10, 5)
    overran = [("10T02:00", "10T04:00", "counts"), ("10T04:00", "10T05:00", "overran")]
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
        ("10T02:00", "10T03:00", "counts"),
        ("10T03:00", "10T06:00", "work_was_over"),
    ]
    assert await works.considered(agreement, known_at="2026-02-10T02:30:00Z") == [("10T02:00", "10T06:00", "counts")]


async def test_what_was_cancelled_beforehand_excludes_nothing(works: Any, sla: Trial) -> None:
    agreement = await works.signed()
    found = await works.announce(("10T02:00", "10T06:00"))
    await works.step(found, "approval", works.second)
    answer = await works.step(found, "cancellation", works.shop.manager, reason="Postponed")
    assert (answer.json()["state"], answer.json()["cancellation"]) == ("cancelled", "Postponed")
    assert await works.considered(agreement) == [("10T02:00", "10T06:00", "cancelled")]
    assert isinstance((await sla.emitted())[-1], MaintenanceCancelled)
    assert await corrections(sla) == []


async def test_an_approval_that_comes_late_has_closed_periods_looked_at_again(works: Any, sla: Trial) -> None:
    agreement = await works.signed()
    found = await works.announce(("10T02:00", "10T06:00"))
    works.clock.instant = datetime(2026, 3, 3, tzinfo=UTC)
    await works.step(found, "approval", works.second)
    day = datetime(2026, 2, 10, tzinfo=UTC)
    assert await corrections(sla) == [(agreement["id"], day + timedelta(hours=2), day + timedelta(hours=6))]
    assert [one for *_, one in await works.considered(agreement)] == ["counts"]
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


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"windows": []}, "invalid", "windows"),
        ({"windows": [{"from": "2026-02-10T02:00:30Z", "to": "2026-02-10T04:00:00Z"}]}, "invalid", "windows.0"),
        ({"windows": [{"from": "2026-02-10T02:00:00Z", "to": "2026-02-10T02:00:00Z"}]}, "invalid", "windows.0"),
        ({"windows": [{"from": "2026-02-01T02:00:00Z", "to": "2026-02-01T04:00:00Z"}]}, "window-over", "windows"),
        ({"affects": {}}, "invalid", "affects"),
        ({"affects": {"service_ids": [str(new_id())]}}, "nothing-affected", "affects"),
        ({"affects": {"agreement_ids": [str(new_id())]}}, "nothing-affected", "affects"),
        ({"title": " "}, "invalid", "title"),
        ({"reason": "\x00"}, "invalid", "reason"),
    ],
)
async def test_bad_input_is_refused_by_the_name_of_its_field(
    works: Any, problem: Problem, changes: dict[str, Any], rule: str, field: str
) -> None:
    answer = await works.announced(("10T02:00", "10T04:00"), **changes)
    assert problem(answer) == (422, rule)
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-02-01T00:00:00Z"}, "to"),
        ({"from": "2026-02-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}, "to"),
        ({"from": "2026-02-01T00:00:00Z", "to": "2028-02-01T00:00:00Z"}, "to"),
        ({"from": "yesterday", "to": "2026-02-01T00:00:00Z"}, "from"),
    ],
)
async def test_exclusions_are_asked_for_by_a_sensible_window(works: Any, query: dict[str, str], field: str) -> None:
    agreement = await works.signed()
    path = f"/agreements/{agreement['id']}/exclusions"
    answer = await works.shop.sla.client.get(path, params=query, headers=works.shop.manager)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_a_customer_sees_what_affects_it_and_not_whom_else(works: Any, problem: Problem) -> None:
    mine = await works.signed()
    stranger = works.shop.headers("customer", new_id())
    found = await works.announce(
        ("10T02:00", "10T04:00"),
        affects={"service_ids": [str(works.shop.service_id)], "agreement_ids": [mine["id"]]},
    )
    await works.step(found, "approval", works.second)
    path = f"/maintenance/{found['id']}"
    seen = (await works.get(path, works.shop.customer)).json()
    assert seen["affects"]["agreement_ids"] == [mine["id"]]
    assert [one["id"] for one in (await works.get("/maintenance", works.shop.customer)).json()["items"]] == [
        found["id"]
    ]
    assert problem(await works.get(path, stranger)) == (404, "not-found")
    assert (await works.get("/maintenance", stranger)).json()["items"] == []
    for step, body in (("approval", {}), ("refusal", {"reason": "?"})):
        assert (await works.step(found, step, stranger, **body)).status_code == 404
    window = "?from=2026-02-01T00:00:00Z&to=2026-03-01T00:00:00Z"
    assert (await works.get(f"/agreements/{mine['id']}/exclusions{window}", stranger)).status_code == 404
    for step in ("start", "completion", "cancellation"):
        assert (await works.step(found, step, works.shop.customer, reason="?")).status_code == 403


async def test_the_calendar_is_filtered_and_paged(works: Any) -> None:
    agreement = await works.signed()
    early = await works.announce(("10T02:00", "10T04:00"))
    late = await works.announce(("20T02:00", "20T04:00"), affects={"agreement_ids": [agreement["id"]]})
    await works.step(late, "approval", works.second)

    async def listed(query: str) -> list[str]:
        answer = await works.get(f"/maintenance?{query}")
        return [one["id"] for one in answer.json()["items"]]

    assert await listed("") == [early["id"], late["id"]]
    assert await listed("state=approved") == [late["id"]]
    assert await listed("from=2026-02-10T04:00:00Z") == [late["id"]]
    assert await listed("to=2026-02-20T02:00:00Z") == [early["id"]]
    assert await listed(f"affects={works.shop.service_id}") == [early["id"]]
    assert await listed(f"affects={agreement['id']}") == [late["id"]]
    assert await listed(f"customer_id={works.shop.customer_id}") == [early["id"], late["id"]]
    assert await listed(f"customer_id={new_id()}") == []
    first = (await works.get("/maintenance?limit=1")).json()
    assert [one["id"] for one in first["items"]] == [early["id"]]
    assert await listed(f"limit=1&cursor={first['next']}") == [late["id"]]


async def test_a_page_costs_the_same_however_long_it_is(works: Any, sla: Trial) -> None:
    await works.signed()
    for day in range(10, 15):
        await works.announce((f"{day}T02:00", f"{day}T04:00"))
    counts = []
    for limit in (1, 5):
        with sla.queries() as sent:
            await works.get(f"/maintenance?limit={limit}", works.shop.customer)
        counts.append(len(sent))
    assert counts[0] == counts[1]


async def test_what_was_said_is_final_in_the_database(works: Any, sla: Trial) -> None:
    await works.signed()
    found = await works.announce(("10T02:00", "10T04:00"))
    await works.step(found, "approval", works.second)
    await works.rewindow(found, ("11T02:00", "11T03:00"))
    changes = [
        update(Decision).values(approved=False, reason="no"),
        delete(Decision),
        update(Announcement).values(announced_at=datetime(2026, 1, 1, tzinfo=UTC)),
        update(MaintenanceWindow).values(window_from=datetime(2026, 1, 1, tzinfo=UTC)),
        update(MaintenanceWindow).where(MaintenanceWindow.withdrawn_at.is_not(None)).values(withdrawn_at=None),
    ]
    for change in changes:
        with pytest.raises(IntegrityError, match="final"):
            async with sla.work() as work:
                await work.session.execute(change)
