"""Hints: what a stream says of an event, and who may know of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from fastapi.routing import APIRoute
from fastapi.sse import format_sse_event
from pydantic import Field

from common.auth.principal import Principal
from common.service import ServiceDefinition
from common.views import View
from published.event import Event, registered_events

AUDIENCES = ("visible_to", "visible_before")
"""The fields with all customers that see something, or that saw it; what older versions sent may lack them."""


class ChangeHint(View):
    """The hint at an event: enough to read what has changed, and nothing that the answer would not say."""

    type: str = Field(description="The event's name, which is the `event` of the message too.")
    time: datetime
    id: str = Field(description="The id of what has changed.")
    number: int = Field(description="The events of this id are numbered from 1 on.")
    url: str | None = Field(description="Where to read it; null where nothing is read by this id alone.")
    customer_id: UUID | None = Field(description="Whom it concerns; null if no customer, or several.")


@dataclass(frozen=True)
class ChangeMessage:
    """An event of the outbox, as the streams of a process send it."""

    number: int
    hint: ChangeHint
    for_customer: bool
    customer_ids: frozenset[UUID] | None
    """Whom it concerns; None: every customer."""

    def is_for(self, principal: Principal) -> bool:
        """Tell whether the principal may know of it: staff of all, others of their customer's events that say so."""
        is_concerned = self.customer_ids is None or principal.customer_id in self.customer_ids
        return not principal.is_bound or (self.for_customer and is_concerned)

    def to_bytes(self, position: str, principal: Principal) -> bytes:
        hint = self._json
        if principal.is_bound and self.hint.customer_id is None:
            hint = self.hint.model_copy(update={"customer_id": principal.customer_id}).model_dump_json()
        return format_sse_event(event=self.hint.type, data_str=hint, id=position)

    @cached_property
    def _json(self) -> str:
        return self.hint.model_dump_json()


class HintBuilder:
    """Builds the messages of one service's events."""

    def __init__(self, service: ServiceDefinition) -> None:
        self._name = service.name
        self._item_paths = find_item_paths(service)

    def build(self, row: asyncpg.Record) -> ChangeMessage | None:
        """Build the message of an event, or None if this version of the service does not know its type."""
        kind = registered_events().get(row["type"])
        if kind is None:
            return None
        data = orjson.loads(row["data"])
        customer_ids = _list_customers(data)
        path = self._item_paths.get(kind.aggregate)
        hint = ChangeHint(
            type=kind.type_name,
            time=row["time"],
            id=row["subject"],
            number=row["version"],
            url=path.format(row["subject"]) if path else None,
            customer_id=next(iter(customer_ids)) if "customer_id" in data and customer_ids else None,
        )
        return ChangeMessage(row["seq"], hint, kind.for_customer, customer_ids)


def list_event_kinds(service: str) -> list[type[Event]]:
    """List the classes of the service's events."""
    return [kind for kind in registered_events().values() if kind.service == service]


def find_item_paths(service: ServiceDefinition) -> Mapping[str, str]:
    """Find the addresses of what is read by an id alone, by the name of the id: `agreement_id`."""
    paths: dict[str, str] = {}
    for router in service.routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
                match = re.fullmatch(r"(/[\w-]+/)\{(\w+)\}", route.path)
                if match:
                    paths[match[2]] = f"/{service.name}/v1{match[1]}{{}}"
    return paths


def _list_customers(data: Mapping[str, Any]) -> frozenset[UUID] | None:
    """List whom an event concerns: its customers and its audiences. None: every customer, as in an audience."""
    audiences = [data[name] for name in AUDIENCES if name in data]
    if None in audiences:
        return None
    names = [data.get("customer_id"), *data.get("customer_ids", ()), *chain.from_iterable(audiences)]
    return frozenset(UUID(name) for name in names if name is not None)
