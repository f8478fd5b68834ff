"""Monitors that run on what docs/monitoring.md says; of the tests' own are their ports and directories only."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rapport.processes.child import ChildProcess
from rapport.processes.log_files import read_log_tail
from rapport.processes.ports import HOST, find_free_port
from rapport.processes.program import ServerProgram
from tests.senders.monitor import START_SECONDS, Monitor


@dataclass
class DocumentedPrometheus(Monitor):
    name: ClassVar[str] = "prometheus"

    text: str

    def options(self) -> Sequence[str]:
        settings = self.home / "prometheus.yml"
        settings.write_text(self.text, encoding="utf-8")
        return [f"--config.file={settings}", f"--storage.tsdb.path={self.home / 'data'}"]

    async def list_values(self, selector: str) -> list[float]:
        """List the values it has of a series itself."""
        answer = await self.client.get("/api/v1/query", params={"query": f"{selector}[5m]"})
        return [float(value) for series in answer.json()["data"]["result"] for _, value in series["values"]]


@dataclass
class DocumentedAlertmanager(Monitor):
    name: ClassVar[str] = "prometheus-alertmanager"

    text: str

    def options(self) -> Sequence[str]:
        settings = self.home / "alertmanager.yml"
        settings.write_text(self.text, encoding="utf-8")
        return [f"--config.file={settings}", f"--storage.path={self.home / 'data'}", "--cluster.listen-address="]

    async def post_alert(self, alert: Mapping[str, object]) -> None:
        """Post it as a Prometheus does."""
        answer = await self.client.post("/api/v2/alerts", json=[alert])
        assert answer.is_success, answer.text


@dataclass
class DocumentedCollector(ServerProgram):
    name: ClassVar[str] = "collector"

    home: Path
    program: str
    text: str

    async def start(self) -> None:
        self.home.mkdir()
        settings, log = self.home / "collector.yml", self.home / "collector.log"
        settings.write_text(self.text, encoding="utf-8")
        self.child = await ChildProcess.start([self.program, "--config", str(settings)], log=log)

        async def is_ready() -> bool:
            return "Everything is ready" in read_log_tail(log)

        await self.wait_until_answering(is_ready, START_SECONDS)


@dataclass
class DocumentedCommand(ServerProgram):
    """A program that is started by a block of shell, in a directory of its own."""

    name: ClassVar[str] = "vmagent"

    home: Path
    program: str
    command: str
    variables: Mapping[str, str]
    files: Mapping[str, str]

    async def start(self) -> None:
        self.home.mkdir()
        for name, text in self.files.items():
            (self.home / name).write_text(text, encoding="utf-8")
        wrapper = self.home / self.name
        listen = f"-httpListenAddr={HOST}:{find_free_port()}"
        wrapper.write_text(f'#!/bin/sh\nexec "{self.program}" "$@" {listen}\n', encoding="utf-8")
        wrapper.chmod(0o755)
        exports = " ".join(f"{name}='{value}'" for name, value in self.variables.items())
        script = f"cd '{self.home}'; PATH='{self.home}':$PATH; {exports}; exec {self.command}"
        self.child = await ChildProcess.start(
            [shutil.which("bash") or "bash", "-c", script], log=self.home / "command.log"
        )


def build_shell_environment(url: str, **variables: str) -> dict[str, str]:
    """Return the environment in which somebody runs the commands of the page."""
    return {"PATH": os.environ["PATH"], "URL": url, "no_proxy": "*"} | variables
