"""The changes that a person makes on an issue's page: the same calls that programs make."""

from common.errors import Invalid
from console.calls.service_client import Document
from console.frame.visit import Visit
from console.sessions.form_guard import Form


async def add_comment(visit: Visit, form: Form) -> str:
    body: Document = {"text": form.get("text", ""), "for_customer": "for_customer" in form or visit.principal.is_bound}
    return await _change_issue(visit, form, "comments", body, "commented")


async def assign_issue(visit: Visit, form: Form) -> str:
    issue_id = visit.get_id("issue_id")
    body: Document = {"plan": form.get("plan", ""), "due_on": form.get("due_on") or None}
    if owner := form.get("owner", "").strip():
        body["owner"] = owner
    await visit.services.patch(f"/sla/v1/issues/{issue_id}", body, form.get("etag", ""))
    return f"/console/issues/{issue_id}?done=assigned"


async def add_task(visit: Visit, form: Form) -> str:
    fields = {"description": "description", "assignee": "assignee", "due_on": "task_due_on"}
    body: Document = {name: form.get(field, "").strip() for name, field in fields.items()}
    return await _change_issue(visit, form, "tasks", body, "task-added")


async def complete_task(visit: Visit, form: Form) -> str:
    body: Document = {"outcome": _read_outcome(visit, form) or None}
    return await _change_issue(visit, form, f"tasks/{visit.get_id('task_id')}/completion", body, "task-done")


async def drop_task(visit: Visit, form: Form) -> str:
    reason = _read_outcome(visit, form)
    if not reason:
        raise Invalid("Say in the field of the task why it is dropped.")
    return await _change_issue(
        visit, form, f"tasks/{visit.get_id('task_id')}/withdrawal", {"reason": reason}, "task-dropped"
    )


def _read_outcome(visit: Visit, form: Form) -> str:
    return form.get(f"outcome-{visit.get_id('task_id')}", "").strip()


async def resolve_issue(visit: Visit, form: Form) -> str:
    return await _change_issue(visit, form, "resolution", {"resolution": form.get("resolution", "")}, "resolved")


async def close_issue(visit: Visit, form: Form) -> str:
    return await _change_issue(visit, form, "closure", {}, "closed")


async def _change_issue(visit: Visit, form: Form, change: str, body: Document, notice: str) -> str:
    issue_id = visit.get_id("issue_id")
    await visit.services.post(f"/sla/v1/issues/{issue_id}/{change}", body, f"{form.get('form_id', '')}-{notice}")
    return f"/console/issues/{issue_id}?done={notice}"
