"""The reference of all HTTP interfaces, for programs and as a page."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from common.http.documentation.viewer import build_viewer_routes
from console.frame.console import get_console
from console.reference.merged_reference import MergedReference


async def send_document(request: Request) -> Response:
    """Send the one document, compressed, and not to those who have it."""
    state = request.app.state
    if not hasattr(state, "reference"):
        state.reference = MergedReference()
    reference: MergedReference = state.reference
    document = await reference.read(get_console(request).client)
    return document.answer(request)


ROUTES = [Route("/openapi.json", send_document), *build_viewer_routes("", "Rapport: HTTP interface")]
