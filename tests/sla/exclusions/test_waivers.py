"""Waivers over HTTP: who grants them, what they take out, and that they can be taken back."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from published.sla import WaiverGranted, WaiverRevoked
from sla.agreements.terms import Terms
from sla.corrections.model import CorrectionDue
from sla.exclusions.store import list_exclusions
from sla.exclusions.waivers.model import Waiver, WaiverApproval
from sla.hours.spans import Span, to_microseconds
from tests.sla.exclusions.conftest import MaintenanceClient
from tests.sla.problems import problem

WANTED = {
    "window": {"from": "2026-02-02T08:00:00Z", "to": "2026-02-02T11:30:00Z"},
    "reason": "We switched the store's power off ourselves",
    "evidence": ["https://tickets.example.com/4711"],
}


async def requested(maintenance: MaintenanceClient, agreement: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = await maintenance.post(f"/agreements/{agreement['id']}/waivers", WANTED | changes)
    assert answer.status_code == 201, answer.text
    waiver: dict[str, Any] = answer.json()
    return waiver


async def test_waived_time_is_excluded_once_the_customer_grants_it(
    maintenance: MaintenanceClient, sla: ServiceUnderTest
) -> None:
    agreement = await maintenance.signed()
    waiver = await requested(maintenance, agreement)
    assert (waiver["state"], waiver["objective_ids"]) == ("requested", None)
    assert await maintenance.list_outcomes(agreement) == [("02T08:00", "02T11:30", "not_approved")]
    granted = (
        await maintenance.post(f"/waivers/{waiver['id']}/approval", headers=maintenance.sla_client.customer)
    ).json()
    assert (granted["state"], granted["approvals"][0]["side"]) == ("granted", "customer")
    assert await maintenance.list_outcomes(agreement) == [("02T08:00", "02T11:30", "excluded")]
    event = (await sla.list_emitted_events())[-1]
    assert isinstance(event, WaiverGranted)
    assert (event.objective_ids, event.reason) == (None, WANTED["reason"])


async def test_a_waiver_excludes_time_only_for_the_objectives_it_names(
    maintenance: MaintenanceClient, sla: ServiceUnderTest
) -> None:
    agreement = await maintenance.signed()
    terms = agreement["version"]["terms"]["objectives"]
    waiver = await requested(maintenance, agreement, objective_ids=[terms[1]["id"]])
    await maintenance.post(f"/waivers/{waiver['id']}/approval", headers=maintenance.sla_client.customer)
    async with sla.begin() as work:
        span = Span(
            to_microseconds(datetime(2026, 2, 2, 10, tzinfo=UTC)), to_microseconds(datetime(2026, 2, 3, tzinfo=UTC))
        )
        signed = Terms.model_validate(agreement["version"]["terms"])
        exclusions = await list_exclusions(work, UUID(agreement["id"]), signed, span)
    assert [(exclusion.cause, exclusion.objective_ids) for exclusion in exclusions] == [
        ("waiver", frozenset({UUID(terms[1]["id"])}))
    ]
    assert exclusions[0].span == Span(span.start, to_microseconds(datetime(2026, 2, 2, 11, 30, tzinfo=UTC)))


async def test_where_both_sides_approve_three_people_take_part(maintenance: MaintenanceClient) -> None:
    agreement = await maintenance.signed()
    waiver = await requested(maintenance, agreement, both_sides=True)
    path = f"/waivers/{waiver['id']}/approval"
    assert problem(await maintenance.post(path)) == (409, "own-waiver-approved")
    half = (await maintenance.post(path, headers=maintenance.second)).json()
    assert (half["state"], half["granted_at"]) == ("requested", None)
    third = maintenance.sla_client.headers("manager", subject="third")
    assert problem(await maintenance.post(path, headers=third)) == (409, "waiver-already-approved")
    both_hats = maintenance.sla_client.headers("customer", maintenance.sla_client.customer_id, "second")
    assert problem(await maintenance.post(path, headers=both_hats)) == (409, "own-waiver-approved")
    assert (await maintenance.post(path, headers=maintenance.sla_client.customer)).json()["state"] == "granted"


async def test_the_provider_cannot_approve_where_the_customer_alone_decides(maintenance: MaintenanceClient) -> None:
    waiver = await requested(maintenance, await maintenance.signed())
    answer = await maintenance.post(f"/waivers/{waiver['id']}/approval", headers=maintenance.second)
    assert problem(answer) == (409, "provider-approval-not-needed")


async def test_a_revoked_waiver_still_counts_for_statements_issued_before(
    maintenance: MaintenanceClient, sla: ServiceUnderTest
) -> None:
    agreement = await maintenance.signed()
    waiver = await requested(maintenance, agreement)
    await maintenance.post(f"/waivers/{waiver['id']}/approval", headers=maintenance.sla_client.customer)
    maintenance.at(20)
    answer = await maintenance.post(f"/waivers/{waiver['id']}/revocation", {"reason": "The log says otherwise"})
    assert (answer.json()["state"], answer.json()["ended_because"]) == ("revoked", "The log says otherwise")
    assert await maintenance.list_outcomes(agreement) == [("02T08:00", "02T11:30", "revoked")]
    assert await maintenance.list_outcomes(agreement, known_at="2026-02-10T00:00:00Z") == [
        ("02T08:00", "02T11:30", "excluded")
    ]
    assert isinstance((await sla.list_emitted_events())[-1], WaiverRevoked)
    async with sla.begin() as work:
        due = (await work.session.scalars(select(CorrectionDue).order_by(CorrectionDue.id))).all()
    assert [correction.reason.partition(":")[0] for correction in due] == [
        "A waiver was granted",
        "A waiver was revoked",
    ]


async def test_a_waiver_is_decided_on_once(maintenance: MaintenanceClient) -> None:
    agreement = await maintenance.signed()
    waiver = await requested(maintenance, agreement)
    path = f"/waivers/{waiver['id']}"
    early = await maintenance.post(f"{path}/revocation", {"reason": "?"})
    assert problem(early) == (409, "waiver-not-granted")
    refused = await maintenance.post(f"{path}/refusal", {"reason": "It was you"}, maintenance.sla_client.customer)
    assert refused.json()["state"] == "refused"
    assert await maintenance.list_outcomes(agreement) == [("02T08:00", "02T11:30", "refused")]
    for step, body in (("approval", None), ("refusal", {"reason": "?"})):
        answer = await maintenance.post(f"{path}/{step}", body, maintenance.sla_client.customer)
        assert problem(answer) == (409, "waiver-already-decided")


async def test_only_what_was_promised_is_waived(maintenance: MaintenanceClient) -> None:
    draft = (await maintenance.sla_client.draft()).json()
    answer = await maintenance.post(f"/agreements/{draft['id']}/waivers", WANTED)
    assert problem(answer) == (409, "agreement-not-signed")
    agreement = await maintenance.signed()
    stray = await maintenance.post(
        f"/agreements/{agreement['id']}/waivers", WANTED | {"objective_ids": [str(new_id())]}
    )
    assert problem(stray) == (422, "objective-not-promised")
    assert stray.json()["errors"][0]["field"] == "objective_ids"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"evidence": []}, "evidence"),
        ({"evidence": [" "]}, "evidence.0"),
        ({"reason": ""}, "reason"),
        ({"objective_ids": []}, "objective_ids"),
        ({"window": {"from": "2026-02-02T08:00:01Z", "to": "2026-02-02T11:30:00Z"}}, "window.from"),
        ({"window": {"from": "2026-02-02T12:00:00Z", "to": "2026-02-02T11:30:00Z"}}, "window.to"),
        ({"approver": "me"}, "approver"),
    ],
)
async def test_bad_input_is_refused_by_the_name_of_its_field(
    maintenance: MaintenanceClient, changes: dict[str, Any], field: str
) -> None:
    agreement = await maintenance.signed()
    answer = await maintenance.post(f"/agreements/{agreement['id']}/waivers", WANTED | changes)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_other_customers_and_viewers_have_no_access(maintenance: MaintenanceClient) -> None:
    agreement = await maintenance.signed()
    waiver = await requested(maintenance, agreement)
    stranger = maintenance.sla_client.headers("customer", new_id())
    answer = await maintenance.post(f"/agreements/{agreement['id']}/waivers", WANTED, stranger)
    assert answer.status_code == 404
    for step in ("approval", "refusal", "revocation"):
        body = None if step == "approval" else {"reason": "?"}
        assert (await maintenance.post(f"/waivers/{waiver['id']}/{step}", body, stranger)).status_code == 404
        viewer = maintenance.sla_client.headers("viewer")
        assert (await maintenance.post(f"/waivers/{waiver['id']}/{step}", body, viewer)).status_code == 403
    assert (await maintenance.get(f"/waivers/{waiver['id']}", stranger)).status_code == 404
    assert (await maintenance.get("/waivers", stranger)).json()["items"] == []
    listed = (
        await maintenance.get(
            f"/waivers?agreement_id={agreement['id']}&state=requested", maintenance.sla_client.customer
        )
    ).json()
    assert [item["id"] for item in listed["items"]] == [waiver["id"]]
    assert (await maintenance.get("/waivers?state=granted")).json()["items"] == []


async def test_what_was_waived_is_final_in_the_database(maintenance: MaintenanceClient, sla: ServiceUnderTest) -> None:
    waiver = await requested(maintenance, await maintenance.signed())
    await maintenance.post(f"/waivers/{waiver['id']}/approval", headers=maintenance.sla_client.customer)
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


async def test_a_suspension_is_among_the_exclusions(maintenance: MaintenanceClient) -> None:
    agreement = await maintenance.signed()
    body = {"from": "2026-02-10T00:00:00Z", "to": "2026-02-12T00:00:00Z", "reason": "Stock-taking"}
    answer = await maintenance.post(f"/agreements/{agreement['id']}/suspensions", body)
    assert answer.status_code == 201, answer.text
    assert await maintenance.list_outcomes(agreement) == [("10T00:00", "12T00:00", "excluded")]
    assert await maintenance.list_outcomes(agreement, known_at="2026-02-01T00:00:00Z") == []


async def test_a_waiver_of_time_to_come_corrects_nothing(maintenance: MaintenanceClient, sla: ServiceUnderTest) -> None:
    window = {"from": "2026-02-20T08:00:00Z", "to": "2026-02-20T11:30:00Z"}
    waiver = await requested(maintenance, await maintenance.signed(), window=window)
    await maintenance.post(f"/waivers/{waiver['id']}/approval", headers=maintenance.sla_client.customer)
    async with sla.begin() as work:
        assert (await work.session.scalars(select(CorrectionDue))).all() == []
