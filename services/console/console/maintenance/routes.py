"""The pages of planned maintenance."""

import asyncio

from starlette.responses import Response
from starlette.routing import Route

from console.calls.agreement_names import load_agreement_names
from console.frame.visit import Visit, as_change, as_page
from console.maintenance import actions

PATH = "/console/maintenance"
LISTED = 50
ANNOUNCEMENT = "POST /sla/v1/maintenance"


async def show_maintenance_list(visit: Visit) -> Response:
    filters = {name: visit.query.get(name) for name in ("state", "cursor")}
    planned, offerings, operations = await asyncio.gather(
        visit.services.get("/sla/v1/maintenance", limit=LISTED, **filters),
        visit.services.list_all("/catalog/v1/offerings", state="published"),
        visit.services.list_open_operations("sla"),
    )
    return visit.render(
        "maintenance_list.html",
        PATH,
        planned=planned,
        filters=filters,
        offerings=offerings,
        may_announce=ANNOUNCEMENT in operations,
    )


async def show_maintenance(visit: Visit) -> Response:
    planned = await visit.services.get(f"/sla/v1/maintenance/{visit.get_id('maintenance_id')}")
    affected = await load_agreement_names(visit.services, planned["affects"]["agreement_ids"])
    return visit.render(
        "maintenance.html",
        PATH,
        planned=planned,
        may_decide="approve" in planned["actions"],
        agreements=affected,
        waits=planned["state"] == "announced" and visit.side == "provider",
    )


ROUTES = [
    Route(PATH, as_page(show_maintenance_list)),
    Route(PATH, as_change(actions.announce_maintenance, show_maintenance_list), methods=["POST"]),
    Route(PATH + "/{maintenance_id:uuid}", as_page(show_maintenance)),
    *(
        Route(PATH + "/{maintenance_id:uuid}/" + decision, as_change(decide, show_maintenance), methods=["POST"])
        for decision, decide in (("approval", actions.approve_maintenance), ("refusal", actions.refuse_maintenance))
    ),
]
