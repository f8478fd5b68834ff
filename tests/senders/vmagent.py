"""A real vmagent for tests, with its defaults: scrapes every second and pushes, labels in the order it has them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tests.senders.monitor import Monitor


@dataclass
class Vmagent(Monitor):
    name: ClassVar[str] = "vmagent"
    listen_option: ClassVar[str] = "-httpListenAddr"
    ready_path: ClassVar[str] = "/ready"

    target: str
    """host:port of what is scraped."""
    push_url: str
    key: str
    label: str
    """What is added to all that is pushed, as `team=shop`; it comes last, whatever its name."""

    def options(self) -> Sequence[str]:
        targets = {"targets": [self.target], "labels": {"zone": "a", "area": "b"}}
        settings = {
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "scraped", "static_configs": [targets]}],
        }
        (self.home / "scrapes.yml").write_text(json.dumps(settings))  # JSON is YAML
        return [
            f"-promscrape.config={self.home / 'scrapes.yml'}",
            f"-remoteWrite.url={self.push_url}",
            f"-remoteWrite.bearerToken={self.key}",
            f"-remoteWrite.label={self.label}",
            f"-remoteWrite.tmpDataPath={self.home / 'data'}",
            "-remoteWrite.flushInterval=500ms",
            "-remoteWrite.retryMinInterval=100ms",
        ]
