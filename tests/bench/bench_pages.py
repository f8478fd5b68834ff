"""Pages: requests and milliseconds of six typical pages, now and as a front end had to ask for them row by row."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
from figures import Aim, Figure
from house import House
from inputs.shop import AGREEMENTS, INCIDENTS, NOW, Shop, open_shop

SERVICES = ("engagement", "catalog", "sla", "reporting", "feedback")
AT_ONCE = 6
"""Requests that a browser sends to one origin at a time."""
PARTS = "include=compliance,issues"
NAMES = "/engagement/v1/customers?limit=200", "/catalog/v1/offerings?limit=200"


class Browser:
    """A front end: it asks the services over connections that stay open, and counts its requests."""

    def __init__(self, clients: dict[str, httpx.AsyncClient]) -> None:
        self._clients, self._slots = clients, asyncio.Semaphore(AT_ONCE)
        self.requests = 0

    async def get(self, path: str) -> Any:
        async with self._slots:
            self.requests += 1
            answer = await self._clients[path.split("/")[1]].get(path)
        return answer.raise_for_status().json()

    async def get_all(self, *paths: str) -> list[Any]:
        return await asyncio.gather(*map(self.get, paths))


Page = Callable[[Browser, Shop], Awaitable[None]]


async def run(house: House, rounds: int) -> list[Figure]:
    async with AsyncExitStack() as stack:
        served = {name: await stack.enter_async_context(house.service(name)) for name in SERVICES}
        clients = {name: await stack.enter_async_context(served[name].client()) for name in SERVICES}
        shop = await open_shop(house, clients)
        pairs = [await _compare(name, clients, shop, rounds) for name in PAGES]
    return [figure for pair in pairs for figure in pair]


async def _compare(name: str, clients: dict[str, httpx.AsyncClient], shop: Shop, rounds: int) -> list[Figure]:
    counts: tuple[list[float], list[float]] = ([], [])
    milliseconds: tuple[list[float], list[float]] = ([], [])
    for number in range(-1, rounds):  # one round to get warm
        for page, count, took in zip(PAGES[name], counts, milliseconds, strict=True):
            browser, began = Browser(clients), time.perf_counter()
            await page(browser, shop)
            if number >= 0:
                count.append(browser.requests)
                took.append((time.perf_counter() - began) * 1e3)
    aim = Aim("ours", "<=", 2) if name == TABLE else None
    return [
        Figure("pages", f"requests of {name}", "requests", "less", *counts, "row by row", aim),
        Figure("pages", name, "ms", "less", *milliseconds, f"the same page in {counts[1][0]:.0f} requests"),
    ]


async def table(browser: Browser, shop: Shop) -> None:
    del shop
    page = await browser.get(f"/sla/v1/agreements?{PARTS}&limit={AGREEMENTS}")
    _check(all(row["customer"]["name"] and row["offering"]["name"] for row in page["items"]), "named")
    _check(all(row["compliance"]["performance"] for row in page["items"]), "evaluated")
    _check(all(row["open_issues"]["count"] for row in page["items"]), "counted")


async def table_row_by_row(browser: Browser, shop: Shop) -> None:
    del shop
    page, *_ = await browser.get_all("/sla/v1/agreements", *NAMES, "/sla/v1/issues?unsolved=true&limit=200")
    await browser.get_all(*(f"/sla/v1/agreements/{row['id']}/compliance" for row in page["items"]))


async def queue(browser: Browser, shop: Shop) -> None:
    del shop
    page = await browser.get(f"/sla/v1/incidents?include=clocks&limit={INCIDENTS}")
    _check(all(len(row["clocks"]) == 2 for row in page["items"]), "timed")


async def queue_row_by_row(browser: Browser, shop: Shop) -> None:
    del shop
    page, *_ = await browser.get_all(f"/sla/v1/incidents?limit={INCIDENTS}", *NAMES)
    paths = [f"/sla/v1/incidents/{row['id']}/clocks" for row in page["items"]]
    await browser.get_all(*(f"{path}/{kind}/timeline" for path in paths for kind in ("response", "resolution")))


def _rest_of_overview(shop: Shop) -> list[str]:
    return [
        f"/engagement/v1/customers/{shop.customer_id}",
        f"/reporting/v1/customers/{shop.customer_id}/scorecard?period={NOW:%Y-%m}",
        f"/feedback/v1/customers/{shop.customer_id}/satisfaction",
    ]


async def overview(browser: Browser, shop: Shop) -> None:
    await browser.get_all(f"/sla/v1/agreements?customer_id={shop.customer_id}&{PARTS}", *_rest_of_overview(shop))


async def overview_row_by_row(browser: Browser, shop: Shop) -> None:
    issues = f"/sla/v1/issues?customer_id={shop.customer_id}&unsolved=true"
    agreements = f"/sla/v1/agreements?customer_id={shop.customer_id}"
    page, *_ = await browser.get_all(agreements, *_rest_of_overview(shop), issues, NAMES[1])
    await browser.get_all(*(f"/sla/v1/agreements/{row['id']}/compliance" for row in page["items"]))


async def agreement(browser: Browser, shop: Shop) -> None:
    address = f"/sla/v1/agreements/{shop.agreement_id}"
    await browser.get_all(f"{address}?{PARTS}", f"{address}/statements")


async def agreement_in_pieces(browser: Browser, shop: Shop) -> None:
    address, issues = f"/sla/v1/agreements/{shop.agreement_id}", "/sla/v1/issues?unsolved=true&agreement_id="
    paths = address, f"{address}/compliance", f"{address}/statements", f"{issues}{shop.agreement_id}"
    read, *_ = await browser.get_all(*paths)
    customer, offering = read["customer_id"], read["offering_id"]
    await browser.get_all(f"/engagement/v1/customers/{customer}", f"/catalog/v1/offerings/{offering}")


async def issue(browser: Browser, shop: Shop) -> None:
    address = f"/sla/v1/issues/{shop.issue_id}"
    read, _ = await browser.get_all(address, f"{address}/activity")
    _check(read["customer"]["name"] and read["agreement"]["name"], "named")


async def issue_in_pieces(browser: Browser, shop: Shop) -> None:
    address = f"/sla/v1/issues/{shop.issue_id}"
    read, _ = await browser.get_all(address, f"{address}/activity")
    customer = f"/engagement/v1/customers/{read['customer_id']}"
    await browser.get_all(customer, f"/sla/v1/agreements/{read['agreement_id']}")


async def catalog(browser: Browser, shop: Shop) -> None:
    del shop
    page = await browser.get("/catalog/v1/offerings?state=published")
    _check(all(row["service"]["name"] and row["price"] for row in page["items"]), "named and priced")


async def catalog_row_by_row(browser: Browser, shop: Shop) -> None:
    del shop
    page = await browser.get("/catalog/v1/offerings?state=published")
    services = sorted({row["service_id"] for row in page["items"]})
    await browser.get_all(*(f"/catalog/v1/services/{service_id}" for service_id in services))


def _check(is_complete: object, what: str) -> None:
    if not is_complete:
        raise RuntimeError(f"not everything is {what}")


TABLE = f"a table of {AGREEMENTS} agreements with customer, offering, compliance and open issues"
PAGES: dict[str, tuple[Page, Page]] = {
    TABLE: (table, table_row_by_row),
    f"a queue of {INCIDENTS} incidents with clocks": (queue, queue_row_by_row),
    "the overview of a customer": (overview, overview_row_by_row),
    "the page of an agreement": (agreement, agreement_in_pieces),
    "the page of an issue": (issue, issue_in_pieces),
    "the catalog with services and prices": (catalog, catalog_row_by_row),
}
"""Each as it is asked for now, and as it had to be before."""
