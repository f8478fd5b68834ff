"""Apache Kafka itself, for tests: one KRaft node on loopback, from the jars that `make test-kafka` fetches."""

import asyncio
import base64
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from rapport.errors import StartFailed
from rapport.processes.child import ChildProcess
from rapport.processes.log_files import read_log_tail
from rapport.processes.ports import HOST, find_free_port
from rapport.processes.program import ServerProgram

JARS = Path(__file__).resolve().parents[2] / ".cache" / "kafka" / "lib"
START_SECONDS = 60
SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.quorum.bootstrap.servers={host}:{controller}
log.dirs={data}
auto.create.topics.enable=false
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""


class Kafka(ServerProgram):
    """The same face as `rapport.broker.Broker`, but what was written survives `kill` and `start`."""

    name = "Apache Kafka"

    def __init__(self, home: Path, topics: Sequence[str], *, partitions: int = 12, port: int = 0) -> None:
        self.home = home.absolute()
        self.data = self.home / "kafka"
        self.log = self.home / "kafka.log"
        self.topics = tuple(topics)
        self.port = port or find_free_port()
        self.cluster_id = ""
        self._partitions = partitions
        self._controller = find_free_port()

    @property
    def bootstrap(self) -> str:
        return f"{HOST}:{self.port}"

    async def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        settings = self.home / "kafka.properties"
        if not self.data.exists():
            await self._format(settings)
        self.child = await self._java("kafka.Kafka", str(settings))
        await self.wait_until_answering(self._has_topics, START_SECONDS, every=0.2)

    async def restart_empty(self) -> None:
        """The disks are gone: another cluster at the same address."""
        await self.kill()
        shutil.rmtree(self.data)
        await self.start()

    async def _format(self, settings: Path) -> None:
        self.cluster_id = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=").replace("-", "x")
        text = SETTINGS.format(host=HOST, port=self.port, controller=self._controller, data=self.data)
        settings.write_text(text)  # noqa: ASYNC240 - a few lines
        words = ("format", "--cluster-id", self.cluster_id, "--config", str(settings), "--standalone")
        formatting = await self._java("kafka.tools.StorageTool", *words)
        if await formatting.wait():
            raise StartFailed("Apache Kafka (format)", self.log, read_log_tail(self.log))

    async def _java(self, main: str, *words: str) -> ChildProcess:
        java = shutil.which("java")
        assert java, "Apache Kafka needs Java 17"
        memory = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
        return await ChildProcess.start([java, *memory, "-cp", f"{JARS}/*", main, *words], log=self.log)

    async def _has_topics(self) -> bool:
        """Which shows that controller and broker are both there."""
        try:
            await self._create_topics()
        except (KafkaError, OSError, TimeoutError):
            return False
        return True

    async def _create_topics(self) -> None:
        _, writer = await asyncio.open_connection(HOST, self.port)
        writer.close()
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap, request_timeout_ms=5000)
        try:
            await admin.start()
            await admin.create_topics([NewTopic(name, self._partitions, 1) for name in self.topics])
        finally:
            await admin.close()
