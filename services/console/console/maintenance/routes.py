"""The pages of planned maintenance."""

from starlette.responses import Response
from starlette.routing import Route

from console.frame.visit import Visit, as_change, as_page
from console.maintenance import actions

PATH = "/console/maintenance"
LISTED = 50


async def show_maintenance_list(visit: Visit) -> Response:
    filters = {name: visit.query.get(name) for name in ("state", "cursor")}
    planned = await visit.services.get("/sla/v1/maintenance", limit=LISTED, **filters)
    return visit.render("maintenance_list.html", PATH, planned=planned, filters=filters)


async def show_maintenance(visit: Visit) -> Response:
    planned = await visit.services.get(f"/sla/v1/maintenance/{visit.get_id('maintenance_id')}")
    return visit.render("maintenance.html", PATH, planned=planned, may_decide="approve" in planned["actions"])


ROUTES = [
    Route(PATH, as_page(show_maintenance_list)),
    Route(PATH + "/{maintenance_id:uuid}", as_page(show_maintenance)),
    *(
        Route(PATH + "/{maintenance_id:uuid}/" + decision, as_change(decide, show_maintenance), methods=["POST"])
        for decision, decide in (("approval", actions.approve_maintenance), ("refusal", actions.refuse_maintenance))
    ),
]
