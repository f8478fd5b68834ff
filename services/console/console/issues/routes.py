"""The pages of issues."""

import asyncio

from starlette.responses import Response
from starlette.routing import Route

from console.frame.visit import Visit, as_change, as_page
from console.frame.wording import ISSUE_STATES
from console.issues import actions

PATH = "/console/issues"
SERVICE_PATH = "/sla/v1/issues/{issue_id}"
LISTED = 50
CHANGES = {
    "comment": f"POST {SERVICE_PATH}/comments",
    "assign": f"PATCH {SERVICE_PATH}",
    "plan": f"POST {SERVICE_PATH}/tasks",
    "resolve": f"POST {SERVICE_PATH}/resolution",
    "close": f"POST {SERVICE_PATH}/closure",
}
UNSOLVED = frozenset({"open", "in_progress"})


async def show_issues(visit: Visit) -> Response:
    query = visit.query
    filters = {name: query.get(name) for name in ("state", "customer_id", "cursor")}
    unsolved = None if filters["state"] else "true"
    issues, customers = await asyncio.gather(
        visit.services.get(
            "/sla/v1/issues", limit=LISTED, unsolved=unsolved, **filters | {"state": _to_state(filters["state"])}
        ),
        visit.list_customers(),
    )
    return visit.render("issues.html", PATH, issues=issues, customers=customers, states=ISSUE_STATES, filters=filters)


def _to_state(state: str | None) -> str | None:
    return None if state == "all" else state


async def show_issue(visit: Visit) -> Response:
    path = f"/sla/v1/issues/{visit.get_id('issue_id')}"
    answer, activity, operations = await asyncio.gather(
        visit.services.get_answer(path),
        visit.services.list_all(f"{path}/activity"),
        visit.services.list_open_operations("sla"),
    )
    issue = answer.json()
    agreement = await visit.services.get(f"/sla/v1/agreements/{issue['agreement_id']}")
    open_changes = {change for change, operation in CHANGES.items() if operation in operations}
    return visit.render(
        "issue.html",
        PATH,
        issue=issue,
        etag=answer.headers.get("etag", ""),
        agreement=agreement,
        activity=activity,
        changes=open_changes & _list_changes(issue["state"]),
    )


def _list_changes(state: str) -> set[str]:
    """List what can be done with an issue in this state."""
    changes = {"comment"}
    if state in UNSOLVED:
        changes |= {"assign", "plan", "resolve"}
    return changes | ({"close"} if state == "resolved" else set())


ROUTES = [
    Route(PATH, as_page(show_issues)),
    Route(PATH + "/{issue_id:uuid}", as_page(show_issue)),
    *(
        Route(PATH + "/{issue_id:uuid}/" + change, as_change(make_change, show_issue), methods=["POST"])
        for change, make_change in (
            ("comment", actions.add_comment),
            ("assignment", actions.assign_issue),
            ("tasks", actions.add_task),
            ("tasks/{task_id:uuid}/completion", actions.complete_task),
            ("tasks/{task_id:uuid}/withdrawal", actions.drop_task),
            ("resolution", actions.resolve_issue),
            ("closure", actions.close_issue),
        )
    ),
]
