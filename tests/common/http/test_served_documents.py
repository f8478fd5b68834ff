"""Documents that take long to build: requests for anything else do not wait for them, and they are built once."""

import asyncio
import time

import httpx
import pytest

from common.app import create_app
from common.http.documentation.served_document import DocumentBuild, ServedDocument
from common.settings import Settings
from common.testing.plugin import BASE_URL
from rapport.embedded.services import load_service

LONGEST_SHARE = 0.5
"""Of the time that the document takes, which other requests would take if they waited for it."""


async def test_while_a_document_is_built_other_requests_are_answered() -> None:
    app = create_app(load_service("sla"), Settings(environment="test"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL, timeout=60) as client:
        assert (await client.get("/sla/healthz")).status_code == 200

        started = time.perf_counter()
        building = asyncio.create_task(client.get("/sla/openapi.json"))
        waits: list[float] = []
        while not building.done():
            asked = time.perf_counter()
            assert (await client.get("/sla/healthz")).status_code == 200
            waits.append(time.perf_counter() - asked)
            await asyncio.sleep(0.01)
        seconds = time.perf_counter() - started

    assert (await building).json()["info"]["title"]
    assert len(waits) > 5
    assert max(waits) < LONGEST_SHARE * seconds


async def test_all_who_wait_for_a_document_get_the_same() -> None:
    builds: list[int] = []

    def build() -> ServedDocument:
        time.sleep(0.05)
        builds.append(len(builds))
        return ServedDocument.build({"builds": len(builds)})

    document = DocumentBuild(build)
    served = await asyncio.gather(*(document.get() for _ in range(20)))

    assert builds == [0]
    assert {id(answer) for answer in (*served, await document.get())} == {id(served[0])}


async def test_who_gives_up_takes_the_document_from_nobody() -> None:
    def build() -> ServedDocument:
        time.sleep(0.05)
        return ServedDocument.build({})

    document = DocumentBuild(build)
    impatient, patient = asyncio.create_task(document.get()), asyncio.create_task(document.get())
    await asyncio.sleep(0)
    impatient.cancel()

    assert (await patient).plain == b"{}"
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_a_build_that_failed_is_tried_again() -> None:
    failures = [OSError("no file")]

    def build() -> ServedDocument:
        if failures:
            raise failures.pop()
        return ServedDocument.build({})

    document = DocumentBuild(build)
    with pytest.raises(OSError, match="no file"):
        await document.get()

    assert (await document.get()).plain == b"{}"
