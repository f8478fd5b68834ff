"""Waivers over HTTP: who grants them, what they take out, and that they can be taken back."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from icalendar import Calendar
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from published.sla import WaiverGranted, WaiverRevoked
from sla.agreements.terms import Terms
from sla.corrections.model import CorrectionDue
from sla.exclusions.store import list_exclusions
from sla.exclusions.waivers import Waiver, WaiverApproval
from sla.hours.spans import Span, to_microseconds
from tests.sla.exclusions.conftest import Problem

WANTED = {
    "window": {"from": "2026-02-02T08:00:00Z", "to": "2026-02-02T11:30:00Z"},
    "reason": "We switched the store's power off ourselves",
    "evidence": ["https://tickets.example.com/4711"],
}


async def requested(works: Any, agreement: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = await works.post(f"/agreements/{agreement['id']}/waivers", WANTED | changes)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_customer_grants_it_and_then_it_counts(works: Any, sla: ServiceUnderTest) -> None:
    agreement = await works.signed()
    waiver = await requested(works, agreement)
    assert (waiver["state"], waiver["objective_ids"]) == ("requested", None)
    assert await works.considered(agreement) == [("02T08:00", "02T11:30", "not_approved")]
    granted = (await works.post(f"/waivers/{waiver['id']}/approval", who=works.shop.customer)).json()
    assert (granted["state"], granted["approvals"][0]["side"]) == ("granted", "customer")
    assert await works.considered(agreement) == [("02T08:00", "02T11:30", "excluded")]
    told = (await sla.list_emitted_events())[-1]
    assert isinstance(told, WaiverGranted)
    assert (told.objective_ids, told.reason) == (None, WANTED["reason"])


async def test_it_is_of_the_objectives_it_names(works: Any, sla: ServiceUnderTest) -> None:
    agreement = await works.signed()
    terms = agreement["version"]["terms"]["objectives"]
    waiver = await requested(works, agreement, objective_ids=[terms[1]["id"]])
    await works.post(f"/waivers/{waiver['id']}/approval", who=works.shop.customer)
    async with sla.begin() as work:
        span = Span(
            to_microseconds(datetime(2026, 2, 2, 10, tzinfo=UTC)), to_microseconds(datetime(2026, 2, 3, tzinfo=UTC))
        )
        signed = Terms.model_validate(agreement["version"]["terms"])
        found = await list_exclusions(work, UUID(agreement["id"]), signed, span)
    assert [(one.cause, one.objective_ids) for one in found] == [("waiver", frozenset({UUID(terms[1]["id"])}))]
    assert found[0].span == Span(span.start, to_microseconds(datetime(2026, 2, 2, 11, 30, tzinfo=UTC)))


async def test_where_both_sides_approve_three_people_take_part(works: Any, problem: Problem) -> None:
    agreement = await works.signed()
    waiver = await requested(works, agreement, both_sides=True)
    path = f"/waivers/{waiver['id']}/approval"
    assert problem(await works.post(path)) == (409, "own-waiver-approved")
    half = (await works.post(path, who=works.second)).json()
    assert (half["state"], half["granted_at"]) == ("requested", None)
    third = works.shop.headers("manager", subject="third")
    assert problem(await works.post(path, who=third)) == (409, "waiver-already-approved")
    both_hats = works.shop.headers("customer", works.shop.customer_id, "second")
    assert problem(await works.post(path, who=both_hats)) == (409, "own-waiver-approved")
    assert (await works.post(path, who=works.shop.customer)).json()["state"] == "granted"


async def test_the_provider_has_no_say_where_the_customer_alone_decides(works: Any, problem: Problem) -> None:
    waiver = await requested(works, await works.signed())
    answer = await works.post(f"/waivers/{waiver['id']}/approval", who=works.second)
    assert problem(answer) == (409, "provider-approval-not-needed")


async def test_a_waiver_that_is_taken_back_stays_known_for_what_was_stated_with_it(
    works: Any, sla: ServiceUnderTest
) -> None:
    agreement = await works.signed()
    waiver = await requested(works, agreement)
    await works.post(f"/waivers/{waiver['id']}/approval", who=works.shop.customer)
    works.at(20)
    answer = await works.post(f"/waivers/{waiver['id']}/revocation", {"reason": "The log says otherwise"})
    assert (answer.json()["state"], answer.json()["ended_because"]) == ("revoked", "The log says otherwise")
    assert await works.considered(agreement) == [("02T08:00", "02T11:30", "revoked")]
    assert await works.considered(agreement, known_at="2026-02-10T00:00:00Z") == [("02T08:00", "02T11:30", "excluded")]
    assert isinstance((await sla.list_emitted_events())[-1], WaiverRevoked)
    async with sla.begin() as work:
        due = (await work.session.scalars(select(CorrectionDue).order_by(CorrectionDue.id))).all()
    assert [one.reason.partition(":")[0] for one in due] == ["A waiver was granted", "A waiver was revoked"]


async def test_a_waiver_is_decided_on_once(works: Any, problem: Problem) -> None:
    agreement = await works.signed()
    waiver = await requested(works, agreement)
    path = f"/waivers/{waiver['id']}"
    early = await works.post(f"{path}/revocation", {"reason": "?"})
    assert problem(early) == (409, "waiver-not-granted")
    refused = await works.post(f"{path}/refusal", {"reason": "It was you"}, works.shop.customer)
    assert refused.json()["state"] == "refused"
    assert await works.considered(agreement) == [("02T08:00", "02T11:30", "refused")]
    for step, body in (("approval", None), ("refusal", {"reason": "?"})):
        answer = await works.post(f"{path}/{step}", body, works.shop.customer)
        assert problem(answer) == (409, "waiver-already-decided")


async def test_only_what_was_promised_is_waived(works: Any, problem: Problem) -> None:
    draft = (await works.shop.draft()).json()
    answer = await works.post(f"/agreements/{draft['id']}/waivers", WANTED)
    assert problem(answer) == (409, "agreement-not-signed")
    agreement = await works.signed()
    stray = await works.post(f"/agreements/{agreement['id']}/waivers", WANTED | {"objective_ids": [str(new_id())]})
    assert problem(stray) == (422, "objective-not-promised")
    assert stray.json()["errors"][0]["field"] == "objective_ids"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"evidence": []}, "evidence"),
        ({"evidence": [" "]}, "evidence.0"),
        ({"reason": ""}, "reason"),
        ({"objective_ids": []}, "objective_ids"),
        ({"window": {"from": "2026-02-02T08:00:01Z", "to": "2026-02-02T11:30:00Z"}}, "window"),
        ({"window": {"from": "2026-02-02T12:00:00Z", "to": "2026-02-02T11:30:00Z"}}, "window"),
        ({"approver": "me"}, "approver"),
    ],
)
async def test_bad_input_is_refused_by_the_name_of_its_field(works: Any, changes: dict[str, Any], field: str) -> None:
    agreement = await works.signed()
    answer = await works.post(f"/agreements/{agreement['id']}/waivers", WANTED | changes)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_strangers_and_readers_stay_outside(works: Any) -> None:
    agreement = await works.signed()
    waiver = await requested(works, agreement)
    stranger = works.shop.headers("customer", new_id())
    asked = await works.post(f"/agreements/{agreement['id']}/waivers", WANTED, stranger)
    assert asked.status_code == 404
    for step in ("approval", "refusal", "revocation"):
        body = None if step == "approval" else {"reason": "?"}
        assert (await works.post(f"/waivers/{waiver['id']}/{step}", body, stranger)).status_code == 404
        viewer = works.shop.headers("viewer")
        assert (await works.post(f"/waivers/{waiver['id']}/{step}", body, viewer)).status_code == 403
    assert (await works.get(f"/waivers/{waiver['id']}", stranger)).status_code == 404
    assert (await works.get("/waivers", stranger)).json()["items"] == []
    listed = (await works.get(f"/waivers?agreement_id={agreement['id']}&state=requested", works.shop.customer)).json()
    assert [one["id"] for one in listed["items"]] == [waiver["id"]]
    assert (await works.get("/waivers?state=granted")).json()["items"] == []


async def test_what_was_waived_is_final_in_the_database(works: Any, sla: ServiceUnderTest) -> None:
    waiver = await requested(works, await works.signed())
    await works.post(f"/waivers/{waiver['id']}/approval", who=works.shop.customer)
    changes = [
        update(Waiver).values(window_to=datetime(2026, 3, 1, tzinfo=UTC)),
        update(Waiver).values(granted_at=datetime(2026, 1, 1, tzinfo=UTC)),
        delete(Waiver),
        update(WaiverApproval).values(subject="somebody else"),
    ]
    for change in changes:
        with pytest.raises(IntegrityError, match=r"final|violates"):
            async with sla.begin() as work:
                await work.session.execute(change)


async def test_a_suspension_is_among_the_exclusions(works: Any) -> None:
    agreement = await works.signed()
    body = {"from": "2026-02-10T00:00:00Z", "to": "2026-02-12T00:00:00Z", "reason": "Stock-taking"}
    answer = await works.post(f"/agreements/{agreement['id']}/suspensions", body)
    assert answer.status_code == 201, answer.text
    assert await works.considered(agreement) == [("10T00:00", "12T00:00", "excluded")]
    assert await works.considered(agreement, known_at="2026-02-01T00:00:00Z") == []


async def test_a_waiver_of_time_to_come_corrects_nothing(works: Any, sla: ServiceUnderTest) -> None:
    window = {"from": "2026-02-20T08:00:00Z", "to": "2026-02-20T11:30:00Z"}
    waiver = await requested(works, await works.signed(), window=window)
    await works.post(f"/waivers/{waiver['id']}/approval", who=works.shop.customer)
    async with sla.begin() as work:
        assert (await work.session.scalars(select(CorrectionDue))).all() == []


async def test_the_feed_has_an_event_per_window_and_says_which_are_off(works: Any) -> None:
    await works.signed()
    found = await works.announce(("10T02:00", "10T04:00"), ("20T02:00", "20T03:00"))
    await works.step(found, "approval", works.second)
    await works.rewindow(found, ("10T02:00", "10T04:00"))
    answer = await works.get("/maintenance.ics", works.shop.customer)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert [(str(one["summary"]), one.decoded("dtstart").day, str(one["status"])) for one in events] == [
        ("Database upgrade", 10, "CONFIRMED"),
        ("Database upgrade", 20, "CANCELLED"),
    ]
    assert len({str(one["uid"]) for one in events}) == 2
    stranger = await works.get("/maintenance.ics", works.shop.headers("customer", new_id()))
    assert Calendar.from_ical(stranger.content).walk("VEVENT") == []
