"""The `rapport` command as processes of their own."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from rapport.processes.ports import find_free_port

PROGRAM = Path(sys.executable).with_name("rapport")
SECONDS = 60.0


def until(true: Callable[[], bool], subject: str, seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for: {subject}"
        time.sleep(0.05)


def call(
    *words: str | Path, surroundings: Mapping[str, str] | None = None, seconds: float = SECONDS
) -> subprocess.CompletedProcess[str]:
    line = [str(word) for word in (PROGRAM, *words)]
    return subprocess.run(line, capture_output=True, text=True, timeout=seconds, check=False, env=surroundings)


@dataclass
class Up:
    """One `rapport up` on `data`."""

    data: Path
    port: int = field(default_factory=find_free_port)

    def __post_init__(self) -> None:
        self.heard = self.data.with_name("heard.log")
        words = ("up", "--data", self.data, "--port", self.port)
        with self.heard.open("a") as log:
            line = [str(word) for word in (PROGRAM, *words)]
            self.process = subprocess.Popen(line, stdout=log, stderr=log, process_group=0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def says(self) -> str:
        return self.heard.read_text()

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.says()
        try:
            return httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200
        except httpx.HTTPError:
            return False

    def wait_ready(self) -> None:
        until(self.is_ready, "readiness")

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(SECONDS)

    def token(self, *words: str) -> dict[str, str]:
        answer = call("token", "--data", self.data, *words)
        assert answer.returncode == 0, answer.stderr
        return {"Authorization": f"Bearer {answer.stdout.strip()}"}
