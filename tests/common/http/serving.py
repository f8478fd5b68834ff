"""Serves an application as deployed services are, on a port of this machine."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from common.http.server import build_server_config
from rapport.processes.ports import bind_port


@asynccontextmanager
async def serve(app: ASGIApp, grace_seconds: int = 1) -> AsyncIterator[int]:
    """Serve the application, without its lifespan, while the block runs; the port it gets."""
    config = build_server_config(app, lifespan="off", timeout_keep_alive=5, timeout_graceful_shutdown=grace_seconds)
    server = uvicorn.Server(config)
    with bind_port(0) as listener:
        listener.listen()
        # `serve` would take the signals of the process.
        serving = asyncio.create_task(server._serve([listener]))  # noqa: SLF001
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


async def converse(port: int, first: bytes, drip: bytes = b"", pause: float = 0.02) -> tuple[bytes, float]:
    """Send `first`, then `drip` again and again, until the server closes; return its answer and how long that took."""
    started = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(first)

    async def go_on() -> None:
        while drip:
            writer.write(drip)
            await writer.drain()
            await asyncio.sleep(pause)

    sending = asyncio.create_task(go_on())
    answer = b""
    try:
        async with asyncio.timeout(10):
            while chunk := await reader.read(65536):
                answer += chunk
    except ConnectionError:
        pass
    finally:
        sending.cancel()
        writer.close()
    await asyncio.gather(sending, return_exceptions=True)
    return answer, time.monotonic() - started
