"""Responses, errors included, in the form that the protocol of each sender asks for."""

from collections.abc import Mapping
from http import HTTPStatus

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
from common.http.request_bodies import media_type_of
from common.http.request_scope import Handler, UnitOfWorkRoute
from sla.measurements.ingest.decoded_push import WrittenCounts
from sla.measurements.receivers.errors import SamplesRefused
from sla.measurements.receivers.otlp import JSON_MEDIA_TYPE, PROTOBUF_MEDIA_TYPE

_GRPC_CODES: Mapping[int, int] = {
    401: Code.UNAUTHENTICATED,
    403: Code.PERMISSION_DENIED,
    409: Code.ABORTED,
    413: Code.RESOURCE_EXHAUSTED,
    429: Code.RESOURCE_EXHAUSTED,
    503: Code.UNAVAILABLE,
}


class PushRoute(UnitOfWorkRoute):
    """A route that answers errors, too, as its protocol asks."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def handle_push(request: Request) -> Response:
            try:
                return await handle(request)
            except (DomainError, SQLAlchemyError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                return self.error_response(request, error)

        return handle_push

    def error_response(self, request: Request, error: Exception) -> Response:
        raise NotImplementedError


class RemoteWriteRoute(PushRoute):
    """A route whose responses say how much was written, as remote write 2.0 asks, also when nothing was."""

    def error_response(self, _request: Request, error: Exception) -> Response:
        written = error.written if isinstance(error, SamplesRefused) else WrittenCounts(0, 0)
        return with_written_counts(to_response("sla", error), written)


def with_written_counts(response: Response, written: WrittenCounts) -> Response:
    for kind, count in written._asdict().items():
        response.headers[f"X-Prometheus-Remote-Write-{kind.title()}-Written"] = str(count)
    return response


class InfluxRoute(PushRoute):
    """A route whose problems have the field `error`, too, by which Telegraf knows what it need not send again."""

    def error_response(self, _request: Request, error: Exception) -> Response:
        problem = to_response("sla", error)
        document = orjson.loads(problem.body)
        partly = "partial write: " if isinstance(error, SamplesRefused) else ""
        content = orjson.dumps(document | {"error": f"{partly}{document['detail']}"})
        return Response(content, problem.status_code, _lasting_headers(problem), "application/problem+json")


class OtlpRoute(PushRoute):
    """A route whose errors are a google.rpc.Status in the type of the request, as OTLP asks."""

    def error_response(self, request: Request, error: Exception) -> Response:
        problem = to_response("sla", error)
        default = Code.INVALID_ARGUMENT if problem.status_code < HTTPStatus.INTERNAL_SERVER_ERROR else Code.INTERNAL
        code = _GRPC_CODES.get(problem.status_code, default)
        status = Status(code=code, message=str(orjson.loads(problem.body)["detail"]))
        response = otlp_response(request, status, problem.status_code)
        response.headers.update(_lasting_headers(problem))
        return response


def _lasting_headers(problem: Response) -> dict[str, str]:
    """Return the headers of a problem that hold for its content in another form, too, as Retry-After."""
    return {name: value for name, value in problem.headers.items() if not name.startswith("content-")}


def otlp_response(request: Request, message: Message, status: int = 200) -> Response:
    """Return the message in the type of the request."""
    if media_type_of(request) == JSON_MEDIA_TYPE:
        return Response(MessageToJson(message, indent=None), status, media_type=JSON_MEDIA_TYPE)
    return Response(message.SerializeToString(), status, media_type=PROTOBUF_MEDIA_TYPE)
