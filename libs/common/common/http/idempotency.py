"""Idempotency-Key: the response to a POST is stored with its effect, and sent again to a repeated request."""

import hashlib

from fastapi import Request, Response
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from common.auth.principal import Principal
from common.database.machinery_tables import MachineryTables
from common.errors import Conflict, Invalid
from common.unit_of_work import UnitOfWork

MAX_KEY_LENGTH = 255
SAVED_HEADERS = ("content-type", "etag", "location")


class RequestInFlight(Conflict, slug="request-in-flight"):
    """A request with this Idempotency-Key is in progress."""


class IdempotencyKeyReused(Invalid, slug="idempotency-key-reused"):
    """Each request needs an Idempotency-Key of its own."""


class IdempotentRequest:
    """A request with a key, by one principal at one path."""

    def __init__(self, key: str, principal: Principal, request: Request, body: bytes) -> None:
        if not key.isprintable() or not 0 < len(key) <= MAX_KEY_LENGTH:
            raise Invalid(f"must have 1 to {MAX_KEY_LENGTH} printable characters", field="Idempotency-Key")
        self._place = {"principal": principal.subject, "operation": f"POST {request.url.path}", "key": key}
        # A caller who has lost a role, or speaks for another customer now, must not see the earlier response.
        rights = [*sorted(principal.roles), *sorted(principal.scopes), str(principal.customer_id)]
        request_text = "\n".join((request.url.query, *rights)).encode()
        self._fingerprint = hashlib.sha256(request_text + b"\n" + body).digest()

    async def find_earlier_response(self, work: UnitOfWork, tables: MachineryTables) -> Response | None:
        """Find the earlier response, and keep others from answering this key until the commit."""
        name = "\n".join(self._place.values())
        lock = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 1))")
        if not await work.session.scalar(lock, {"name": name}):
            raise RequestInFlight("A request with this Idempotency-Key is still in progress; try again in a moment.")
        answers = tables.idempotency
        is_request = [answers.c[column] == value for column, value in self._place.items()]
        row = (await work.session.execute(select(answers).where(*is_request))).first()
        if row is None:
            return None
        if row.fingerprint != self._fingerprint:
            raise IdempotencyKeyReused(
                "This key was used for another request; choose a new one.", field="Idempotency-Key"
            )
        return Response(row.body, row.status, {**row.headers, "idempotency-replayed": "true"})

    async def save_response(self, work: UnitOfWork, tables: MachineryTables, answer: Response) -> None:
        row = {
            "fingerprint": self._fingerprint,
            "status": answer.status_code,
            "headers": {name: answer.headers[name] for name in SAVED_HEADERS if name in answer.headers},
            "body": bytes(answer.body),
        }
        await work.session.execute(insert(tables.idempotency).values(**self._place, **row))
