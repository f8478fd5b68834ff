"""The checker: compares what was acknowledged with what is stored, and the events with their effects."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg

from common import audit
from common.auth.principal import Role
from common.database.connections import Database
from common.database.machinery_tables import machinery_tables
from common.service import ServiceDefinition
from common.settings import DatabaseSettings
from rapport.embedded import services
from rapport.service_names import ServiceName
from tests.faults.checks import witness
from tests.faults.load.journal import Journal
from tests.faults.load.pushes import Minutes, Monitors
from tests.faults.load.workers import Caller
from tests.faults.product.rig import Rig

WORDS = ("LOST", "GHOST", "TWICE", "MISORDERED", "GAPS", "SAMPLES_DIFF", "AUDIT", "WAITING", "BAD_ANSWERS")
SHOWN = 6

_WAITING = """
SELECT (SELECT count(*) FROM {0}.outbox_pending) AS pending, (SELECT count(*) FROM {0}.inbox_held) AS held,
       (SELECT count(*) FROM {0}.dead_letters) AS dead,
       (SELECT count(*) FROM {0}.audit WHERE seal_number IS NULL) AS unsealed
"""
_BEHIND = """
SELECT h.subject, h.version, coalesce(v.version, 0) AS reached
FROM {producer}.outbox_heads h
LEFT JOIN {consumer}.inbox_versions v ON v.source = '{producer}' AND v.subject = h.subject
WHERE coalesce(v.version, 0) <> h.version
"""


@dataclass
class Findings:
    """What is wrong, by kind; empty lists are what a healthy run ends with."""

    items_by_word: dict[str, list[str]] = field(default_factory=lambda: {word: [] for word in WORDS})

    def add(self, word: str, items: Iterable[object]) -> None:
        self.items_by_word[word] += [str(item) for item in items]

    def __bool__(self) -> bool:
        return any(self.items_by_word.values())

    def counts(self) -> str:
        return " ".join(f"{word}={len(items)}" for word, items in self.items_by_word.items())

    def details(self) -> str:
        return "\n".join(f"{word}: {item}" for word, items in self.items_by_word.items() for item in items[:SHOWN])


@dataclass
class Checker:
    rig: Rig
    journal: Journal
    monitors: Monitors
    caller: Caller
    findings: Findings = field(default_factory=Findings)
    last: str = "nothing"
    """What was waited for longest."""
    loaded: dict[str, ServiceDefinition] = field(
        default_factory=lambda: {name.value: services.load_service(name) for name in ServiceName}
    )

    @property
    def subscriptions(self) -> list[tuple[str, str, dict[str, str]]]:
        """Producer, consumer, and reaction by type of event."""
        effects: dict[tuple[str, str], dict[str, str]] = {}
        for consumer, service in self.loaded.items():
            for event, reaction in service.subscriptions.items():
                effects.setdefault((event.service, consumer), {})[event.ce_type()] = reaction.name
        return [(producer, consumer, reactions) for (producer, consumer), reactions in effects.items()]

    async def settle(self, seconds: float) -> float | None:
        """Seconds until nothing waits any more; nothing, when something still waits in the end."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            async with self.rig.connected() as connection:
                waiting = [item async for item in self._waiting(connection)]
            if not waiting:
                return time.monotonic() - began
            self.last = waiting[-1]
            await asyncio.sleep(0.25)
        return None

    async def _waiting(self, connection: asyncpg.Connection) -> Any:
        for name in ServiceName:
            for kind, count in (await connection.fetchrow(_WAITING.format(name))).items():
                if count:
                    yield f"{name}: {count} {kind}"
        for producer, consumer, _ in self.subscriptions:
            for row in await connection.fetch(_BEHIND.format(producer=producer, consumer=consumer)):
                yield f"{consumer} knows {producer}/{row['subject']} up to {row['reached']} of {row['version']}"
        for row in await connection.fetch("SELECT count(*) AS count, problem FROM sla.push_pending GROUP BY problem"):
            yield f"sla: {row['count']} pushes not folded ({row['problem']})"
        if count := await connection.fetchval("SELECT count(*) FROM sla.waiting_rollups"):
            yield f"sla: {count} inputs still to be rolled up"

    async def examine(self) -> Findings:
        async with self.rig.connected() as connection:
            self.findings.add("WAITING", [item async for item in self._waiting(connection)])
            await self._customers(connection)
            await self._effects(connection)
            for producer, consumer, reactions in self.subscriptions:
                await self._events(connection, producer, consumer, reactions)
            await self._trail(connection)
        await self._seals()
        await self._samples()
        self.findings.add("BAD_ANSWERS", self.journal.bad_answers)
        return self.findings

    async def _customers(self, connection: asyncpg.Connection) -> None:
        """Every acknowledged registration, renaming and person is there once, and nothing nobody asked for."""
        rows = await connection.fetch("SELECT id::text, name FROM engagement.customers")
        registered = {row["id"]: row["name"] for row in rows}
        self.findings.add(
            "LOST", (f"customer {customer_id}" for customer_id in self.journal.names.keys() - registered.keys())
        )
        asked_for = {name for name in registered.values() if name in self.journal.unknown_names}
        unasked = {
            customer_id
            for customer_id in registered.keys() - self.journal.names.keys()
            if registered[customer_id] not in asked_for
        }
        self.findings.add("GHOST", (f"customer {customer_id}" for customer_id in unasked))
        for customer, names in self.journal.names.items():
            if customer in registered and registered[customer] != names[-1]:
                self.findings.add(
                    "LOST", [f"customer {customer} is {registered[customer]}, last acknowledged {names[-1]}"]
                )
        rows = await connection.fetch("SELECT customer_id::text AS customer, id::text FROM engagement.people")
        here = Counter((row["customer"], row["id"]) for row in rows)
        journal = {(customer, person) for customer, people in self.journal.people.items() for person in people}
        self.findings.add("LOST", (f"person {person}" for person in journal - here.keys()))
        self.findings.add("GHOST", (f"person {person}" for person in here.keys() - journal))

    async def _effects(self, connection: asyncpg.Connection) -> None:
        """Each read model went through exactly the changes that were acknowledged, in their order."""
        effects = await witness.read_effects(connection)
        people = effects.pop("feedback.members")
        for customer, joined in self.journal.people.items():
            self._compare(f"feedback.members {customer}", sorted(joined), sorted(people.get(customer, [])))
        for place, subjects in effects.items():
            expected = self.journal.offerings if place.endswith("offerings") else self.journal.names
            for subject, names in expected.items():
                self._compare(f"{place} {subject}", names, subjects.get(subject, []))

    def _compare(self, place: str, expected: list[str], actual: list[str]) -> None:
        times = Counter(actual)
        self.findings.add("LOST", (f"{place} without {subject}" for subject in set(expected) - times.keys()))
        self.findings.add("GHOST", (f"{place} with {subject}" for subject in times.keys() - set(expected)))
        self.findings.add(
            "TWICE", (f"{place}: {subject}, {count} times" for subject, count in times.items() if count > 1)
        )
        if set(expected) == times.keys() and list(dict.fromkeys(actual)) != expected:
            self.findings.add("MISORDERED", [f"{place}: {actual} instead of {expected}"])

    async def _events(
        self, connection: asyncpg.Connection, producer: str, consumer: str, reactions: dict[str, str]
    ) -> None:
        """Events committed there, and reactions recorded here, are the same set; versions have no gap."""
        emitted = await connection.fetch(
            f"SELECT id::text, type, subject, version FROM {producer}.outbox ORDER BY subject, seq"  # noqa: S608 - our names
        )
        expected = {(row["id"], reactions[row["type"]]) for row in emitted if row["type"] in reactions}
        rows = await connection.fetch(f"SELECT event_id::text AS id, reaction FROM {consumer}.inbox")  # noqa: S608
        applied = {(row["id"], row["reaction"]) for row in rows if row["reaction"] in set(reactions.values())}
        way = f"{producer} → {consumer}"
        self.findings.add("LOST", (f"{way}: {reaction}" for reaction in expected - applied))
        self.findings.add("GHOST", (f"{way}: {reaction}" for reaction in applied - expected))
        versions: dict[str, int] = {}
        for row in emitted:
            if row["version"] != versions.get(row["subject"], 0) + 1:
                self.findings.add("MISORDERED", [f"{producer} told {row['subject']} {row['version']} out of turn"])
            versions[row["subject"]] = row["version"]
        behind = await connection.fetch(_BEHIND.format(producer=producer, consumer=consumer))
        self.findings.add("GAPS", (f"{way}: {row['subject']} {row['reached']}/{row['version']}" for row in behind))

    async def _trail(self, connection: asyncpg.Connection) -> None:
        """One entry in the audit trail for each acknowledged change."""
        rows = await connection.fetch(
            "SELECT entity_id, action, count(*) FROM engagement.audit WHERE entity = 'customers' GROUP BY 1, 2"
        )
        counts = {(row["entity_id"], row["action"]): row["count"] for row in rows}
        for customer, names in self.journal.names.items():
            for action, expected in (("created", 1), ("changed", len(names) - 1)):
                if counts.get((customer, action), 0) != expected:
                    self.findings.add("AUDIT", [f"{customer} {action} {counts.get((customer, action))}/{expected}"])

    async def _seals(self) -> None:
        database = Database(DatabaseSettings(url=self.rig.admin_url))
        async with database.sessions() as session:
            for name, service in self.loaded.items():
                broken = await audit.find_broken_seal(session, machinery_tables(service.metadata).audit)
                self.findings.add("AUDIT", [] if broken is None else [f"{name}: seal {broken} is broken"])
        await database.close()

    async def _samples(self) -> None:
        """The minutes the product shows, against those computed from the acknowledged pushes alone."""
        for name, expected in self.monitors.expected().items():
            for minute, difference in differences(expected, await self._shown(name)):
                self.findings.add("SAMPLES_DIFF", [f"{name} minute {minute}: {difference}"])

    async def _shown(self, name: str) -> Minutes:
        hours = max(1, len(self.monitors.ticks) * 15 // 3600 + 2)
        window = {
            "from": self.monitors.start.isoformat(),
            "to": (self.monitors.start + timedelta(hours=hours)).isoformat(),
        }
        answer = await self.caller.until_success(
            "GET",
            f"/sla/v1/indicators/{self.monitors.indicators[name]}/minutes",
            params=window,
            headers=self.caller.rig.headers(Role.manager),
        )
        body = answer.json()
        return (
            {minute: count for minute, count in enumerate(body["good"]) if count},
            {minute: count for minute, count in enumerate(body["total"]) if count},
        )


def differences(expected: Minutes, measured: Minutes) -> Iterable[tuple[int, str]]:
    for column, (right, actual) in zip(("good", "total"), zip(expected, measured, strict=True), strict=True):
        for minute in sorted(right.keys() | actual.keys()):
            if right.get(minute, 0) != actual.get(minute, 0):
                yield minute, f"{column} {actual.get(minute, 0)} instead of {right.get(minute, 0)}"
