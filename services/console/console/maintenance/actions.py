"""The decisions that a person takes on planned maintenance: the same calls that programs make."""

from console.calls.service_client import Document
from console.frame.visit import Visit
from console.sessions.form_guard import Form


async def approve_maintenance(visit: Visit, form: Form) -> str:
    return await _decide(visit, form, "approval", {}, "maintenance-approved")


async def refuse_maintenance(visit: Visit, form: Form) -> str:
    return await _decide(visit, form, "refusal", {"reason": form.get("reason", "")}, "maintenance-refused")


async def _decide(visit: Visit, form: Form, decision: str, body: Document, notice: str) -> str:
    maintenance_id = visit.get_id("maintenance_id")
    await visit.services.post(f"/sla/v1/maintenance/{maintenance_id}/{decision}", body, form.get("form_id", ""))
    return f"/console/maintenance/{maintenance_id}?done={notice}"
