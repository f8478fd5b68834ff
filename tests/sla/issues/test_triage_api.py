"""Triage over HTTP: causes, merges and splits, what comes back or is cleared or ignored, and the order explained."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from common.ids import new_id
from common.testing.issuer import Clock
from common.testing.plugin import Trial
from published.event import Event
from published.sla import IssueCleared, IssueEscalated, IssueMerged, IssueOpened, IssueReopened, IssueResolved
from sla.issues import actions
from sla.issues.triage import Breach

FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
MARCH = {"period_from": datetime(2026, 3, 1, tzinfo=UTC), "period_to": datetime(2026, 4, 1, tzinfo=UTC)}


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[1]


class Desk:
    """The triage as people use it, and breaches as closing finds them."""

    def __init__(self, sla: Trial, shop: Any, agreement_id: UUID, breach: Callable[..., Breach]) -> None:
        self.sla, self.shop, self.agreement_id, self.breach = sla, shop, agreement_id, breach

    @property
    def owner(self) -> dict[str, str]:
        found: dict[str, str] = self.shop.headers("owner")
        return found

    async def open(self, **changes: Any) -> str:
        usual: dict[str, Any] = {
            "agreement_id": self.agreement_id,
            "customer_id": self.shop.customer_id,
            "service_id": self.shop.service_id,
        }
        async with self.sla.work() as work:
            return str((await actions.open_for_breach(work, self.breach(**usual | changes))).id)

    async def apart(self, **changes: Any) -> str:
        """Of a service and indicator of its own."""
        return await self.open(**{"service_id": new_id(), "indicator_id": new_id()} | changes)

    async def clear(self, objective_id: UUID) -> None:
        async with self.sla.work() as work:
            await actions.clear(work, self.agreement_id, objective_id, FEBRUARY)

    async def read(self, issue: str, who: dict[str, str] | None = None) -> dict[str, Any]:
        answer = await self.sla.client.get(f"/issues/{issue}", headers=who or self.shop.manager)
        found: dict[str, Any] = answer.json()
        return found

    async def post(self, issue: str, step: str, body: Any = None, who: dict[str, str] | None = None) -> Any:
        return await self.sla.client.post(f"/issues/{issue}/{step}", json=body, headers=who or self.owner)

    async def change(self, method: str, path: str, body: Any) -> Any:
        issue = path.split("/", maxsplit=1)[0]
        etag = (await self.sla.client.get(f"/issues/{issue}", headers=self.owner)).headers["etag"]
        headers = self.owner | {"If-Match": etag}
        return await self.sla.client.request(method, f"/issues/{path}", json=body, headers=headers)

    async def take_up(self, issue: str, **plan: Any) -> None:
        assert (await self.change("PATCH", issue, {"owner": "olga"} | plan)).status_code == 200

    async def resolve(self, issue: str) -> None:
        await self.take_up(issue)
        assert (await self.post(issue, "resolution", {"resolution": "done"})).status_code == 201

    async def cause(self, **changes: Any) -> str:
        body = {"name": "The pool runs dry", "kind": "capacity"} | changes
        answer = await self.sla.client.post("/causes", json=body, headers=self.owner)
        assert answer.status_code == 201, answer.text
        key: str = answer.json()["id"]
        return key

    async def told(self, kind: type[Event]) -> list[Any]:
        return [event for event in await self.sla.emitted() if isinstance(event, kind)]

    async def record(self, issue: str, who: dict[str, str] | None = None) -> list[tuple[str, str]]:
        answer = await self.sla.client.get(f"/issues/{issue}/record", headers=who or self.shop.manager)
        return [(entry["kind"], entry["text"]) for entry in answer.json()["items"]]

    async def duty(self, name: str) -> None:
        await next(one for one in self.sla.service.duties if one.name == name).run(self.sla.runtime)


@pytest.fixture
async def desk(sla: Trial, shop: Any, breach: Callable[..., Breach]) -> Desk:
    return Desk(sla, shop, UUID((await shop.signed())["id"]), breach)


# Causes


async def test_two_breaches_of_a_cause_that_people_name_make_one_issue(desk: Desk) -> None:
    first, second, cause = await desk.apart(), await desk.apart(), await desk.cause()
    assert (await desk.change("PUT", f"{first}/cause", {"cause_id": cause})).json()["id"] == first
    answer = (await desk.change("PUT", f"{second}/cause", {"cause_id": cause})).json()
    assert (answer["id"], len(answer["breaches"]), answer["cause_id"]) == (first, 2, cause)
    merged = await desk.read(second)
    assert (merged["state"], merged["merged_into"], merged["breaches"]) == ("merged", first, [])
    (event,) = await desk.told(IssueMerged)
    assert (event.issue_id, event.into_issue_id) == (UUID(second), UUID(first))


async def test_issues_of_several_customers_share_a_cause_and_each_sees_its_own(desk: Desk) -> None:
    other = new_id()
    mine, theirs, cause = await desk.open(), await desk.open(customer_id=other), await desk.cause()
    for issue in (mine, theirs):
        assert (await desk.change("PUT", f"{issue}/cause", {"cause_id": cause})).json()["id"] == issue

    async def listed(who: dict[str, str]) -> set[str]:
        items = (await desk.sla.client.get(f"/issues?cause_id={cause}", headers=who)).json()["items"]
        return {item["id"] for item in items}

    assert await listed(desk.shop.manager) == {mine, theirs}
    assert await listed(desk.shop.customer) == {mine}
    assert (await desk.sla.client.get(f"/causes/{cause}", headers=desk.shop.customer)).status_code == 403


async def test_a_new_issue_takes_over_the_cause_of_what_others_suffer_at_the_same_time(desk: Desk) -> None:
    theirs, cause = await desk.open(customer_id=new_id()), await desk.cause()
    await desk.change("PUT", f"{theirs}/cause", {"cause_id": cause})
    mine = await desk.open()
    assert (await desk.read(mine))["cause_id"] == cause
    assert (await desk.read(await desk.apart()))["cause_id"] is None
    # Of a later time, and all the same of the customer's one issue of this cause, once others are said to have it.
    march = await desk.open(customer_id=new_id(), **MARCH)
    await desk.change("PUT", f"{march}/cause", {"cause_id": cause})
    assert await desk.open(**MARCH) == mine


async def test_a_cause_is_taken_back_and_an_eliminated_one_is_not_given(desk: Desk) -> None:
    issue, cause = await desk.open(), await desk.cause()
    await desk.change("PUT", f"{issue}/cause", {"cause_id": cause})
    assert (await desk.change("PUT", f"{issue}/cause", {"cause_id": None})).json()["cause_id"] is None
    await desk.sla.client.post(f"/causes/{cause}/elimination", headers=desk.owner)
    assert problem(await desk.change("PUT", f"{issue}/cause", {"cause_id": cause})) == (409, "cause-eliminated")
    assert (await desk.change("PUT", f"{issue}/cause", {"cause_id": str(new_id())})).status_code == 404


async def test_a_cause_becomes_a_known_error_and_is_eliminated(desk: Desk) -> None:
    client, cause = desk.sla.client, await desk.cause()
    headers = desk.owner | {"If-Match": '"1"'}
    unanalysed = await client.patch(f"/causes/{cause}", json={"known_error": True}, headers=headers)
    assert problem(unanalysed) == (422, "known-error-unanalysed")
    body = {"known_error": True, "description": "Sessions keep their connection.", "workaround": "Restart it."}
    known = await client.patch(f"/causes/{cause}", json=body, headers=headers)
    assert (known.status_code, known.json()["known_error"], known.headers["etag"]) == (200, True, '"2"')
    assert (await client.patch(f"/causes/{cause}", json=body, headers=headers)).status_code == 412
    other = await desk.cause(kind="supplier")

    async def listed(query: str) -> list[str]:
        return [one["id"] for one in (await client.get(f"/causes?{query}", headers=desk.owner)).json()["items"]]

    assert await listed("known_error=true") == [cause]
    assert await listed("kind=supplier") == [other]
    await client.post(f"/causes/{cause}/elimination", headers=desk.owner)
    assert (await listed("eliminated=true"), await listed("eliminated=false")) == ([cause], [other])
    for answer in (
        await client.post(f"/causes/{cause}/elimination", headers=desk.owner),
        await client.patch(f"/causes/{cause}", json=body, headers=desk.owner | {"If-Match": '"3"'}),
    ):
        assert problem(answer) == (409, "cause-eliminated")
    assert (await client.post("/causes", json={"name": "x"}, headers=desk.shop.headers("viewer"))).status_code == 403


# Merging and splitting


async def test_a_merged_issue_is_a_pointer_and_merging_it_again_changes_nothing(desk: Desk) -> None:
    first, second = await desk.apart(), await desk.apart(attained=Decimal(50))
    await desk.post(second, "tasks", {"what": "order memory", "who": "otto", "due_on": "2026-02-10"})
    body = {"into": first, "reason": "the same outage"}
    for _ in range(2):
        into = (await desk.post(second, "merging", body)).json()
        assert (into["id"], len(into["breaches"]), into["priority"], len(into["tasks"])) == (first, 2, 1, 1)
    assert len(await desk.told(IssueMerged)) == 1
    third = await desk.apart()
    assert problem(await desk.post(second, "merging", {"into": third, "reason": "x"})) == (409, "issue-merged-already")
    assert problem(await desk.post(third, "merging", {"into": second, "reason": "x"})) == (409, "issue-merged-already")
    assert problem(await desk.change("PATCH", second, {"owner": "otto"})) == (409, "issue-merged-already")


async def test_only_unsolved_issues_of_one_customer_are_merged(desk: Desk) -> None:
    issue, other, done = await desk.apart(), await desk.apart(customer_id=new_id()), await desk.apart()
    await desk.resolve(done)
    for into, rule in (
        (issue, (422, "issue-is-the-same")),
        (other, (409, "issue-of-another-customer")),
        (done, (409, "issue-already-resolved")),
    ):
        assert problem(await desk.post(issue, "merging", {"into": into, "reason": "x"})) == rule
    assert problem(await desk.post(done, "merging", {"into": issue, "reason": "x"})) == (409, "issue-already-resolved")
    assert (await desk.post(issue, "merging", {"into": str(new_id()), "reason": "x"})).status_code == 404
    assert (await desk.post(issue, "merging", {"into": other, "reason": ""})).status_code == 422


async def test_a_restated_breach_is_found_where_it_was_merged_to(desk: Desk) -> None:
    objective, service = new_id(), new_id()
    first, second = await desk.apart(), await desk.apart(objective_id=objective, service_id=service)
    await desk.post(second, "merging", {"into": first, "reason": "the same outage"})
    assert await desk.apart(objective_id=objective, service_id=service, attained=Decimal(98)) == first


async def test_breaches_are_split_off_into_an_issue_of_their_own(desk: Desk) -> None:
    issue = await desk.open(objective_name="Availability")
    await desk.open(objective_name="Fast answers", attained=Decimal(50))
    before = await desk.read(issue)
    worse = next(one for one in before["breaches"] if one["objective_name"] == "Fast answers")
    body = {"breaches": [worse["id"]], "title": "Slow answers", "reason": "another outage"}
    off = (await desk.post(issue, "splitting", body)).json()
    left = await desk.read(issue)
    assert (off["title"], off["state"], off["priority"]) == ("Slow answers", "open", 1)
    assert [one["objective_name"] for one in off["breaches"]] == ["Fast answers"]
    assert ([one["objective_name"] for one in left["breaches"]], left["priority"]) == (["Availability"], 2)
    assert [event.issue_id for event in await desk.told(IssueOpened)] == [UUID(issue), UUID(off["id"])]
    assert ("split", f"{off['id']} was split off: another outage") in await desk.record(issue)


async def test_a_split_leaves_something_in_both(desk: Desk) -> None:
    issue, other = await desk.open(), await desk.apart()
    (mine,), (theirs,) = [(await desk.read(one))["breaches"] for one in (issue, other)]

    async def split(ids: list[str]) -> Any:
        return await desk.post(issue, "splitting", {"breaches": ids, "reason": "x"})

    assert problem(await split([mine["id"]])) == (422, "nothing-left-behind")
    assert problem(await split([theirs["id"]])) == (422, "breach-not-of-issue")
    assert (await split([])).status_code == 422
    await desk.resolve(issue)
    assert problem(await split([mine["id"]])) == (409, "issue-already-resolved")


# What comes back, and what is cleared


async def test_what_was_resolved_and_comes_back_is_reopened(desk: Desk) -> None:
    issue = await desk.open()
    await desk.resolve(issue)
    assert await desk.open(objective_id=new_id(), **MARCH) == issue
    found = await desk.read(issue)
    assert (found["state"], found["owner"], found["recurrences"], len(found["breaches"])) == ("open", None, 1, 2)
    (event,) = await desk.told(IssueReopened)
    assert (event.recurrences, event.reason.startswith("It has come back: Availability attained 99 %")) == (1, True)


async def test_what_was_closed_and_comes_back_is_another_issue_that_says_so(desk: Desk) -> None:
    issue = await desk.open()
    await desk.resolve(issue)
    await desk.post(issue, "closure")
    second = await desk.open(**MARCH)
    await desk.resolve(second)
    await desk.post(second, "closure")
    third = await desk.read(await desk.open(objective_id=new_id(), **MARCH))
    assert (third["recurrence_of"], third["recurrences"]) == (second, 2)


async def test_after_long_enough_it_is_not_a_recurrence(desk: Desk, clock: Clock) -> None:
    issue = await desk.open()
    await desk.resolve(issue)
    clock.instant += timedelta(days=91)
    later = await desk.read(await desk.open(**MARCH))
    assert (later["id"] != issue, later["recurrence_of"], later["recurrences"]) == (True, None, 0)


async def test_what_was_over_before_the_resolution_is_no_recurrence(desk: Desk, clock: Clock) -> None:
    issue = await desk.open()
    clock.instant = datetime(2026, 3, 2, tzinfo=UTC)
    await desk.resolve(issue)
    assert await desk.open(objective_id=new_id()) == issue
    found = await desk.read(issue)
    assert (found["state"], found["recurrences"], len(found["breaches"])) == ("resolved", 0, 2)
    assert await desk.told(IssueReopened) == []


async def test_an_issue_of_which_nothing_is_left_closes_itself(desk: Desk) -> None:
    first, second = new_id(), new_id()
    issue = await desk.open(objective_id=first)
    await desk.open(objective_id=second, attained=Decimal(50))
    await desk.clear(second)
    assert (await desk.read(issue))["priority"] == 2
    for _ in range(2):
        await desk.clear(first)
    found = await desk.read(issue)
    assert (found["state"], found["escalate_at"], found["closed_at"] is None) == ("unfounded", None, False)
    assert [event.issue_id for event in await desk.told(IssueCleared)] == [UUID(issue)]
    assert [kind for kind, _ in await desk.record(issue)].count("breach_cleared") == 2
    assert problem(await desk.change("PATCH", issue, {"owner": "olga"})) == (409, "issue-unfounded")


async def test_what_is_missed_after_all_opens_its_issue_again(desk: Desk) -> None:
    objective = new_id()
    issue = await desk.open(objective_id=objective)
    await desk.clear(objective)
    assert await desk.open(objective_id=objective, attained=Decimal(98)) == issue
    found = await desk.read(issue)
    assert (found["state"], found["recurrences"], found["breaches"][0]["cleared_at"]) == ("open", 0, None)
    assert [event.issue_id for event in await desk.told(IssueReopened)] == [UUID(issue)]


async def test_what_is_cleared_after_it_was_resolved_stays_resolved(desk: Desk) -> None:
    objective = new_id()
    issue = await desk.open(objective_id=objective)
    await desk.resolve(issue)
    await desk.clear(objective)
    await desk.clear(new_id())
    assert (await desk.read(issue))["state"] == "resolved"
    assert await desk.told(IssueCleared) == []


# What is ignored


async def test_an_ignored_issue_escalates_once(desk: Desk, clock: Clock) -> None:
    issue = await desk.open()
    assert (await desk.read(issue))["escalate_at"] == "2026-02-03T20:00:00Z"
    clock.instant = datetime(2026, 2, 3, 19, 59, 59, tzinfo=UTC)
    await desk.duty("escalate-issues")
    assert await desk.told(IssueEscalated) == []
    for later in (timedelta(seconds=1), timedelta(hours=1), timedelta(days=300)):
        clock.instant += later
        await desk.duty("escalate-issues")
    (event,) = await desk.told(IssueEscalated)
    assert (event.issue_id, event.level, event.owner) == (UUID(issue), 1, None)
    found = await desk.read(issue)
    assert (found["ignored_at"], found["escalate_at"]) == ("2026-02-03T20:00:00Z", None)
    assert ("escalated", "Nobody has taken it up in time.") in await desk.record(issue)


async def test_more_than_one_batch_is_caught_up_with(desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    issues = {await desk.apart() for _ in range(5)}
    monkeypatch.setattr("sla.issues.escalation.AT_ONCE", 2)
    clock.instant += timedelta(days=300)
    await desk.duty("escalate-issues")
    assert {str(event.issue_id) for event in await desk.told(IssueEscalated)} == issues


async def test_an_overdue_task_escalates_once_and_a_done_one_does_not(desk: Desk, clock: Clock) -> None:
    issue = await desk.open()
    await desk.take_up(issue)
    body = {"what": "order memory", "who": "otto", "due_on": "2026-02-05"}
    first = (await desk.post(issue, "tasks", body)).json()["tasks"][0]
    await desk.post(issue, "tasks", body | {"due_on": "2026-02-07"})
    await desk.post(issue, f"tasks/{first['id']}/completion", {"outcome": "ordered"})
    assert (await desk.read(issue))["escalate_at"] == "2026-02-08T00:00:00Z"
    for day in (6, 7, 8, 9):
        clock.instant = datetime(2026, 2, day, tzinfo=UTC)
        await desk.duty("escalate-issues")
    (event,) = await desk.told(IssueEscalated)
    assert (event.level, event.owner, event.escalated_at.day) == (2, "olga", 8)


# Tasks and the record


async def test_tasks_are_changed_done_and_dropped(desk: Desk) -> None:
    issue = await desk.open()
    body = {"what": "order memory", "who": "otto", "due_on": "2026-02-05"}
    for _ in range(2):
        answer = await desk.post(issue, "tasks", body)
    first, second = (task["id"] for task in answer.json()["tasks"])
    changed = await desk.change("PATCH", f"{issue}/tasks/{first}", {"who": "olga", "due_on": "2026-02-06"})
    assert {name: changed.json()["tasks"][0][name] for name in body} == body | {"who": "olga", "due_on": "2026-02-06"}
    done = (await desk.post(issue, f"tasks/{first}/completion", {"outcome": "installed"})).json()["tasks"][0]
    assert (done["done_by"], done["outcome"]) == ("owner", "installed")
    await desk.take_up(issue)
    assert problem(await desk.post(issue, "resolution", {"resolution": "done"})) == (409, "tasks-open")
    dropped = (await desk.post(issue, f"tasks/{second}/withdrawal", {"reason": "not needed"})).json()["tasks"][1]
    assert (dropped["outcome"], dropped["done_at"]) == ("not needed", None)
    for answer in (
        await desk.post(issue, f"tasks/{first}/completion", {}),
        await desk.post(issue, f"tasks/{first}/withdrawal", {"reason": "x"}),
        await desk.change("PATCH", f"{issue}/tasks/{second}", {"who": "otto"}),
    ):
        assert problem(answer) == (409, "task-settled")
    assert problem(await desk.post(issue, f"tasks/{new_id()}/completion", {})) == (404, "no-such-task")
    await desk.resolve(issue)
    assert problem(await desk.post(issue, "tasks", body)) == (409, "issue-already-resolved")


@pytest.mark.parametrize(
    ("changes", "field"), [({"due_on": "2026-02-02"}, "due_on"), ({"what": ""}, "what"), ({"who": ""}, "who")]
)
async def test_a_bad_task_is_refused_by_the_name_of_its_field(desk: Desk, changes: dict[str, str], field: str) -> None:
    body = {"what": "order memory", "who": "otto", "due_on": "2026-02-05"} | changes
    answer = await desk.post(await desk.open(), "tasks", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_the_record_says_what_happened_and_a_customer_reads_what_is_for_it(desk: Desk) -> None:
    issue = await desk.open()
    await desk.take_up(issue)
    await desk.post(issue, "comments", {"text": "the supplier is slow"})
    await desk.post(issue, "comments", {"text": "it is being replaced", "for_customer": True})
    said = await desk.post(issue, "comments", {"text": "when?"}, desk.shop.customer)
    assert (said.status_code, said.json()["for_customer"]) == (201, True)
    every, theirs = await desk.record(issue), await desk.record(issue, desk.shop.customer)
    assert [kind for kind, _ in every] == ["opened", "taken_up", "comment", "comment", "comment"]
    assert [text for kind, text in theirs if kind == "comment"] == ["it is being replaced", "when?"]
    stranger = desk.shop.headers("customer", new_id())
    assert (await desk.post(issue, "comments", {"text": "me too"}, stranger)).status_code == 404
    assert (await desk.post(issue, "comments", {"text": "x"}, desk.shop.headers("viewer"))).status_code == 403
    assert (await desk.sla.client.get(f"/issues/{issue}/record", headers=stranger)).status_code == 404


# The queue


async def explained(desk: Desk, issue: str) -> dict[str, Any]:
    answer = await desk.sla.client.get(f"/issues/{issue}/priority", headers=desk.shop.manager)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_order_of_the_queue_is_explained_term_by_term(desk: Desk) -> None:
    ordinary, owing = (
        await desk.apart(),
        await desk.apart(credit_percent=Decimal(5), credit_amount=Decimal(600), currency="EUR"),
    )
    worst = await desk.apart(attained=Decimal(90))
    assert [item["id"] for item in (await desk.sla.client.get("/issues", headers=desk.owner)).json()["items"]] == [
        worst,
        owing,
        ordinary,
    ]
    found = await explained(desk, owing)
    assert (found["position"], found["waiting"], found["score"]) == (2, 3, 9 * 4 * 2 * 2)
    assert [(term["name"], term["value"], term["weight"], term["points"]) for term in found["explanation"]] == [
        ("impact", 3, 2, 9),
        ("urgency", 2, 2, 4),
        ("customer", 2, 1, 2),
        ("credit", 2, 1, 2),
    ]
    assert (found["ahead"]["issue_id"], found["ahead"]["because"]) == (worst, "it scores 162 against 144")
    assert [(term["name"], term["ahead"], term["behind"]) for term in found["ahead"]["terms"]] == [
        ("urgency", 9, 4),
        ("credit", 1, 2),
    ]
    assert found["behind"]["terms"] == [
        {
            "name": "credit",
            "ahead": 2,
            "behind": 1,
            "because": (
                "credit 2 against 1: up to 5 % of a charge, 600.00 EUR, are owed in credits; "
                "there, no credits are owed for it"
            ),
        }
    ]


async def test_among_equals_the_oldest_stands_first(desk: Desk) -> None:
    first, second = await desk.apart(), await desk.apart()
    found = await explained(desk, second)
    assert (found["ahead"]["issue_id"], found["ahead"]["terms"]) == (first, [])
    assert found["ahead"]["because"] == "both score 72, and it was opened earlier"
    await desk.resolve(first)
    found = await explained(desk, second)
    assert (found["position"], found["ahead"], found["behind"]) == (1, None, None)
    assert (await explained(desk, first))["position"] is None


async def test_a_key_customer_goes_before_others_at_once(desk: Desk) -> None:
    other = new_id()
    theirs, mine = await desk.apart(customer_id=other), await desk.apart()
    body = {"importance": 3, "reason": "a quarter of all users"}
    path = f"/customer-importances/{desk.shop.customer_id}"
    for _ in range(2):
        weighed = await desk.sla.client.put(path, json=body, headers=desk.shop.manager)
        assert (weighed.status_code, weighed.json()["importance"]) == (200, 3)
    found = await explained(desk, mine)
    assert (found["position"], found["behind"]["issue_id"]) == (1, theirs)
    assert found["behind"]["terms"][0]["because"].startswith("customer 3 against 2: it is one of the key customers")
    listed = (await desk.sla.client.get("/customer-importances", headers=desk.shop.manager)).json()["items"]
    assert [one["customer_id"] for one in listed] == [str(desk.shop.customer_id)]
    for bad in (0, 4):
        answer = await desk.sla.client.put(path, json=body | {"importance": bad}, headers=desk.shop.manager)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "importance")
    for who in (desk.owner, desk.shop.customer):
        assert (await desk.sla.client.put(path, json=body, headers=who)).status_code == 403


async def test_customers_are_not_told_how_they_compare(desk: Desk) -> None:
    issue = await desk.open()
    found = await desk.read(issue, desk.shop.customer)
    assert (found["score"], [term["name"] for term in found["explanation"]]) == (None, ["impact", "urgency", "credit"])
    for path in (f"/issues/{issue}/priority", "/customer-importances", "/causes"):
        assert (await desk.sla.client.get(path, headers=desk.shop.customer)).status_code == 403


async def test_the_queue_can_be_of_what_waits_only(desk: Desk) -> None:
    waiting, done = await desk.apart(), await desk.apart()
    await desk.resolve(done)

    async def listed(unsolved: str) -> list[str]:
        answer = await desk.sla.client.get(f"/issues?unsolved={unsolved}", headers=desk.owner)
        return [item["id"] for item in answer.json()["items"]]

    assert (await listed("true"), await listed("false")) == ([waiting], [done])
    assert len(await desk.told(IssueResolved)) == 1
    assert date.fromisoformat((await desk.read(done))["resolved_at"][:10]) == date(2026, 2, 3)


@pytest.mark.parametrize(
    "query", ["state=gone", "owner=", "owner=%00", "customer_id=me", "unsolved=perhaps", "cause_id=1", "limit=0"]
)
async def test_a_bad_filter_is_refused_by_its_name(sla: Trial, shop: Any, query: str) -> None:
    answer = await sla.client.get(f"/issues?{query}", headers=shop.manager)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]
