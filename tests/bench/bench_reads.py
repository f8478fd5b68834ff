"""Reads: requests/s of a real service's GET by id and GET list, against FastAPI and asyncpg with nothing around."""

import itertools
from collections.abc import Callable, Iterator

from figures import Aim, Figure
from house import House, Served
from inputs.client import load, request

CUSTOMERS = 500
SECONDS = 4
AT_ONCE = 8
LIMIT = "FastAPI + asyncpg, one SELECT"

Paths = Callable[[str], list[str]]
"""The addresses to ask for, by where the server begins them."""


async def run(house: House, rounds: int) -> list[Figure]:
    async with house.service("engagement") as served, house.bare() as bare:
        ids = await _customers(served)
        await _check_same(served, bare, ids)
        by_id = await _compare(
            "GET by id", rounds, served, bare, lambda start: [f"{start}/customers/{id_}" for id_ in ids]
        )
        lists = await _compare("GET list of 50", rounds, served, bare, lambda start: [f"{start}/customers?limit=50"])
        return [*by_id, *lists]


async def _customers(served: Served) -> list[str]:
    async with served.client("/engagement/v1") as client:
        answers = [
            await client.post("/customers", json={"name": f"Customer {number}", "org_unit": "Sales/EMEA"})
            for number in range(CUSTOMERS)
        ]
    return [answer.raise_for_status().json()["id"] for answer in answers]


async def _check_same(served: Served, bare: Served, ids: list[str]) -> None:
    """Both answer the same."""
    async with served.client("/engagement/v1") as client, bare.client() as bare_client:
        entities = [(await side.get(f"/customers/{ids[0]}")).json() for side in (client, bare_client)]
        lists = [(await side.get("/customers?limit=50")).json()["items"] for side in (client, bare_client)]
    if entities[0] != entities[1] or lists[0] != lists[1]:
        raise RuntimeError("the bare handler does not answer what the service does")


async def _compare(name: str, rounds: int, ours: Served, bare: Served, paths: Paths) -> list[Figure]:
    sides = (ours, paths("/engagement/v1")), (bare, paths(""))
    rates: tuple[list[float], list[float]] = ([], [])
    costs: tuple[list[float], list[float]] = ([], [])
    for number in range(-1, rounds):  # one round to get warm
        for (served, addresses), rate, cost in zip(sides, rates, costs, strict=True):
            before = served.processor_seconds()
            count, took = await load(served.port, _requests(served, addresses), at_once=AT_ONCE, seconds=SECONDS)
            if number >= 0:
                rate.append(count / took)
                cost.append((served.processor_seconds() - before) / count * 1e6)
    return [
        Figure("reads", name, "requests/s", "more", *rates, LIMIT, Aim("ratio", ">=", 0.5)),
        Figure("reads", f"processor time of a {name}", "us", "less", *costs, LIMIT, Aim("ratio", "<=", 2)),
    ]


def _requests(served: Served, addresses: list[str]) -> Iterator[bytes]:
    return itertools.cycle([request("GET", address, served.headers) for address in addresses])
