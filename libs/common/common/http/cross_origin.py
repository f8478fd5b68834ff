"""Pages of other origins: which may ask the services, and what they may send and see (CORS)."""

import re
from collections.abc import Collection

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "X-Request-Id",
)
ANSWER_HEADERS = ("ETag", "Idempotency-Replayed", "Location", "Retry-After", "X-Request-Id")
PREFLIGHT_SECONDS = 600


def allow_origins(app: Starlette, origins: Collection[str]) -> None:
    """Let pages of these origins ask the application; without any, browsers let none but its own do so.

    No cookies are taken from them: a page shows who asks by the header Authorization.
    """
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origin_regex="|".join(map(_to_pattern, origins)),
            allow_methods=METHODS,
            allow_headers=REQUEST_HEADERS,
            expose_headers=ANSWER_HEADERS,
            max_age=PREFLIGHT_SECONDS,
        )


def _to_pattern(origin: str) -> str:
    """Return the pattern of an origin, whose port may be `*`."""
    return re.escape(origin.removesuffix(":*")) + (r"(:\d+)?" if origin.endswith(":*") else "")
