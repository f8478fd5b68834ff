"""The reference of all HTTP interfaces, for programs and as a page."""

from collections.abc import Collection

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from common.errors import DomainError, problem_document
from common.http.cross_origin import allow_origins
from common.http.documentation.viewer import build_viewer_routes
from console.calls.service_client import ServiceClient
from console.reference.merged_reference import MergedReference

NAME = "console"
DOCUMENT = "/openapi.json"


def build_reference_routes(client: ServiceClient, origins: Collection[str]) -> list[Route]:
    """Build the routes of the one document, which pages of these `origins` may read, and of the page that shows it."""
    reference = MergedReference()

    async def send_document(request: Request) -> Response:
        """Send the one document, compressed, and not to those who have it."""
        return (await reference.read(client)).answer(request)

    app = Starlette(routes=[Route(DOCUMENT, send_document)], exception_handlers={DomainError: _refuse})
    allow_origins(app, origins)
    return [Route(DOCUMENT, app), *build_viewer_routes("", "Rapport: HTTP interface")]


async def _refuse(_request: Request, error: Exception) -> Response:
    """Answer with a problem document, as the services do: programs ask here, and pages of other origins."""
    if not isinstance(error, DomainError):
        raise error
    document = problem_document(NAME, error.slug, error.title(), error.status, error.detail())
    return JSONResponse(document, error.status, error.headers, media_type="application/problem+json")
