"""Writes: requests/s of a real POST, against FastAPI and asyncpg with the two rows that it cannot do without."""

import itertools
import json
from collections.abc import Iterator

from figures import Aim, Figure
from house import House, Served
from inputs.client import load, request

SECONDS = 4
AT_ONCE = 8
LIMIT = "FastAPI + asyncpg, one INSERT and one outbox row"


async def run(house: House, rounds: int) -> list[Figure]:
    rates: tuple[list[float], list[float]] = ([], [])
    costs: tuple[list[float], list[float]] = ([], [])
    async with house.service("engagement") as served, house.bare() as bare:
        for number in range(-1, rounds):  # one round to get warm
            for (side, start), rate, cost in zip(((served, "/engagement/v1"), (bare, "")), rates, costs, strict=True):
                before = side.processor_seconds()
                requests = _registrations(side, start, f"{'bare' if side is bare else 'ours'} {number}")
                count, took = await load(side.port, requests, at_once=AT_ONCE, seconds=SECONDS)
                if number >= 0:
                    rate.append(count / took)
                    cost.append((side.processor_seconds() - before) / count * 1e6)
    return [
        Figure("writes", "POST of a customer", "requests/s", "more", *rates, LIMIT, Aim("ratio", ">=", 0.4)),
        Figure("writes", "processor time of a POST", "us", "less", *costs, LIMIT, Aim("ratio", "<=", 2.5)),
    ]


def _registrations(served: Served, start: str, name: str) -> Iterator[bytes]:
    headers = served.headers | {"Content-Type": "application/json"}
    for number in itertools.count():
        body = json.dumps({"name": f"Customer {name} {number}", "org_unit": "Sales/EMEA"}).encode()
        yield request("POST", f"{start}/customers", headers, body)
