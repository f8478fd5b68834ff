"""What a caller may have the service do before it is known who it is: nothing."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import event

from common.app import build_app
from common.runtime import Runtime
from common.service import ServiceDefinition
from common.testing.plugin import trust_key
from tests.common.conftest import NOTES

Headers = Callable[..., dict[str, str]]


class Sender:
    """A client that counts how often it is asked for its body, and how many statements the service sends meanwhile."""

    def __init__(self, runtime: Runtime) -> None:
        self.app = build_app(NOTES, runtime, background=False)
        self.statements: list[str] = []
        self.body_reads = 0
        event.listen(runtime.database.engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.statements.append(statement)

    async def post(self, path: str, headers: dict[str, str]) -> int:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            self.body_reads += 1
            return {"type": "http.request", "body": b"x" * 65536, "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
        }
        await self.app(scope, receive, send)
        return int(sent[0]["status"])


@pytest.fixture
async def sender(small: Callable[[ServiceDefinition], Runtime], development_key: Any) -> AsyncIterator[Sender]:
    runtime = small(NOTES)
    trust_key(NOTES, runtime, development_key)
    sender = Sender(runtime)
    yield sender
    event.remove(runtime.database.engine.sync_engine, "before_cursor_execute", sender._note)  # noqa: SLF001


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k-1"}])
@pytest.mark.parametrize("credentials", [{}, {"Authorization": "Bearer no-token"}, {"X-API-Key": "rpk_0"}])
async def test_nothing_is_read_or_asked_for_a_caller_without_valid_credentials(
    sender: Sender, credentials: dict[str, str], key: dict[str, str]
) -> None:
    status = await sender.post("/notes/v1/notes", {"content-type": "application/json"} | credentials | key)

    assert (status, sender.body_reads, sender.statements) == (401, 0, [])


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k-1"}])
async def test_nothing_is_read_or_asked_for_a_caller_without_the_role(
    sender: Sender, headers: Headers, key: dict[str, str]
) -> None:
    status = await sender.post("/notes/v1/notes", headers("viewer") | key)

    assert (status, sender.body_reads, sender.statements) == (403, 0, [])


async def test_the_body_is_read_up_to_the_limit_of_the_route(sender: Sender, headers: Headers) -> None:
    status = await sender.post("/notes/v1/notes", headers("manager") | {"Idempotency-Key": "k-1"})

    assert (status, sender.statements) == (413, [])
    assert sender.body_reads == 17
