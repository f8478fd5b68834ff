"""Requirements over HTTP: submitted, answered by what is signed, open again when it ends, refused, withdrawn."""

from datetime import UTC, datetime

from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.sla import (
    RequirementAnswered,
    RequirementRefused,
    RequirementReopened,
    RequirementSubmitted,
    RequirementWithdrawn,
)
from sla.requirements.answer_job import ANSWER_JOB
from tests.sla.conftest import SlaClient
from tests.sla.lifecycles import advance_due_agreements
from tests.sla.problems import problem
from tests.sla.requirements.conftest import NEW_REQUIREMENT, SubmitRequirement, read, signed


async def list_requirement_events(sla: ServiceUnderTest) -> list[str]:
    """List the names of the events that requesters are notified of, once the job has emitted them all."""
    await ANSWER_JOB.run(sla.runtime)
    events = [type(event).__name__ for event in await sla.list_emitted_events()]
    await ANSWER_JOB.run(sla.runtime)
    assert [type(event).__name__ for event in await sla.list_emitted_events()] == events
    return [name for name in events if name.startswith("Requirement")]


async def test_a_submitted_requirement_is_read_and_emitted(
    sla_client: SlaClient, sla: ServiceUnderTest, submit: SubmitRequirement
) -> None:
    source = new_id()
    requirement = await submit(service_id=str(sla_client.service_id), source_id=str(source))
    assert (requirement["state"], requirement["customer_id"], requirement["answers"]) == (
        "submitted",
        str(sla_client.customer_id),
        [],
    )
    assert await read(sla_client, f"/requirements/{requirement['id']}") == requirement
    event = (await sla.list_emitted_events())[-1]
    assert isinstance(event, RequirementSubmitted)
    assert (event.source_id, event.asked_by) == (source, "Head of sales")


async def test_a_signed_objective_answers_a_requirement_in_full_or_with_gaps(
    sla_client: SlaClient, sla: ServiceUnderTest, submit: SubmitRequirement
) -> None:
    high, low = await submit(), await submit(service_level={"level": {"kind": "availability", "target": "99"}})
    agreement = await signed(sla_client, high["id"], low["id"])
    answered = await read(sla_client, f"/requirements/{high['id']}", sla_client.customer)
    assert (answered["state"], answered["answers"][0]["met"]) == ("answered", False)
    assert answered["answers"][0]["gaps"] == ["99.95 % is wanted, 99.5 % is agreed: 0.45 points less."]
    assert (await read(sla_client, f"/requirements/{low['id']}"))["answers"][0]["met"] is True
    assert await list_requirement_events(sla) == ["RequirementSubmitted"] * 2 + ["RequirementAnswered"] * 2
    event = (await sla.list_emitted_events())[-1]
    assert isinstance(event, RequirementAnswered)
    assert (str(event.answers[0].agreement_id), event.answers[0].met) == (agreement["id"], True)


async def test_a_draft_answers_nothing_yet_but_shows_what_it_would(
    sla_client: SlaClient, sla: ServiceUnderTest, submit: SubmitRequirement
) -> None:
    requirement, other_requirement = await submit(), await submit(title="Fast pages")
    elsewhere = await submit(title="Mail", service_id=str(sla_client.service_id))
    first, second = sla_client.terms()["objectives"]
    draft = (await sla_client.draft(objectives=[first | {"answers": [requirement["id"]]}, second])).json()
    assert (await read(sla_client, f"/requirements/{requirement['id']}"))["state"] == "submitted"
    coverage = await read(sla_client, f"/agreements/{draft['id']}/requirements")
    assert [(answer["requirement_exists"], answer["met"]) for answer in coverage["answers"]] == [(True, False)]
    assert [objective["objective_name"] for objective in coverage["without_requirement"]] == ["Fast answers"]
    assert [unanswered["id"] for unanswered in coverage["unanswered"]] == [other_requirement["id"], elsewhere["id"]]
    assert coverage["not_met"] == [requirement["id"]]
    assert (await list_requirement_events(sla)).count("RequirementAnswered") == 0


async def test_the_coverage_of_a_customer_is_by_agreements_in_force(
    sla_client: SlaClient, submit: SubmitRequirement
) -> None:
    answered, open_ = await submit(), await submit(title="Fast pages")
    await signed(sla_client, answered["id"])
    for headers, query in ((sla_client.customer, ""), (sla_client.manager, f"?customer_id={sla_client.customer_id}")):
        coverage = await read(sla_client, f"/requirements/coverage{query}", headers)
        assert [answer["requirement_id"] for answer in coverage["answers"]] == [answered["id"]]
        assert [objective["objective_name"] for objective in coverage["without_requirement"]] == ["Fast answers"]
        assert [unanswered["id"] for unanswered in coverage["unanswered"]] == [open_["id"]]
    answer = await sla_client.sla.client.get("/requirements/coverage", headers=sla_client.manager)
    assert problem(answer) == (422, "invalid")


async def test_an_agreement_signed_for_later_answers_already(sla_client: SlaClient, submit: SubmitRequirement) -> None:
    requirement = await submit()
    await signed(sla_client, requirement["id"], starts_on="2026-06-01")
    assert (await read(sla_client, f"/requirements/{requirement['id']}"))["state"] == "answered"


async def test_a_requirement_is_open_again_when_the_agreement_ends(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock, submit: SubmitRequirement
) -> None:
    requirement = await submit()
    await signed(sla_client, requirement["id"], ends_on="2026-03-31")
    await list_requirement_events(sla)
    clock.now = datetime(2026, 4, 1, tzinfo=UTC)
    async with sla.begin() as work:
        await advance_due_agreements(work)
    assert (await read(sla_client, f"/requirements/{requirement['id']}"))["state"] == "submitted"
    assert (await list_requirement_events(sla))[-1] == "RequirementReopened"
    assert isinstance((await sla.list_emitted_events())[-1], RequirementReopened)


async def test_a_requirement_is_open_again_from_the_day_an_amendment_leaves_it_out(
    sla_client: SlaClient, sla: ServiceUnderTest, clock: FakeClock, submit: SubmitRequirement
) -> None:
    requirement = await submit()
    agreement = await signed(sla_client, requirement["id"])
    terms = agreement["version"]["terms"] | {"starts_on": "2026-03-01"}
    terms["objectives"][0]["answers"] = []
    amended = await sla_client.step(agreement, "amendments", {"terms": terms})
    assert amended.status_code == 201, amended.text
    await sla_client.step(agreement, "proposals", {})
    accepted = (await sla_client.step(agreement, "acceptances", {}, sla_client.customer)).json()
    signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
    await sla_client.step(agreement, "signatures", signature)
    await sla_client.step(agreement, "signatures", signature, sla_client.customer)
    assert (await list_requirement_events(sla))[-1] == "RequirementAnswered"
    clock.now = datetime(2026, 3, 1, tzinfo=UTC)
    async with sla.begin() as work:
        await advance_due_agreements(work)
    assert (await read(sla_client, f"/requirements/{requirement['id']}"))["state"] == "submitted"
    assert await list_requirement_events(sla) == ["RequirementSubmitted", "RequirementAnswered", "RequirementReopened"]


async def test_a_requirement_refused_with_a_reason_is_over(
    sla_client: SlaClient, sla: ServiceUnderTest, submit: SubmitRequirement
) -> None:
    requirement = await submit()
    path = f"/requirements/{requirement['id']}"
    why = {"reason": "The hosting contract ends at 99.9 %"}
    answer = await sla_client.sla.client.post(f"{path}/refusal", json=why, headers=sla_client.manager)
    assert (answer.status_code, answer.json()["state"]) == (201, "refused")
    assert answer.json()["ended_because"] == why["reason"]
    event = (await sla.list_emitted_events())[-1]
    assert isinstance(event, RequirementRefused)
    assert event.reason == why["reason"]
    for step, headers in (("refusal", sla_client.manager), ("withdrawal", sla_client.customer)):
        again = await sla_client.sla.client.post(f"{path}/{step}", json=why, headers=headers)
        assert problem(again) == (409, "requirement-already-refused")
    revised = await sla_client.sla.client.put(
        f"{path}/service-level",
        json=NEW_REQUIREMENT["service_level"],
        headers=sla_client.customer | {"If-Match": answer.headers["etag"]},
    )
    assert problem(revised) == (409, "requirement-already-refused")


async def test_a_customer_withdraws_a_requirement_it_no_longer_needs(
    sla_client: SlaClient, sla: ServiceUnderTest, submit: SubmitRequirement
) -> None:
    path = f"/requirements/{(await submit())['id']}"
    answer = await sla_client.sla.client.post(
        f"{path}/withdrawal", json={"reason": "Sold"}, headers=sla_client.customer
    )
    assert answer.json()["state"] == "withdrawn"
    assert isinstance((await sla.list_emitted_events())[-1], RequirementWithdrawn)
    again = await sla_client.sla.client.post(f"{path}/refusal", json={"reason": "?"}, headers=sla_client.manager)
    assert problem(again) == (409, "requirement-already-withdrawn")


async def test_an_answered_requirement_is_neither_refused_nor_withdrawn(
    sla_client: SlaClient, submit: SubmitRequirement
) -> None:
    requirement = await submit()
    await signed(sla_client, requirement["id"])
    for step, headers in (("refusal", sla_client.manager), ("withdrawal", sla_client.customer)):
        answer = await sla_client.sla.client.post(
            f"/requirements/{requirement['id']}/{step}", json={"reason": "?"}, headers=headers
        )
        assert problem(answer) == (409, "requirement-already-answered")


async def test_a_service_level_is_revised_only_by_somebody_who_has_read_it(
    sla_client: SlaClient, submit: SubmitRequirement
) -> None:
    requirement = await submit()
    path = f"/requirements/{requirement['id']}"
    await signed(sla_client, requirement["id"])
    body = {
        "level": {"kind": "availability", "target": "99.5"},
        "volume": {"amount": 90, "unit": "orders", "per": "day"},
    }
    stale = await sla_client.sla.client.put(
        f"{path}/service-level", json=body, headers=sla_client.customer | {"If-Match": '"9"'}
    )
    assert problem(stale) == (412, "changed-meanwhile")
    blind = await sla_client.sla.client.put(f"{path}/service-level", json=body, headers=sla_client.customer)
    assert problem(blind) == (428, "precondition-required")
    etag = (await sla_client.sla.client.get(path, headers=sla_client.customer)).headers["etag"]
    answer = await sla_client.sla.client.put(
        f"{path}/service-level", json=body, headers=sla_client.customer | {"If-Match": etag}
    )
    assert (answer.json()["answers"][0]["met"], answer.json()["service_level"]["volume"]["unit"]) == (True, "orders")
    assert answer.headers["etag"] != etag


async def test_the_list_is_filtered_by_the_derived_state_too(
    sla_client: SlaClient, sla: ServiceUnderTest, submit: SubmitRequirement
) -> None:
    answered, open_, refused = await submit(), await submit(service_id=str(sla_client.service_id)), await submit()
    await signed(sla_client, answered["id"])
    await sla.client.post(f"/requirements/{refused['id']}/refusal", json={"reason": "?"}, headers=sla_client.manager)

    async def listed(query: str) -> list[str]:
        return [item["id"] for item in (await read(sla_client, f"/requirements?{query}"))["items"]]

    assert await listed("") == [answered["id"], open_["id"], refused["id"]]
    for state, requirement in (("answered", answered), ("submitted", open_), ("refused", refused)):
        assert await listed(f"state={state}") == [requirement["id"]]
    assert await listed("state=withdrawn") == []
    assert await listed(f"service_id={sla_client.service_id}") == [open_["id"]]
    assert await listed(f"customer_id={new_id()}") == []
    counts = []
    for limit in (1, 3):
        with sla.record_queries() as queries:
            await read(sla_client, f"/requirements?limit={limit}")
        counts.append(len(queries))
    assert counts[0] == counts[1]
