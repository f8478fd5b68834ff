"""The address of a service's changes."""

from typing import Annotated

from fastapi import Header, Query, Request

from common.changes.errors import UnreadablePosition
from common.changes.hints import list_event_kinds
from common.changes.positions import Position, parse_position
from common.changes.streams import ChangeStreamResponse
from common.http.query_parameters import check_names
from common.http.request_scope import AsReader, Router

MAX_POSITION_LENGTH = 4096
EXAMPLE = """retry: 2000

event: ready
data: {"heartbeat_seconds":15}
id: 1041-5d0c2f7be913

event: IncidentOpened
data: {"type":"IncidentOpened","time":"2026-03-02T09:15:00Z","id":"01900000-0000-7000-8000-000000000001","number":1,"url":"/sla/v1/incidents/01900000-0000-7000-8000-000000000001","customer_id":"01900000-0000-7000-8000-000000000002"}
id: 1042-a1b2c3d4e5f6

: heartbeat

"""  # noqa: E501 - a message's data is one line
DESCRIPTION = """Server-sent events, so that a page need not ask again and again. Each message hints at what has changed
and where to read it; staff hear of everything, a customer of what concerns it.

`ready` says that all earlier events were sent, and `reset` that some cannot be: read again what is shown. A comment
comes after 15 seconds of silence. Send the `id` of the last message as `Last-Event-ID` to go on after it: no event is
left out or sent twice. The stream ends when the token expires."""


def build_changes_router(service: str) -> Router:
    """Build the route of a service's changes."""
    router = Router(tags=["changes"])
    names = sorted({kind.type_name for kind in list_event_kinds(service)})

    @router.get(
        "/changes",
        summary="Listen to changes",
        operation_id=f"listenTo{service.capitalize()}Changes",
        description=DESCRIPTION,
        response_class=ChangeStreamResponse,
        status_code=200,
        responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}}}},
    )
    async def listen_to_changes(
        work: AsReader,
        request: Request,
        types: Annotated[
            list[str],
            Query(
                alias="type", max_length=100, description=f"Only these events: {', '.join(names) or 'there are none'}."
            ),
        ] = [],  # noqa: B006 - FastAPI copies it
        last_event_id: Annotated[
            str | None,
            Header(
                alias="Last-Event-ID",
                description="The `id` of the last message received.",
                max_length=MAX_POSITION_LENGTH,
            ),
        ] = None,
        after: Annotated[
            str | None,
            Query(
                alias="last_event_id",
                description="The same, for programs that cannot send the header, which counts more.",
                max_length=MAX_POSITION_LENGTH,
            ),
        ] = None,
    ) -> ChangeStreamResponse:
        check_names(types, names, "event", field="type")
        return ChangeStreamResponse(request, work.principal, frozenset(types), _parse(last_event_id or after))

    return router


def _parse(text: str | None) -> Position | None:
    if not text:
        return None
    position = parse_position(text)
    if position is None:
        raise UnreadablePosition("Send the id of an earlier message of this stream, unchanged.", field="Last-Event-ID")
    return position
