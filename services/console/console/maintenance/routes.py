"""The pages of planned maintenance."""

import asyncio

from starlette.responses import Response
from starlette.routing import Route

from console.frame.visit import Visit, as_change, as_page
from console.maintenance import actions
from console.maintenance.approvals import APPROVAL, is_awaited

PATH = "/console/maintenance"
LISTED = 50


async def show_maintenance_list(visit: Visit) -> Response:
    filters = {name: visit.query.get(name) for name in ("state", "cursor")}
    planned = await visit.services.get("/sla/v1/maintenance", limit=LISTED, **filters)
    return visit.render("maintenance_list.html", PATH, planned=planned, filters=filters)


async def show_maintenance(visit: Visit) -> Response:
    maintenance_id = visit.get_id("maintenance_id")
    planned, operations = await asyncio.gather(
        visit.services.get(f"/sla/v1/maintenance/{maintenance_id}"), visit.services.list_open_operations("sla")
    )
    may_decide = APPROVAL in operations and is_awaited(planned, visit.side, visit.principal.subject)
    return visit.render("maintenance.html", PATH, planned=planned, may_decide=may_decide)


ROUTES = [
    Route(PATH, as_page(show_maintenance_list)),
    Route(PATH + "/{maintenance_id:uuid}", as_page(show_maintenance)),
    *(
        Route(PATH + "/{maintenance_id:uuid}/" + decision, as_change(decide, show_maintenance), methods=["POST"])
        for decision, decide in (("approval", actions.approve_maintenance), ("refusal", actions.refuse_maintenance))
    ),
]
