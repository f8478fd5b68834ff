"""Invitations and answers: links shown once, one answer each, no way from an answer to a person."""

import json
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from published.engagement import PersonLeft


async def test_a_whole_customer_is_invited_and_answers_without_login(feedback: Any) -> None:
    customer, people = await feedback.customer(3)
    survey = await feedback.survey(name="Autumn", question="How was it?")
    answer = await feedback.ask("POST", f"/surveys/{survey}/invitations", json={"customer_id": str(customer)})
    assert answer.status_code == 201
    links = answer.json()["links"]
    assert {link["person_id"] for link in links} == {str(person) for person in people}

    token = links[0]["token"]
    assert links[0]["path"] == f"/feedback/v1/answers/{token}"
    question = (await feedback.ask("GET", f"/answers/{token}", None)).json()
    assert (question["question"], question["smallest_n"], question["answered"]) == ("How was it?", 5, False)
    assert question["scale"][4] == {"rating": 5, "label": "very satisfied"}

    receipt = await feedback.answer(token, 4, comment="Quick help, thank you.")
    assert receipt.status_code == 201
    assert receipt.json() == {"survey_name": "Autumn", "scoring": "csat-5/2"}
    assert (await feedback.ask("GET", f"/answers/{token}", None)).json()["answered"] is True


async def test_nobody_is_asked_twice_in_one_survey(feedback: Any) -> None:
    customer, people = await feedback.customer(3)
    survey = await feedback.survey()
    assert len(await feedback.invite(survey, customer, people[:2])) == 2
    again = await feedback.ask("POST", f"/surveys/{survey}/invitations", json={"customer_id": str(customer)})
    assert [link["person_id"] for link in again.json()["links"]] == [str(people[2])]
    assert {invited["person_id"] for invited in again.json()["already_invited"]} == {
        str(person) for person in people[:2]
    }
    assert {invited["person"]["id"] for invited in again.json()["already_invited"]} == {
        str(person) for person in people[:2]
    }
    assert (await feedback.measure(survey, customer))["invited"] == 3


async def test_a_person_named_twice_is_invited_once(feedback: Any) -> None:
    customer, people = await feedback.customer(2)
    survey = await feedback.survey()
    assert len(await feedback.invite(survey, customer, [people[0], people[0]])) == 1


async def test_who_has_left_is_not_invited_but_may_still_answer(feedback: Any) -> None:
    customer, people = await feedback.customer(2)
    survey = await feedback.survey()
    (token,) = await feedback.invite(survey, customer, people[:1])
    for person in people:
        await feedback.trial.receive(PersonLeft(customer_id=customer, person_id=person))
    body = {"customer_id": str(customer)}
    nobody = await feedback.ask("POST", f"/surveys/{survey}/invitations", json=body)
    assert nobody.status_code == 409
    assert nobody.json()["type"].endswith("/customer-has-no-people")
    assert (await feedback.answer(token, 5)).status_code == 201


async def test_an_answer_is_given_once(feedback: Any) -> None:
    customer, _ = await feedback.customer(1)
    survey = await feedback.survey()
    (token,) = await feedback.invite(survey, customer)
    assert (await feedback.answer(token, 5)).status_code == 201
    second = await feedback.answer(token, 1)
    assert second.status_code == 409
    assert second.json()["type"] == "/feedback/v1/problems/already-answered"


async def test_a_closed_survey_takes_neither_answers_nor_invitations(feedback: Any) -> None:
    customer, people = await feedback.customer(2)
    survey = await feedback.survey()
    (token,) = await feedback.invite(survey, customer, people[:1])
    await feedback.close(survey)
    assert (await feedback.answer(token, 5)).json()["type"].endswith("/survey-not-open")
    late = await feedback.ask("POST", f"/surveys/{survey}/invitations", json={"customer_id": str(customer)})
    assert late.status_code == 409
    assert (await feedback.ask("GET", f"/answers/{token}", None)).json()["state"] == "closed"


async def test_a_draft_takes_no_invitations(feedback: Any) -> None:
    customer, _ = await feedback.customer(1)
    survey = (await feedback.ask("POST", "/surveys", json={"name": "Draft"})).json()["id"]
    early = await feedback.ask("POST", f"/surveys/{survey}/invitations", json={"customer_id": str(customer)})
    assert early.status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rating": 0}, "rating"),
        ({"rating": 6}, "rating"),
        ({"rating": 10**30}, "rating"),
        ({"rating": -1}, "rating"),
        ({"rating": "5"}, "rating"),
        ({"rating": 4.5}, "rating"),
        ({"rating": True}, "rating"),
        ({"rating": None}, "rating"),
        ({}, "rating"),
        ({"rating": 5, "comment": "x" * 10_001}, "comment"),
        ({"rating": 5, "comment": "\x00"}, "comment"),
        ({"rating": 5, "person_id": "x"}, "person_id"),
    ],
)
async def test_bad_answers_are_refused_by_field_and_use_nothing_up(
    feedback: Any, body: dict[str, Any], field: str
) -> None:
    customer, _ = await feedback.customer(1)
    survey = await feedback.survey()
    (token,) = await feedback.invite(survey, customer)
    answer = await feedback.ask("POST", f"/answers/{token}", None, json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await feedback.answer(token, 5)).status_code == 201


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 5000, "%00", "é", "..%2F.."])
async def test_a_token_that_was_not_issued_opens_nothing(feedback: Any, token: str) -> None:
    assert (await feedback.ask("GET", f"/answers/{token}", None)).status_code == 404
    assert (await feedback.answer(token, 5)).status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"customer_id": str(uuid4())}, 404),
        ({"customer_id": "nobody"}, 422),
        ({"person_ids": []}, 422),
        ({"person_ids": ["x"]}, 422),
        ({"person_ids": [str(uuid4())]}, 422),
        ({"person_ids": [str(uuid4()) for _ in range(1001)]}, 422),
    ],
)
async def test_bad_invitations_are_refused(feedback: Any, change: dict[str, Any], status: int) -> None:
    customer, _ = await feedback.customer(1)
    survey = await feedback.survey()
    body = {"customer_id": str(customer)} | change
    answer = await feedback.ask("POST", f"/surveys/{survey}/invitations", json=body)
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["errors"][0]["field"].startswith(next(iter(change)))


async def test_the_links_are_shown_once_and_kept_nowhere(feedback: Any) -> None:
    customer, _ = await feedback.customer(1)
    survey = await feedback.survey()
    (token,) = await feedback.invite(survey, customer)
    listed = await feedback.get(f"/surveys/{survey}/invitations")
    assert token not in json.dumps(listed)
    async with feedback.trial.begin() as work:
        tables = await work.session.scalars(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'feedback'")
        )
        for table in tables.all():
            rows = await work.session.scalars(text(f"SELECT t::text FROM feedback.{table} t"))  # noqa: S608
            assert not any(token in row for row in rows), table


async def test_a_repeated_invitation_request_does_not_replay_the_links(feedback: Any) -> None:
    customer, _ = await feedback.customer(2)
    survey = await feedback.survey()
    body = {"customer_id": str(customer)}
    key = {"Idempotency-Key": "invite-once"}
    first = await feedback.ask("POST", f"/surveys/{survey}/invitations", json=body, extra=key)
    second = await feedback.ask("POST", f"/surveys/{survey}/invitations", json=body, extra=key)
    assert len(first.json()["links"]) == 2
    assert second.json()["links"] == []
    assert len(second.json()["already_invited"]) == 2


async def test_nothing_kept_links_a_rating_to_a_person_or_an_instant(feedback: Any) -> None:
    """The trail tells that an invitation was used; ratings stand in a table without times, ids in no order."""
    customer, people = await feedback.customer(6)
    survey = await feedback.survey()
    await feedback.answer_all(await feedback.invite(survey, customer), [1, 5, 5, 5, 5])
    async with feedback.trial.begin() as work:
        audited = list(await work.session.scalars(text("SELECT DISTINCT entity FROM feedback.audit")))
        assert set(audited) == {"surveys", "invitations"}
        columns = list(
            await work.session.scalars(
                text("SELECT column_name FROM information_schema.columns WHERE table_name = 'responses'")
            )
        )
        assert set(columns) == {"id", "survey_id", "customer_id", "block", "rating", "scoring", "comment"}
    listed = await feedback.get(f"/surveys/{survey}/invitations")
    assert set(listed["items"][0]) == {"id", "customer_id", "customer", "person_id", "person", "created_at"}
    assert {item["person_id"] for item in listed["items"]} == {str(person) for person in people}


async def test_comments_are_shown_from_twice_the_smallest_number_on(feedback: Any) -> None:
    customer, _ = await feedback.customer(8)
    survey = await feedback.survey(smallest_n=2)
    tokens = await feedback.invite(survey, customer)

    async def comments(role: str = "viewer", customer: Any = None) -> set[str]:
        comments = await feedback.get(f"/surveys/{survey}/comments", role, customer)
        return {item["comment"] for item in comments["items"]}

    for number, token in enumerate(tokens[:3]):
        await feedback.answer(token, 3, comment=f"comment {number}")
    assert await comments() == set()
    await feedback.answer(tokens[3], 3, comment=" ")
    assert await comments() == {"comment 0", "comment 1", "comment 2"}
    await feedback.answer(tokens[4], 3, comment="held back")
    assert "held back" not in await comments()
    assert await comments("customer", customer) == {"comment 0", "comment 1", "comment 2"}
    foreign = await feedback.ask("GET", f"/surveys/{survey}/comments", "customer", customer=uuid4())
    assert foreign.status_code == 404


async def test_a_respondent_may_send_an_idempotency_key(feedback: Any) -> None:
    customer, _ = await feedback.customer(1)
    survey = await feedback.survey()
    (token,) = await feedback.invite(survey, customer)
    key = {"Idempotency-Key": "tap-tap"}
    answer = await feedback.ask("POST", f"/answers/{token}", None, json={"rating": 5}, extra=key)
    assert answer.status_code == 201


async def test_a_lost_link_is_replaced_by_another(feedback: Any) -> None:
    customer, _ = await feedback.customer(1)
    survey, elsewhere = await feedback.survey(), await feedback.survey()
    (link,) = await feedback.invite(survey, customer)
    (invitation,) = (await feedback.get(f"/surveys/{survey}/invitations"))["items"]
    renewed = await feedback.ask("POST", f"/surveys/{survey}/invitations/{invitation['id']}/link")
    assert renewed.status_code == 201
    assert (await feedback.answer(link, 5)).status_code == 404
    assert (await feedback.answer(renewed.json()["token"], 5)).status_code == 201

    path = f"/invitations/{invitation['id']}/link"
    assert (await feedback.ask("POST", f"/surveys/{elsewhere}{path}")).status_code == 404
    assert (await feedback.ask("POST", f"/surveys/{survey}{path}", "viewer")).status_code == 403
    await feedback.close(survey)
    assert (await feedback.ask("POST", f"/surveys/{survey}{path}")).status_code == 409


async def test_a_link_that_holds_what_no_text_does_opens_nothing_twice(feedback: Any) -> None:
    for key in ({}, {"Idempotency-Key": "once"}):
        answer = await feedback.ask("POST", "/answers/a%00b", None, json={"rating": 5}, extra=key)
        assert answer.status_code == 404
