"""The door of OTLP/HTTP: whatever goes wrong is told as a google.rpc.Status, in the type of the request."""

from collections.abc import Mapping

import orjson
from fastapi import Request, Response
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status
from sqlalchemy.exc import SQLAlchemyError

from common.door import Door, Handler
from common.errors import RuleBroken
from common.problems import to_response
from sla.measurements.otlp import JSON, PROTOBUF

_CODES: Mapping[int, int] = {
    400: Code.INVALID_ARGUMENT,
    401: Code.UNAUTHENTICATED,
    403: Code.PERMISSION_DENIED,
    413: Code.RESOURCE_EXHAUSTED,
    415: Code.INVALID_ARGUMENT,
    503: Code.UNAVAILABLE,
}
FAILURES = (RuleBroken, SQLAlchemyError, ConnectionError)
_OURS = frozenset({"content-length", "content-type"})


class OtlpDoor(Door):
    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def enter(request: Request) -> Response:
            try:
                return await handle(request)
            except FAILURES as error:
                return _told(request, error)

        return enter


def type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def answer(request: Request, message: Message, status: int = 200) -> Response:
    """In the type of the request."""
    if type_of(request) == JSON:
        return Response(MessageToJson(message, indent=None), status, media_type=JSON)
    return Response(message.SerializeToString(), status, media_type=PROTOBUF)


def _told(request: Request, error: Exception) -> Response:
    problem = to_response("sla", error)
    text = str(orjson.loads(problem.body)["detail"])
    status = Status(code=_CODES.get(problem.status_code, Code.INTERNAL), message=text)
    told = answer(request, status, problem.status_code)
    told.headers.update({name: value for name, value in problem.headers.items() if name not in _OURS})
    return told
