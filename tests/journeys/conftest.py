"""The whole of Rapport as a user starts it: `rapport up`, in a directory and on ports of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

STARTING = 60


@dataclass(frozen=True)
class House:
    """A running Rapport."""

    url: str
    data: Path

    @property
    def environment(self) -> dict[str, str]:
        """What the `rapport` command needs to find it."""
        return os.environ | {"RAPPORT_DATA": str(self.data), "RAPPORT_PORT": self.url.rpartition(":")[2]}

    def token(self, role: str, *options: str) -> str:
        command = [rapport(), "token", "--role", role, *options]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout.strip()


def rapport() -> str:
    return str(Path(sys.executable).with_name("rapport"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def house(home: Path) -> Iterator[House]:
    port = free_port()
    data, output = home / f"rapport-{port}", home / f"rapport-{port}.out"  # each kind of tests has one of its own
    command = [rapport(), "up", "--no-browser", "--port", str(port), "--data", str(data)]
    command += ["--postgres-port", str(free_port()), "--broker-port", str(free_port())]
    # Journeys go through months of 2014 and close them themselves, once everything is pushed.
    settings = os.environ | {"RAPPORT_STATEMENT_GRACE": "P36500D"}
    with output.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=home, env=settings)
    running = House(f"http://127.0.0.1:{port}", data)
    try:
        wait_until_ready(running, process, output)
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def wait_until_ready(house: House, process: subprocess.Popen[bytes], out: Path) -> None:
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline:
        assert process.poll() is None, out.read_text()
        try:
            if httpx.get(f"{house.url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail(f"not ready within {STARTING} s:\n{out.read_text()}")
