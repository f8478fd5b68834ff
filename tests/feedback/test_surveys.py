"""Surveys: draft, open, closed; their terms are fixed at the opening; managers run them."""

from typing import Any
from uuid import uuid4

import pytest

from published.feedback import SurveyClosed, SurveyOpened


async def test_a_survey_is_drafted_opened_and_closed(feedback: Any) -> None:
    drafted = (await feedback.ask("POST", "/surveys", json={"name": "Autumn"})).json()
    assert drafted["state"] == "draft"
    assert (drafted["instrument"], drafted["scoring"], drafted["smallest_n"]) == ("csat-5", "csat-5/2", 5)

    opened = (await feedback.ask("POST", f"/surveys/{drafted['id']}/opening")).json()
    assert opened["state"] == "open"
    assert opened["opened_at"]
    await feedback.close(drafted["id"])
    assert (await feedback.get(f"/surveys/{drafted['id']}"))["state"] == "closed"

    assert [event.name for event in await feedback.list_emitted(SurveyOpened)] == ["Autumn"]
    assert [str(event.survey_id) for event in await feedback.list_emitted(SurveyClosed)] == [drafted["id"]]


async def test_a_draft_is_changed_with_its_etag(feedback: Any) -> None:
    drafted = await feedback.ask("POST", "/surveys", json={"name": "Autumn"})
    path = f"/surveys/{drafted.json()['id']}"
    change = {"smallest_n": 2, "release": "closing"}

    assert (await feedback.ask("PATCH", path, json=change)).status_code == 428
    changed = await feedback.ask("PATCH", path, json=change, extra={"If-Match": drafted.headers["etag"]})
    assert changed.status_code == 200
    assert (changed.json()["smallest_n"], changed.json()["release"], changed.json()["name"]) == (2, "closing", "Autumn")
    again = await feedback.ask("PATCH", path, json=change, extra={"If-Match": drafted.headers["etag"]})
    assert again.status_code == 412


async def test_what_respondents_rely_on_is_fixed_at_the_opening(feedback: Any) -> None:
    survey = await feedback.survey()
    read = await feedback.ask("GET", f"/surveys/{survey}")
    lowered = await feedback.ask(
        "PATCH", f"/surveys/{survey}", json={"smallest_n": 1}, extra={"If-Match": read.headers["etag"]}
    )
    assert lowered.status_code == 409
    assert lowered.json()["type"].endswith("/survey-not-draft")


@pytest.mark.parametrize("step", ["opening", "closing"])
async def test_no_step_is_taken_twice(feedback: Any, step: str) -> None:
    survey = await feedback.survey()
    if step == "closing":
        await feedback.close(survey)
    answer = await feedback.ask("POST", f"/surveys/{survey}/{step}")
    assert answer.status_code == 409


async def test_a_draft_is_not_closed(feedback: Any) -> None:
    drafted = (await feedback.ask("POST", "/surveys", json={"name": "Autumn"})).json()
    assert (await feedback.ask("POST", f"/surveys/{drafted['id']}/closing")).status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "A", "question": ""}, "question"),
        ({"name": "A", "instrument": "nps"}, "instrument"),
        ({"name": "A", "smallest_n": 0}, "smallest_n"),
        ({"name": "A", "smallest_n": "5"}, "smallest_n"),
        ({"name": "A", "smallest_n": 10**30}, "smallest_n"),
        ({"name": "A", "release": "daily"}, "release"),
        ({"name": "A", "state": "open"}, "state"),
    ],
)
async def test_bad_surveys_are_refused_by_field(feedback: Any, body: dict[str, Any], field: str) -> None:
    answer = await feedback.ask("POST", "/surveys", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("role", ["owner", "viewer", "customer"])
async def test_only_managers_run_surveys(feedback: Any, role: str) -> None:
    survey = await feedback.survey()
    customer, _ = await feedback.customer(1)
    claims = {"customer": customer} if role == "customer" else {}
    for path in ("/surveys", f"/surveys/{survey}/closing", f"/surveys/{survey}/invitations"):
        assert (await feedback.ask("POST", path, role, json={}, **claims)).status_code == 403


async def test_lists_are_filtered_and_paged(feedback: Any) -> None:
    opened = [await feedback.survey(name=f"Wave {number}") for number in range(3)]
    await feedback.ask("POST", "/surveys", json={"name": "Draft"})
    first = await feedback.get("/surveys?state=open&limit=2", "viewer")
    second = await feedback.get(f"/surveys?state=open&limit=2&cursor={first['next']}", "viewer")
    assert [survey["id"] for survey in first["items"] + second["items"]] == opened
    assert second["next"] is None
    assert (await feedback.ask("GET", "/surveys?state=lost")).status_code == 422


@pytest.mark.parametrize("path", ["", "/satisfaction", "/invitations", "/comments"])
async def test_an_unknown_survey_is_not_found(feedback: Any, path: str) -> None:
    assert (await feedback.ask("GET", f"/surveys/{uuid4()}{path}")).status_code == 404
    assert (await feedback.ask("GET", f"/surveys/nonsense{path}")).status_code == 422


async def test_a_draft_is_deleted_and_an_open_survey_is_not(feedback: Any) -> None:
    drafted = await feedback.ask("POST", "/surveys", json={"name": "By mistake"})
    path, tag = f"/surveys/{drafted.json()['id']}", {"If-Match": drafted.headers["etag"]}
    assert (await feedback.ask("DELETE", path)).status_code == 428
    assert (await feedback.ask("DELETE", path, extra=tag)).status_code == 204
    assert (await feedback.ask("GET", path)).status_code == 404

    opened = await feedback.ask("GET", f"/surveys/{await feedback.survey()}")
    refused = await feedback.ask(
        "DELETE", f"/surveys/{opened.json()['id']}", extra={"If-Match": opened.headers["etag"]}
    )
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/survey-not-draft")
