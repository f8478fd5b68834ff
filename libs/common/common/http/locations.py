"""Addresses: of what a request created, which is that of the GET beside the POST, and of the installation."""

import re
from collections.abc import Iterable
from typing import Annotated
from urllib.parse import quote

import orjson
from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from common.settings import HttpSettings

CREATED = 201


def list_read_paths(routes: Iterable[BaseRoute]) -> list[str]:
    return [route.path for route in routes if isinstance(route, APIRoute) and "GET" in (route.methods or ())]


def find_item_parameter(collection_path: str, read_paths: Iterable[str]) -> str | None:
    """Find the parameter of an item's address: `customer_id` where there is GET /customers/{customer_id}."""
    item_path = re.compile(re.escape(collection_path) + r"/\{(\w+)\}")
    return next((match[1] for match in map(item_path.fullmatch, read_paths) if match), None)


def set_location(request: Request, answer: Response, item_parameter: str | None) -> None:
    """Set Location on the answer to a request that created an item, whose document holds its key or its `id`."""
    if item_parameter is None or answer.status_code != CREATED:
        return
    document = orjson.loads(bytes(answer.body))
    key = document.get(item_parameter, document.get("id")) if isinstance(document, dict) else None
    if key is not None:
        answer.headers["location"] = f"{request.url.path.rstrip('/')}/{quote(str(key), safe='')}"


async def get_public_url(request: Request) -> str:
    """Return where people reach the installation, without a slash at the end: as it is set, or as the request came."""
    settings: HttpSettings = request.app.state.runtime.settings.http
    return settings.public_url or f"{request.url.scheme}://{request.url.netloc}"


PublicUrl = Annotated[str, Depends(get_public_url)]
