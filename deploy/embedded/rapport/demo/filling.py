"""Fills an installation that has just been started: waits for it, gives a Prometheus its key, sends the sample."""

import asyncio
import contextlib
import os
import time
from pathlib import Path

import httpx

from rapport.demo import build_demo
from rapport.demo.chapters.measurements import create_api_key
from rapport.demo.client import DemoClient
from rapport.demo.context import AdvanceProgress, DemoContext
from rapport.demo.token_sources import TokenSource
from rapport.errors import CommandError

PATIENCE_SECONDS = 300.0
MONITOR = "Prometheus of this installation"


async def fill_installation(url: str, tokens: TokenSource, key_file: Path | None) -> None:
    await wait_until_ready(url)
    if key_file is not None:
        await write_key(url, tokens, key_file)
    await build_demo(url, tokens)


async def wait_until_ready(url: str) -> None:
    deadline, reason = time.monotonic() + PATIENCE_SECONDS, ""
    async with httpx.AsyncClient(base_url=url) as http:
        while time.monotonic() < deadline:
            try:
                answer = await http.get("/readyz")
                if answer.is_success:
                    return
                reason = answer.text[:200]
            except httpx.HTTPError as error:
                reason = type(error).__name__
            await asyncio.sleep(1)
    raise CommandError(f"{url} was not ready for {PATIENCE_SECONDS:.0f} s: {reason}")


async def write_key(url: str, tokens: TokenSource, key_file: Path) -> None:
    """Write a new key where a Prometheus with the same user reads it, and nobody else."""
    async with httpx.AsyncClient(base_url=url) as http:
        story = DemoContext(DemoClient(http, tokens), no_progress)
        key = await create_api_key(story, MONITOR)
    draft = key_file.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(key)
    draft.replace(key_file)


def no_progress(name: str, steps: int) -> contextlib.AbstractContextManager[AdvanceProgress]:
    del name, steps
    return contextlib.nullcontext(lambda: None)
