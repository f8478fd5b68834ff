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
PARAMETER = re.compile(r"\{(\w+)\}")
LOCATION = {
    "description": "The address at which what was created is read.",
    "schema": {"type": "string", "format": "uri-reference"},
}
ROOT_PARTS = 3
"""The parts before a route's own path: `/sla/v1/`."""


def find_item_path(created: APIRoute, routes: Iterable[BaseRoute]) -> str | None:
    """Find the path at which what a route creates is read, or None where no address shows it alone.

    It is that of the GET beside it, `/customers/{customer_id}` of `/customers`; else of one that answers alike, as
    `/agreements/{agreement_id}` of `/agreements/{agreement_id}/copies`.
    """
    if created.status_code != CREATED or "POST" not in (created.methods or ()):
        return None
    reads = [route for route in routes if isinstance(route, APIRoute) and "GET" in (route.methods or ())]
    beside = re.compile(re.escape(created.path) + r"/\{\w+\}")
    alike = [route for route in reads if _shows(route, created) and _names_all(created, route)]
    choices = [route.path for route in reads if beside.fullmatch(route.path)]
    choices += sorted((route.path for route in alike), key=lambda path: (path.count("{"), len(path)))
    return next(iter(choices), None)


def _shows(read: APIRoute, created: APIRoute) -> bool:
    """Tell whether a GET answers with what the other route answers with, or with more of it."""
    models = read.response_model, created.response_model
    return all(isinstance(model, type) for model in models) and issubclass(*models)


def _names_all(created: APIRoute, read: APIRoute) -> bool:
    """Tell whether the answer and the address of the request name all that the address of the item is made of."""
    *places, item = read.param_convertors
    fields = created.response_model.model_fields
    return (item in fields or "id" in fields) and set(places) <= fields.keys() | created.param_convertors.keys()


def set_location(request: Request, answer: Response, item_path: str | None) -> None:
    """Set Location on the answer to a request that created an item, whose document holds its key or its `id`."""
    if item_path is None or answer.status_code != CREATED:
        return
    document = orjson.loads(bytes(answer.body))
    *_, item = PARAMETER.findall(item_path)
    names = request.path_params | document | {item: document.get(item, document.get("id"))}
    path = PARAMETER.sub(lambda parameter: quote(str(names[parameter[1]]), safe=""), item_path)
    answer.headers["location"] = "/".join(request.url.path.split("/")[:ROOT_PARTS]) + path


async def get_public_url(request: Request) -> str:
    """Return where people reach the installation, without a slash at the end: as it is set, or as the request came."""
    settings: HttpSettings = request.app.state.runtime.settings.http
    return settings.public_url or f"{request.url.scheme}://{request.url.netloc}"


PublicUrl = Annotated[str, Depends(get_public_url)]
