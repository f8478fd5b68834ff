"""Plays the actions that answers list as open: what is listed is accepted, and what is not listed is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

Headers = dict[str, str]
REFUSALS = {403, 404, 409, 422}


@dataclass(frozen=True)
class Move:
    """The request by which an action is taken."""

    method: str
    path: str
    """What follows the address of the entity."""
    body: Any = None
    """A document, or a function that builds one from the entity as it is."""

    def build_body(self, entity: dict[str, Any]) -> Any:
        return self.body(entity) if callable(self.body) else self.body


@dataclass
class ActionPlayer:
    client: httpx.AsyncClient
    address: str
    moves: Mapping[str, Move]
    people: Mapping[str, Headers]
    query: str = ""
    """To have actions listed, where they come on request."""
    played: list[str] = field(default_factory=list)

    async def play(self, luck: Random, steps: int) -> None:
        """Take so many steps at random: at each, first everything that no person may do is tried."""
        for _ in range(steps):
            choices = []
            for person, headers in self.people.items():
                entity = await self._read(headers)
                listed = entity.get("actions", [])
                assert set(listed) <= self.moves.keys()
                for name in sorted(self.moves.keys() - set(listed)):
                    answer = await self._take(name, headers)
                    assert answer.status_code in REFUSALS, (person, name, entity.get("state"), answer.text)
                assert not answer.json()["type"].endswith("/invalid"), answer.text  # a rule, not the body
                choices += [(name, person) for name in listed]
            if not choices:
                return
            name, person = luck.choice(choices)
            answer = await self._take(name, self.people[person])
            assert answer.is_success, (person, name, answer.text)
            self.played.append(name)

    async def _read(self, headers: Headers) -> dict[str, Any]:
        answer = await self.client.get(f"{self.address}{self.query}", headers=headers)
        entity: dict[str, Any] = answer.json() if answer.is_success else {}
        return entity

    async def _take(self, name: str, headers: Headers) -> httpx.Response:
        move = self.moves[name]
        read = await self.client.get(self.address, headers=next(iter(self.people.values())))
        match = {"If-Match": read.headers["etag"]} if move.method in {"PUT", "PATCH"} else {}
        body = move.build_body(read.json())
        return await self.client.request(move.method, f"{self.address}{move.path}", json=body, headers=headers | match)
