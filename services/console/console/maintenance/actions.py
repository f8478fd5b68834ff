"""The decisions that a person takes on planned maintenance: the same calls that programs make."""

from common.errors import Invalid
from console.calls.service_client import Document
from console.frame.visit import Visit
from console.sessions.form_fields import parse_local_time
from console.sessions.form_guard import Form

OFFERING = "offering-"
"""How the fields begin that name an offering."""


async def announce_maintenance(visit: Visit, form: Form) -> str:
    """Announce one window for the offerings that are ticked."""
    offerings = [name.removeprefix(OFFERING) for name in form if name.startswith(OFFERING)]
    if not offerings:
        raise Invalid("Tick each offering that is affected.")
    window = {side: parse_local_time(form, side, form.get("zone", "")) for side in ("from", "to")}
    body: Document = {"title": form.get("title", "").strip(), "reason": form.get("reason", "").strip()}
    body |= {"affects": {"offering_ids": offerings}, "windows": [window]}
    planned = await visit.services.post("/sla/v1/maintenance", body, form.get("form_id", ""))
    return f"/console/maintenance/{planned['id']}?done=maintenance-announced"


async def approve_maintenance(visit: Visit, form: Form) -> str:
    return await _decide(visit, form, "approval", {}, "maintenance-approved")


async def refuse_maintenance(visit: Visit, form: Form) -> str:
    return await _decide(visit, form, "refusal", {"reason": form.get("reason", "")}, "maintenance-refused")


async def _decide(visit: Visit, form: Form, decision: str, body: Document, notice: str) -> str:
    maintenance_id = visit.get_id("maintenance_id")
    await visit.services.post(f"/sla/v1/maintenance/{maintenance_id}/{decision}", body, form.get("form_id", ""))
    return f"/console/maintenance/{maintenance_id}?done={notice}"
