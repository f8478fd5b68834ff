"""The page of the catalog."""

import asyncio
from collections import defaultdict

from starlette.responses import Response
from starlette.routing import Route

from console.calls.service_client import Document
from console.frame.visit import Visit, as_page

PATH = "/console/catalog"


async def show_catalog(visit: Visit) -> Response:
    services, offerings = await asyncio.gather(
        visit.services.list_all("/catalog/v1/services"), visit.services.list_all("/catalog/v1/offerings")
    )
    by_service: dict[str, list[Document]] = defaultdict(list)
    for offering in offerings:
        by_service[offering["service_id"]].append(offering)
    services.sort(key=lambda service: str(service["name"]).casefold())
    return visit.render("catalog.html", PATH, services=[(service, by_service[service["id"]]) for service in services])


ROUTES = [Route(PATH, as_page(show_catalog))]
