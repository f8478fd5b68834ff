"""The load: customers are registered and renamed, people join them, and each step is repeated until it is certain."""

import asyncio
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random
from typing import Any
from uuid import UUID

import httpx

from common.auth.principal import Role
from tests.faults.load.journal import Journal
from tests.faults.product.rig import Rig

TIMEOUT = 15.0
PATIENCE = 90.0
"""Seconds after which an operation that finds no answer is a failure of the rig."""
EXPECTED_TROUBLE = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}


class NeverAnswered(AssertionError):
    """An operation was repeated for longer than any fault lasts."""


@dataclass
class Caller:
    """Asks one replica or the other, and knows which answers are allowed."""

    rig: Rig
    journal: Journal
    random: Random
    client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=TIMEOUT))

    async def once(self, method: str, path: str, **request: Any) -> httpx.Response | None:
        """The answer; none when nobody can say what became of the request."""
        began = time.monotonic()
        url = self.random.choice(self.rig.replicas).url + path
        try:
            answer = await self.client.request(method, url, **request)
        except httpx.HTTPError as error:
            self.journal.attempts[type(error).__name__] += 1
            return None
        self.journal.attempts[str(answer.status_code)] += 1
        if answer.is_success:
            self.journal.answered.append((began, time.monotonic()))
        self._judge(f"{method} {path}", answer)
        return answer

    def _judge(self, action: str, answer: httpx.Response) -> None:
        patient = answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE and "retry-after" in answer.headers
        if not answer.is_success and not patient and answer.status_code not in EXPECTED_TROUBLE - {503}:
            self.journal.bad_answers.append(f"{action}: {answer.status_code} {answer.text[:300]}")

    async def until_success(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The same request again and again: the server must see to it that it has its effect once."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = await self.once(method, path, **request)
            if answer is not None and answer.is_success:
                return answer
            await self.breathe()
        raise NeverAnswered(f"{method} {path}")

    async def breathe(self) -> None:
        await asyncio.sleep(self.random.uniform(0.05, 0.5))


@dataclass
class Customers:
    """One worker: a customer after the other, each with a life of some renames and people."""

    caller: Caller
    journal: Journal
    random: Random
    stop: asyncio.Event
    renames: int = 8

    def __post_init__(self) -> None:
        self.headers = self.caller.rig.headers(Role.manager)

    async def run(self) -> None:
        while not self.stop.is_set():
            if self.random.random() < 0.1:
                await self._give_up_early()
            await self._live(await self._register())

    async def _register(self) -> str:
        name = _fresh_name(self.random)
        keyed = {**self.headers, "Idempotency-Key": name}
        answer = await self.caller.until_success("POST", "/engagement/v1/customers", json={"name": name}, headers=keyed)
        customer: str = answer.json()["id"]
        self.journal.names[customer] = [name]
        self.journal.note("register", "ok", customer=customer, name=name)
        return customer

    async def _give_up_early(self) -> None:
        """Asked once: if no answer comes, it may or may not have been done."""
        name = _fresh_name(self.random)
        keyed = {**self.headers, "Idempotency-Key": name}
        answer = await self.caller.once("POST", "/engagement/v1/customers", json={"name": name}, headers=keyed)
        if answer is not None and answer.is_success:
            self.journal.names[answer.json()["id"]] = [name]
            self.journal.note("register", "ok", name=name)
        else:
            self.journal.unknown_names.add(name)
            self.journal.note("register", "unknown", name=name)

    async def _live(self, customer: str) -> None:
        for _ in range(self.random.randint(0, self.renames)):
            await self._rename(customer)
            if self.random.random() < 0.3:
                await self._join(customer)
            if self.stop.is_set():
                return
            await asyncio.sleep(self.random.uniform(0, 0.1))

    async def _rename(self, customer: str) -> None:
        """With If-Match, so that a request thought lost cannot come back and undo a later one."""
        name, path = _fresh_name(self.random), f"/engagement/v1/customers/{customer}"
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            page = await self.caller.until_success("GET", path, headers=self.headers)
            if page.json()["name"] == name:
                break
            changing = {**self.headers, "If-Match": page.headers["etag"]}
            answer = await self.caller.once("PATCH", path, json={"name": name}, headers=changing)
            if answer is not None and answer.is_success:
                break
            await self.caller.breathe()
        else:
            raise NeverAnswered(f"PATCH {path}")
        self.journal.names[customer].append(name)
        self.journal.note("rename", "ok", customer=customer, name=name)

    async def _join(self, customer: str) -> None:
        path = f"/engagement/v1/customers/{customer}/people"
        person = _fresh_name(self.random)
        body = {"name": person, "email": f"{person}@example.org", "role": "key user"}
        keyed = {**self.headers, "Idempotency-Key": person}
        answer = await self.caller.until_success("POST", path, json=body, headers=keyed)
        self.journal.people[customer].add(answer.json()["id"])
        self.journal.note("join", "ok", customer=customer, person=answer.json()["id"])


@dataclass
class Offerings:
    """One worker: services that are offered to everybody."""

    caller: Caller
    journal: Journal
    random: Random
    stop: asyncio.Event

    def __post_init__(self) -> None:
        self.headers = self.caller.rig.headers(Role.manager)

    async def run(self) -> None:
        while not self.stop.is_set():
            name = _fresh_name(self.random)
            service = await self._create("services", {"name": name, "owner": "Ada Lovelace"}, name)
            offered = {"service_id": service, "name": name, "tier": "gold"}
            offering = await self._create("offerings", offered, name)
            await self._create(f"offerings/{offering}/publication", {}, name)
            self.journal.offerings[offering] = [name]
            self.journal.note("publish", "ok", offering=offering, name=name)
            await asyncio.sleep(self.random.uniform(0, 0.5))

    async def _create(self, collection: str, body: dict[str, str], key: str) -> str:
        answer = await self.caller.until_success(
            "POST", f"/catalog/v1/{collection}", json=body, headers={**self.headers, "Idempotency-Key": key}
        )
        created: str = answer.json()["id"]
        return created


def _fresh_name(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))
