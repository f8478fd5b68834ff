"""The calculator over HTTP: as much as it takes, and what it refuses, always naming the field."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import httpx
import pytest

from common.testing.plugin import ServiceUnderTest

Headers = Callable[[str], dict[str, str]]

MONTH = {"from": "2026-06-01T00:00:00Z", "to": "2026-07-01T00:00:00Z"}
ALWAYS = {"timezone": "UTC", "hours": "24x7"}


def question(**parts: Any) -> dict[str, Any]:
    objective = {"target": "99.9", "method": "timeslices"}
    return {"window": MONTH, "calendar": ALWAYS, "objective": objective, "slices": []} | parts


async def assess(sla: ServiceUnderTest, headers: Headers, text: str) -> httpx.Response:
    content = {"content-type": "application/json"} | headers("viewer")
    return await sla.client.post("/assessments", content=text, headers=content)


async def test_a_month_of_minutes_fits(sla: ServiceUnderTest, headers: Headers) -> None:
    """43,200 slices; 43 of them may be bad."""
    for bad, met in [(43, True), (44, False)]:
        slices = [{"good": 99_999, "total": 99_999}] * (43_200 - bad) + [{"good": 0, "total": 99_999}] * bad
        answer = await assess(sla, headers, json.dumps(question(slices=slices)))
        assert (answer.json()["met"], answer.json()["in_scope"]) == (met, 43_200)


async def test_more_slices_than_it_takes(sla: ServiceUnderTest, headers: Headers) -> None:
    answer = await assess(sla, headers, json.dumps(question(slices=[{"good": 1, "total": 1}] * 50_001)))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "slices")
    answer = await assess(sla, headers, json.dumps(question(slices=[{"good": 1, "total": 1}] * 10**6)))
    assert answer.status_code == 413


@pytest.mark.parametrize("body", ["[" * 100_000, '{"window": ' + "9" * 5_000 + "}", "{", '"\xff"'])
async def test_what_cannot_be_read_is_said_of_the_body(sla: ServiceUnderTest, headers: Headers, body: str) -> None:
    content = {"content-type": "application/json"} | headers("viewer")
    answer = await sla.client.post("/assessments", content=body.encode("latin-1"), headers=content)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (400, "/sla/v1/problems/malformed")
    assert [error["field"] for error in problem["errors"]] == ["body"]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("objective.target", "Infinity"),
        ("objective.target", "NaN"),
        ("objective.target", '"1e999999999"'),
        ("objective.target", '"0.' + "9" * 5_000 + '"'),
        ("objective.target", "true"),
        ("objective.missing", "null"),
        ("window.from", '"0001-01-01T00:00:00Z"'),
        ("window.to", '"9999-12-31T23:59:59Z"'),
        ("window.to", '"9999-12-31T23:59:59-14:00"'),
        ("window.to", '"2026-06-30T24:00:00Z"'),
        ("window.to", '"2026-07-01"'),
        ("window.to", "1782864000"),
        ("calendar.timezone", '"Mars/Phobos"'),
        ("calendar.timezone", '"../UTC"'),
        ("calendar.hours", "{}"),
        ("slices", '[{"good": 2, "total": 1}]'),
        ("slices", '[{"good": 1.0, "total": 1.0}]'),
        ("slices", '[{"good": true, "total": true}]'),
        ("slices", '[{"good": 9007199254740993, "total": 9007199254740993}]'),
        ("slices", '[{"good": 0, "total": 9007199254740992}, {"good": 0, "total": 1}]'),
        ("slices", '{"good": 1, "total": 1}'),
        ("exclusions", "null"),
        ("observed", '[{"to": "2026-06-02T00:00:00Z"}]'),
    ],
)
async def test_what_is_refused_names_the_field(sla: ServiceUnderTest, headers: Headers, place: str, value: str) -> None:
    body = deepcopy(question())
    outside, _, name = place.rpartition(".")
    (body[outside] if outside else body)[name] = "@"
    answer = await assess(sla, headers, json.dumps(body).replace('"@"', value))
    assert answer.status_code == 422
    assert all(error["field"].startswith(place) for error in answer.json()["errors"])
