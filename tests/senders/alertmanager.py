"""A real Alertmanager for tests: told alerts as Prometheus tells them, and telling a webhook."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from tests.senders.monitor import Monitor


@dataclass
class Alertmanager(Monitor):
    name: ClassVar[str] = "prometheus-alertmanager"

    push_url: str
    key: str

    def options(self) -> Sequence[str]:
        settings = self.home / "alertmanager.yml"
        settings.write_text(json.dumps(self.settings()))  # JSON is YAML
        alone = "--cluster.listen-address="
        return [f"--config.file={settings}", f"--storage.path={self.home / 'data'}", alone]

    def settings(self) -> dict[str, Any]:
        webhook = {"url": self.push_url, "http_config": {"authorization": {"credentials": self.key}}}
        route = {"receiver": "rapport", "group_by": ["..."], "group_wait": "0s", "group_interval": "5s"}
        return {
            "route": route | {"repeat_interval": "1s"},
            "receivers": [{"name": "rapport", "webhook_configs": [webhook]}],
        }

    async def tell(self, labels: Mapping[str, str], starts_at: datetime, ends_at: datetime | None = None) -> None:
        """As a Prometheus does, again and again as long as an alert fires."""
        alert = {"labels": labels, "annotations": {"summary": "It is down."}, "startsAt": starts_at.isoformat()}
        if ends_at is not None:
            alert["endsAt"] = ends_at.isoformat()
        answer = await self.client.post("/api/v2/alerts", json=[alert])
        assert answer.is_success, answer.text
