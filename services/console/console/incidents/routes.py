"""The pages of incidents."""

from starlette.responses import Response
from starlette.routing import Route

from console.frame.visit import Visit, as_change, as_page
from console.incidents.actions import import_incidents
from console.incidents.reads import PATH, show_list


async def show_incidents(visit: Visit) -> Response:
    return await show_list(visit)


async def show_incident(visit: Visit) -> Response:
    incident = await visit.services.get(f"/sla/v1/incidents/{visit.get_id('incident_id')}")
    return visit.render("incident.html", PATH, incident=incident)


ROUTES = [
    Route(PATH, as_page(show_incidents)),
    Route(PATH + "/imports", as_change(import_incidents, show_incidents), methods=["POST"]),
    Route(PATH + "/{incident_id:uuid}", as_page(show_incident)),
]
