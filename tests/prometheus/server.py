"""A real Prometheus for tests: scrapes a running Rapport every second and remote-writes to it."""

import asyncio
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM
from types import TracebackType
from typing import Any, Self

import httpx
from prometheus_client.parser import text_string_to_metric_families

from rapport.child import Child, tail
from rapport.ports import HOST, free_port

START_SECONDS = 20
LATE = 0.9
"""Seconds a scrape may take: less than the time to the next."""

Readings = list[tuple[float, float]]
"""Seconds since 1970 and value, as Prometheus holds them."""


@dataclass
class Prometheus:
    home: Path
    target: str
    """host:port of the Rapport that is scraped."""
    push_url: str
    key: str
    child: Child | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        program = shutil.which("prometheus")
        assert program, "the Debian package prometheus is missing"
        self.home.mkdir(parents=True, exist_ok=True)
        port, settings = free_port(), self.home / "prometheus.yml"
        settings.write_text(json.dumps(self.settings()))  # JSON is YAML
        words = (f"--config.file={settings}", f"--storage.tsdb.path={self.home / 'data'}")
        listen = f"--web.listen-address={HOST}:{port}"
        self.child = await Child.start([program, *words, listen], log=self.home / "prometheus.log")
        self.client = httpx.AsyncClient(base_url=f"http://{HOST}:{port}", timeout=10)
        await self._ready()

    async def stop(self) -> None:
        """It first sends what it still has."""
        if self.child and self.child.exit_code is None:
            await self.client.aclose()
            await self.child.stop((SIGTERM, 20.0))

    def settings(self) -> dict[str, Any]:
        return {
            "global": {
                "scrape_interval": "1s",
                "scrape_timeout": f"{int(LATE * 1000)}ms",
                "external_labels": {"prometheus_replica": "a"},
            },
            "scrape_configs": [
                {"job_name": "rapport", "metrics_path": "/sla/metrics", "static_configs": [{"targets": [self.target]}]}
            ],
            "remote_write": [
                {
                    "url": self.push_url,
                    "authorization": {"credentials": self.key},
                    "queue_config": {"min_backoff": "100ms", "max_backoff": "1s", "batch_send_deadline": "500ms"},
                }
            ],
        }

    async def _ready(self) -> None:
        assert self.child
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while not await self._answers():
            assert self.child.exit_code is None, tail(self.child.log, 20)
            assert asyncio.get_running_loop().time() < deadline, tail(self.child.log, 20)
            await asyncio.sleep(0.1)

    async def _answers(self) -> bool:
        try:
            return (await self.client.get("/-/ready")).is_success
        except httpx.HTTPError:
            return False

    async def series(self, selector: str, seconds: int) -> list[Readings]:
        """What it holds itself, of each series that matches, of the last `seconds`."""
        answer = await self.client.get("/api/v1/query", params={"query": f"{selector}[{seconds}s]"})
        assert answer.is_success, answer.text
        return [
            [(float(at), float(value)) for at, value in series["values"]] for series in answer.json()["data"]["result"]
        ]

    async def own(self, name: str) -> float:
        """One of its own counters, over all labels."""
        families = text_string_to_metric_families((await self.client.get("/metrics")).text)
        return sum(sample.value for family in families for sample in family.samples if sample.name == name)
