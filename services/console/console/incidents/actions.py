"""The import of a file of incidents: the same call that programs make."""

from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from common.errors import Invalid
from console.calls.service_client import Document
from console.frame.visit import Visit
from console.incidents.reads import show_list
from console.sessions.form_guard import Form

IMPORTS = "/sla/v1/incidents/imports"
TEXTS = ("source", "zone", "dates", "mode", "customer", "offering")
LISTS = ("columns", "priorities", "states")
"""Fields with a pair on each line, as incident=Ref."""


async def import_incidents(visit: Visit, form: Form) -> Response:
    """Import the file, or say what an import of it would do, and show the report above the list."""
    async with visit.request.form() as fields:
        file = fields.get("file")
        content = await file.read() if isinstance(file, UploadFile) else b""
    if not content:
        raise Invalid("Choose the file.", field="file")
    report: Document = await visit.services.post_csv(IMPORTS, content, **_read_options(form))
    visit.values = form
    return await show_list(visit, report)


def _read_options(form: Form) -> dict[str, Any]:
    options: dict[str, Any] = {name: form.get(name, "").strip() or None for name in TEXTS}
    pairs = {name: [line.strip() for line in form.get(name, "").splitlines() if line.strip()] for name in LISTS}
    return options | pairs | {"dry_run": "false" if "import" in form else "true"}
