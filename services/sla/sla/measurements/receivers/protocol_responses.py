"""The doors of pushes: whatever goes wrong is told in the way that the sender's protocol has for it."""

from collections.abc import Mapping

import asyncpg
import orjson
from fastapi import Request, Response
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status
from sqlalchemy.exc import SQLAlchemyError

from common.errors import DomainError
from common.http.problems import to_response
from common.http.request_scope import Handler, UnitOfWorkRoute
from sla.measurements.ingest.ingester import WrittenCounts
from sla.measurements.receivers.otlp import JSON_MEDIA_TYPE, PROTOBUF_MEDIA_TYPE

HANDLED_ERRORS = (DomainError, SQLAlchemyError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
NOTHING_WRITTEN = WrittenCounts(0, 0)

_CODES: Mapping[int, int] = {
    401: Code.UNAUTHENTICATED,
    403: Code.PERMISSION_DENIED,
    409: Code.ABORTED,
    413: Code.RESOURCE_EXHAUSTED,
    429: Code.RESOURCE_EXHAUSTED,
    503: Code.UNAVAILABLE,
}
_OURS = frozenset({"content-length", "content-type"})
_SERVERS_FAULT = 500


class RemoteWriteRoute(UnitOfWorkRoute):
    """Remote write 2.0 wants to be told how much was written, also when nothing was."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def enter(request: Request) -> Response:
            try:
                return await handle(request)
            except HANDLED_ERRORS as error:
                return with_written_counts(to_response("sla", error), NOTHING_WRITTEN)

        return enter


def with_written_counts(answer: Response, kept: WrittenCounts) -> Response:
    for what, count in (("Samples", kept.samples), ("Histograms", kept.histograms), ("Exemplars", 0)):
        answer.headers[f"X-Prometheus-Remote-Write-{what}-Written"] = str(count)
    return answer


class OtlpRoute(UnitOfWorkRoute):
    """OpenTelemetry wants a google.rpc.Status in the type of the request."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def enter(request: Request) -> Response:
            try:
                return await handle(request)
            except HANDLED_ERRORS as error:
                return _status_of(request, error)

        return enter


def media_type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def otlp_response(request: Request, message: Message, status: int = 200) -> Response:
    """In the type of the request."""
    if media_type_of(request) == JSON_MEDIA_TYPE:
        return Response(MessageToJson(message, indent=None), status, media_type=JSON_MEDIA_TYPE)
    return Response(message.SerializeToString(), status, media_type=PROTOBUF_MEDIA_TYPE)


def _status_of(request: Request, error: Exception) -> Response:
    problem = to_response("sla", error)
    otherwise = Code.INVALID_ARGUMENT if problem.status_code < _SERVERS_FAULT else Code.INTERNAL
    status = Status(code=_CODES.get(problem.status_code, otherwise), message=str(orjson.loads(problem.body)["detail"]))
    told = otlp_response(request, status, problem.status_code)
    told.headers.update({name: value for name, value in problem.headers.items() if name not in _OURS})
    return told
