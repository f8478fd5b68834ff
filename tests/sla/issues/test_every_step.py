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
from tests.sla.issues.issue_client import IssueClient
from tests.sla.problems import problem

TASK = {"description": "order memory", "assignee": "otto", "due_on": "2026-06-01"}
DONE = {"resolution": "doubled the memory"}
WHY = {"reason": "the same outage"}
Step = Callable[[IssueClient, str], Awaitable[httpx.Response]]


def changing(body: dict[str, Any]) -> Step:
    async def change(issues: IssueClient, issue: str) -> httpx.Response:
        answer: httpx.Response = await issues.change("PATCH", issue, body)
        return answer

    return change


def posting(step: str, body: dict[str, Any] | None = None) -> Step:
    async def post(issues: IssueClient, issue: str) -> httpx.Response:
        answer: httpx.Response = await issues.post(issue, step, body)
        return answer

    return post


async def attribute(issues: IssueClient, issue: str) -> httpx.Response:
    answer: httpx.Response = await issues.change("PUT", f"{issue}/cause", {"cause_id": await issues.cause()})
    return answer


async def merge(issues: IssueClient, issue: str) -> httpx.Response:
    answer: httpx.Response = await issues.post(issue, "merge", WHY | {"into": await issues.open_apart()})
    return answer


async def take_in(issues: IssueClient, issue: str) -> httpx.Response:
    """Another one is merged into it."""
    answer: httpx.Response = await issues.post(await issues.open_apart(), "merge", WHY | {"into": issue})
    return answer


async def split(issues: IssueClient, issue: str) -> httpx.Response:
    breaches = [breach["id"] for breach in (await issues.read(issue))["breaches"]][1:] or [issue]
    answer: httpx.Response = await issues.post(issue, "split", WHY | {"breaches": breaches})
    return answer


def of_task(step: str, method: str = "POST", body: dict[str, Any] | None = None) -> Step:
    async def do(issues: IssueClient, issue: str) -> httpx.Response:
        tasks = (await issues.read(issue))["tasks"]
        path = f"{issue}/tasks/{tasks[0]['id'] if tasks else issue}{step}"
        answer: httpx.Response = await issues.change(method, path, body)
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
    "change task": of_task("", "PATCH", {"assignee": "olga"}),
    "finish task": of_task("/completion", body={"outcome": "ordered"}),
    "drop task": of_task("/withdrawal", body={"reason": "no use"}),
    "resolve": posting("resolution", DONE),
    "close": posting("closure"),
    "comment": posting("comments", {"text": "We are on it."}),
}
"""`comment` is allowed whatever the state."""


async def opened(issues: IssueClient) -> str:
    """With two breaches."""
    of = {"service_id": new_id(), "indicator_id": new_id()}
    first = await issues.open(**of)
    assert await issues.open(**of) == first
    return first


async def reach(issues: IssueClient, state: str) -> str:
    issue = await opened(issues)
    if state in ("in_progress", "tasked", "resolved", "closed"):
        await issues.take_up(issue)
    if state == "tasked":
        assert (await issues.post(issue, "tasks", TASK)).status_code == 201
    if state in ("resolved", "closed"):
        assert (await issues.post(issue, "resolution", DONE)).status_code == 201
    if state == "closed":
        assert (await issues.post(issue, "closure")).status_code == 201
    if state == "merged":
        await merge(issues, issue)
    if state == "unfounded":
        for breach in (await issues.read(issue))["breaches"]:
            await issues.clear(UUID(breach["objective_id"]))
    return issue


NO_TASK = dict.fromkeys(("change task", "finish task", "drop task"), "task-not-found")
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
    "merged": refused("issue-already-merged"),
    "unfounded": refused("issue-unfounded"),
}


async def picture(issues: IssueClient, issue: str) -> tuple[Any, ...]:
    read = await issues.read(issue)
    record = await issues.activity(issue)
    audit = issues.sla.runtime.tables.audit
    async with issues.sla.begin() as work:
        query = select(func.count()).select_from(audit).where(audit.c.entity_id == issue)
        changes = await work.session.scalar(query)
    return read, record, changes, [event for event in await issues.sla.list_emitted_events() if event.subject == issue]


def outcome(answer: httpx.Response) -> str:
    return "done" if answer.is_success else problem(answer)[1]


@pytest.mark.parametrize("state", EXPECTED)
async def test_every_step_is_done_or_refused_by_name(issues: IssueClient, state: str) -> None:
    assert EXPECTED[state].keys() == STEPS.keys()
    outcomes, issue = {}, await reach(issues, state)
    for name, step in STEPS.items():
        before = await picture(issues, issue)
        answer = await step(issues, issue)
        outcomes[name] = outcome(answer)
        if answer.is_success:
            assert name == "comment" or await picture(issues, issue) != before
            issue = await reach(issues, state)
        else:
            assert answer.status_code in (404, 409), (name, answer.text)
            assert await picture(issues, issue) == before, name
    assert outcomes == EXPECTED[state]


@pytest.mark.parametrize("body", [{}, {"owner": "olga"}])
async def test_not_even_an_empty_change_moves_what_is_closed(
    issues: IssueClient, clock: FakeClock, body: dict[str, str]
) -> None:
    issue = await reach(issues, "closed")
    clock.now += timedelta(hours=1)
    before = await picture(issues, issue)
    assert problem(await issues.change("PATCH", issue, body)) == (409, "issue-closed")
    assert await picture(issues, issue) == before
