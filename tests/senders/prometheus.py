"""A real Prometheus for tests: scrapes every second and remote-writes what it sees."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.senders.monitor import Monitor

LATE = 0.9
"""Seconds a scrape may take: less than the time to the next."""

Readings = list[tuple[float, float]]
"""Seconds since 1970 and value, as Prometheus holds them."""


@dataclass
class Prometheus(Monitor):
    name: ClassVar[str] = "prometheus"

    target: str
    """host:port of what is scraped."""
    push_url: str
    key: str
    replica: str = "a"
    scraping: Mapping[str, Any] = field(default_factory=dict)
    """More global settings."""
    instance: str | None = None
    """What it calls the target, if not by its address."""
    metrics_path: str = "/sla/metrics"
    features: Sequence[str] = ()
    remote: Mapping[str, Any] = field(default_factory=dict)
    """More settings of remote write."""
    rules: Sequence[Mapping[str, Any]] = ()
    """Its rules, evaluated every second; alerts go to what it takes for an Alertmanager, where it pushes."""

    def options(self) -> Sequence[str]:
        (self.home / "rules.yml").write_text(json.dumps({"groups": [{"name": "rules", "rules": [*self.rules]}]}))
        settings = self.home / "prometheus.yml"
        settings.write_text(json.dumps(self.settings()))  # JSON is YAML
        resend = ["--rules.alert.resend-delay=5s"] if self.rules else []
        features = [*resend] + [f"--enable-feature={feature}" for feature in self.features]
        return [f"--config.file={settings}", f"--storage.tsdb.path={self.home / 'data'}", *features]

    def settings(self) -> dict[str, Any]:
        return {
            "rule_files": [str(self.home / "rules.yml")] if self.rules else [],
            "alerting": {"alertmanagers": [self.alertmanager()] if self.rules else []},
            "global": {
                "scrape_interval": "1s",
                "evaluation_interval": "1s",
                "scrape_timeout": f"{int(LATE * 1000)}ms",
                "external_labels": {"prometheus_replica": self.replica},
            }
            | self.scraping,
            "scrape_configs": [
                {
                    "job_name": "rapport",
                    "metrics_path": self.metrics_path,
                    "static_configs": [{"targets": [self.target], "labels": self.labels()}],
                }
            ],
            "remote_write": [
                {
                    "url": self.push_url,
                    "authorization": {"credentials": self.key},
                    "queue_config": {"min_backoff": "100ms", "max_backoff": "1s", "batch_send_deadline": "500ms"},
                }
                | self.remote
            ],
        }

    def alertmanager(self) -> dict[str, Any]:
        url = httpx.URL(self.push_url)
        return {
            "scheme": url.scheme,
            "path_prefix": url.path.removesuffix("/prometheus"),
            "static_configs": [{"targets": [f"{url.host}:{url.port}"]}],
            "authorization": {"credentials": self.key},
        }

    def labels(self) -> dict[str, str]:
        return {"instance": self.instance} if self.instance else {}

    async def series(self, selector: str, seconds: int) -> list[Readings]:
        """What it holds itself, of each series that matches, of the last `seconds`."""
        answer = await self.client.get("/api/v1/query", params={"query": f"{selector}[{seconds}s]"})
        assert answer.is_success, answer.text
        return [
            [(float(at), float(value)) for at, value in series["values"]] for series in answer.json()["data"]["result"]
        ]

    async def holds(self, selector: str) -> None:
        """Return once it does."""
        while True:
            if await self.series(selector, 60):
                return
            await asyncio.sleep(0.2)

    async def own(self, name: str) -> float:
        """One of its own counters, over all labels."""
        families = text_string_to_metric_families((await self.client.get("/metrics")).text)
        return sum(sample.value for family in families for sample in family.samples if sample.name == name)
