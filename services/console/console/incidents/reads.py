"""The list of incidents, with the report of an import where one was made."""

import asyncio

from starlette.responses import Response

from console.calls.service_client import Document
from console.frame.visit import Visit
from console.frame.wording import INCIDENT_STATES

PATH = "/console/incidents"
LISTED = 50
IMPORTING = "POST /sla/v1/incidents/imports"
FILTERS = ("state", "customer_id", "agreement_id", "at_risk", "cursor")


async def show_list(visit: Visit, report: Document | None = None) -> Response:
    filters = {name: visit.query.get(name) for name in FILTERS}
    incidents, customers, operations = await asyncio.gather(
        visit.services.get("/sla/v1/incidents", limit=LISTED, include="clocks", sort="-last_reported_at", **filters),
        visit.list_customers(),
        visit.services.list_open_operations("sla"),
    )
    return visit.render(
        "incidents.html",
        PATH,
        incidents=incidents,
        customers=customers,
        states=INCIDENT_STATES,
        filters=filters,
        may_import=IMPORTING in operations,
        report=report,
    )
