"""The page that shows an OpenAPI document: OpenAPI Explorer, which is vendored, so that no other host is asked."""

from collections.abc import Awaitable, Callable
from functools import cache
from html import escape
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from common.http.documentation.served_document import ServedDocument

ASSETS = {"openapi-explorer.js": "text/javascript", "viewer.css": "text/css"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page runs the viewer, whose parts hold styles of their own, and asks this installation."""
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{root}/docs/assets/viewer.css">
<script type="module" src="{root}/docs/assets/openapi-explorer.js"></script>
</head>
<body>
<openapi-explorer spec-url="{root}/openapi.json" collapse="true" use-path-in-nav-bar="false"></openapi-explorer>
<noscript>This page needs scripts. Read <a href="{root}/openapi.json">{root}/openapi.json</a>.</noscript>
</body>
</html>
"""


def build_viewer_routes(root: str, title: str) -> list[Route]:
    """Build the routes of `{root}/docs`, which shows `{root}/openapi.json`, and of what the page is made of."""
    page = PAGE.format(title=escape(title), root=root)

    async def show(_: Request) -> Response:
        return HTMLResponse(page, headers={"content-security-policy": POLICY, "cache-control": "no-cache"})

    return [
        Route(f"{root}/docs", show, include_in_schema=False),
        *(Route(f"{root}/docs/assets/{name}", _send(name), include_in_schema=False) for name in ASSETS),
    ]


def _send(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def send(request: Request) -> Response:
        return _read_asset(name).answer(request)

    return send


@cache
def _read_asset(name: str) -> ServedDocument:
    content = files("common.http.documentation").joinpath("viewer_assets", name).read_bytes()
    return ServedDocument.from_bytes(content, ASSETS[name])
