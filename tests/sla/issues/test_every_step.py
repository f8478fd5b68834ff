"""Every step in every state of an issue: done and told, or refused by name and without a trace."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from tests.sla.issues.desk import Desk
from tests.sla.problems import problem

TASK = {"what": "order memory", "who": "otto", "due_on": "2026-06-01"}
DONE = {"resolution": "doubled the memory"}
WHY = {"reason": "the same outage"}
Step = Callable[[Desk, str], Awaitable[httpx.Response]]


def changing(body: dict[str, Any]) -> Step:
    async def change(desk: Desk, issue: str) -> httpx.Response:
        answer: httpx.Response = await desk.change("PATCH", issue, body)
        return answer

    return change


def posting(step: str, body: dict[str, Any] | None = None) -> Step:
    async def post(desk: Desk, issue: str) -> httpx.Response:
        answer: httpx.Response = await desk.post(issue, step, body)
        return answer

    return post


async def attribute(desk: Desk, issue: str) -> httpx.Response:
    answer: httpx.Response = await desk.change("PUT", f"{issue}/cause", {"cause_id": await desk.cause()})
    return answer


async def merge(desk: Desk, issue: str) -> httpx.Response:
    answer: httpx.Response = await desk.post(issue, "merging", WHY | {"into": await desk.apart()})
    return answer


async def take_in(desk: Desk, issue: str) -> httpx.Response:
    """Another one is merged into it."""
    answer: httpx.Response = await desk.post(await desk.apart(), "merging", WHY | {"into": issue})
    return answer


async def split(desk: Desk, issue: str) -> httpx.Response:
    breaches = [one["id"] for one in (await desk.read(issue))["breaches"]][1:] or [issue]
    answer: httpx.Response = await desk.post(issue, "splitting", WHY | {"breaches": breaches})
    return answer


def of_task(step: str, method: str = "POST", body: dict[str, Any] | None = None) -> Step:
    async def do(desk: Desk, issue: str) -> httpx.Response:
        tasks = (await desk.read(issue))["tasks"]
        path = f"{issue}/tasks/{tasks[0]['id'] if tasks else issue}{step}"
        answer: httpx.Response = await desk.change(method, path, body)
        return answer

    return do


STEPS: dict[str, Step] = {
    "assign": changing({"owner": "otto"}),
    "plan": changing({"plan": "more memory", "due_on": "2026-06-01"}),
    "attribute": attribute,
    "merge": merge,
    "take in": take_in,
    "split": split,
    "add task": posting("tasks", TASK),
    "change task": of_task("", "PATCH", {"who": "olga"}),
    "finish task": of_task("/completion", body={"outcome": "ordered"}),
    "drop task": of_task("/withdrawal", body={"reason": "no use"}),
    "resolve": posting("resolution", DONE),
    "close": posting("closure"),
    "comment": posting("comments", {"text": "We are on it."}),
}
"""`comment` is allowed whatever the state."""


async def opened(desk: Desk) -> str:
    """With two breaches."""
    of = {"service_id": new_id(), "indicator_id": new_id()}
    first = await desk.open(**of)
    assert await desk.open(**of) == first
    return first


async def reach(desk: Desk, state: str) -> str:
    issue = await opened(desk)
    if state in ("in_progress", "tasked", "resolved", "closed"):
        await desk.take_up(issue)
    if state == "tasked":
        assert (await desk.post(issue, "tasks", TASK)).status_code == 201
    if state in ("resolved", "closed"):
        assert (await desk.post(issue, "resolution", DONE)).status_code == 201
    if state == "closed":
        assert (await desk.post(issue, "closure")).status_code == 201
    if state == "merged":
        await merge(desk, issue)
    if state == "unfounded":
        for breach in (await desk.read(issue))["breaches"]:
            await desk.clear(UUID(breach["objective_id"]))
    return issue


NO_TASK = dict.fromkeys(("change task", "finish task", "drop task"), "no-such-task")
NOT_RESOLVED = {"close": "issue-not-resolved"}
TALK = {"comment": "done"}
WORK = dict.fromkeys(("assign", "plan", "attribute", "merge", "take in", "split", "add task"), "done")


def refused(rule: str) -> dict[str, str]:
    return dict.fromkeys(STEPS, rule) | TALK


EXPECTED = {
    "open": WORK | NO_TASK | NOT_RESOLVED | TALK | {"resolve": "issue-without-owner"},
    "in_progress": WORK | NO_TASK | NOT_RESOLVED | TALK | {"resolve": "done"},
    "tasked": WORK | dict.fromkeys(NO_TASK, "done") | NOT_RESOLVED | TALK | {"resolve": "tasks-open"},
    "resolved": refused("issue-already-resolved") | {"close": "done"},
    "closed": refused("issue-closed"),
    "merged": refused("issue-merged-already"),
    "unfounded": refused("issue-unfounded"),
}


async def picture(desk: Desk, issue: str) -> tuple[Any, ...]:
    read = await desk.read(issue)
    record = await desk.record(issue)
    audit = desk.sla.runtime.tables.audit
    async with desk.sla.begin() as work:
        query = select(func.count()).select_from(audit).where(audit.c.entity_id == issue)
        changes = await work.session.scalar(query)
    return read, record, changes, [one for one in await desk.sla.list_emitted_events() if one.subject == issue]


def outcome(answer: httpx.Response) -> str:
    return "done" if answer.is_success else problem(answer)[1]


@pytest.mark.parametrize("state", EXPECTED)
async def test_every_step_is_done_or_refused_by_name(desk: Desk, state: str) -> None:
    assert EXPECTED[state].keys() == STEPS.keys()
    found, issue = {}, await reach(desk, state)
    for name, step in STEPS.items():
        before = await picture(desk, issue)
        answer = await step(desk, issue)
        found[name] = outcome(answer)
        if answer.is_success:
            assert name == "comment" or await picture(desk, issue) != before
            issue = await reach(desk, state)
        else:
            assert answer.status_code in (404, 409), (name, answer.text)
            assert await picture(desk, issue) == before, name
    assert found == EXPECTED[state]


@pytest.mark.parametrize("body", [{}, {"owner": "olga"}])
async def test_not_even_an_empty_change_moves_what_is_closed(
    desk: Desk, clock: FakeClock, body: dict[str, str]
) -> None:
    issue = await reach(desk, "closed")
    clock.now += timedelta(hours=1)
    before = await picture(desk, issue)
    assert problem(await desk.change("PATCH", issue, body)) == (409, "issue-closed")
    assert await picture(desk, issue) == before
