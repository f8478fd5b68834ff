"""Pages of other origins: one that is allowed asks, changes and listens, and a browser lets no other do so."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Error, Page

from tests.journeys.conftest import House

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "front-end-team.md"
STRANGE_HOST = "127.0.0.2"
"""An address of this machine that is not among the origins that the embedded stack allows."""

WORK = """
async ({ api, token, key, name }) => {
  const json = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const send = (method, path, body, headers = {}) =>
    fetch(api + path, { method, body: body && JSON.stringify(body), headers: { ...json, ...headers } });
  const heard = [];
  listen(`${api}/catalog/v1/changes?type=ServiceRegistered&type=ServiceRenamed`, token,
    (event, data, id) => heard.push({ event, data, id }));
  const until = async (count) => {
    for (let turn = 0; heard.length < count && turn < 200; turn++) await new Promise((go) => setTimeout(go, 50));
  };
  await until(1);
  const made = await send("POST", "/catalog/v1/services", { name, owner: "Ada" }, { "Idempotency-Key": key });
  const again = await send("POST", "/catalog/v1/services", { name, owner: "Ada" }, { "Idempotency-Key": key });
  const place = new URL(made.headers.get("Location"), api).pathname;
  const read = await send("GET", place);
  const changed = await send("PATCH", place, { name: `${name} 2` }, { "If-Match": read.headers.get("ETag") });
  const early = await send("POST", "/sla/v1/incidents", { source: "page", events: [{
    incident: "1", event_id: "1", kind: "opened", occurred_at: "2026-01-01T00:00:00Z", priority: 1, title: "x",
    customer_id: "01900000-0000-7000-8000-000000000001", service_id: "01900000-0000-7000-8000-000000000002" }] });
  await until(3);
  const deleted = await send("DELETE", place, undefined, { "If-Match": changed.headers.get("ETag") });
  return {
    statuses: [made, again, read, changed, early, deleted].map((answer) => answer.status),
    replayed: again.headers.get("Idempotency-Replayed"),
    request: made.headers.get("X-Request-Id"),
    tags: [read.headers.get("ETag"), changed.headers.get("ETag")],
    retryAfter: early.headers.get("Retry-After"),
    heard,
  };
}
"""


class BlankPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>A portal</title>")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serve_page(host: str) -> Iterator[str]:
    """Serve an empty page on a port of its own, and return its address."""
    with ThreadingHTTPServer((host, 0), BlankPage) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{host}:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def read_listener() -> str:
    """Return the function that the guide gives to front-end teams."""
    (source,) = re.findall(r"```js\n(async function listen.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return str(source)


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


async def open_portal(browser: Browser, servers: ExitStack, host: str) -> Page:
    page = await browser.new_page()
    await page.goto(await asyncio.to_thread(servers.enter_context, serve_page(host)))
    await page.add_script_tag(content=read_listener())
    return page


async def test_a_page_of_an_allowed_origin_asks_changes_and_listens(
    browser: Browser, house: House, servers: ExitStack
) -> None:
    page = await open_portal(browser, servers, "127.0.0.1")
    name = f"Mail {uuid4().hex[:8]}"
    orders = {"api": house.url, "token": house.token("admin"), "key": uuid4().hex, "name": name}
    outcome = await page.evaluate(WORK, orders)
    await page.close()

    assert outcome["statuses"] == [201, 201, 200, 200, 422, 204]
    assert outcome["replayed"] == "true"
    assert outcome["request"]
    assert outcome["retryAfter"] == "5"
    assert len(set(outcome["tags"])) == 2
    assert [message["event"] for message in outcome["heard"]] == ["ready", "ServiceRegistered", "ServiceRenamed"]
    assert outcome["heard"][1]["data"]["url"].startswith("/catalog/v1/services/")
    assert len({message["id"] for message in outcome["heard"]}) == 3


async def test_a_page_reads_that_an_address_is_misspelt(browser: Browser, house: House, servers: ExitStack) -> None:
    page = await open_portal(browser, servers, "127.0.0.1")
    ask = "async (url) => (await fetch(url, {headers: {Authorization: 'Bearer none'}})).json()"
    problem = await page.evaluate(ask, f"{house.url}/slas/v1/agreements")
    await page.close()
    assert (problem["status"], "/sla/v1" in problem["detail"]) == (404, True)


async def test_the_browser_refuses_a_page_of_another_origin(browser: Browser, house: House, servers: ExitStack) -> None:
    page = await open_portal(browser, servers, STRANGE_HOST)
    asking = "async ({ api, headers }) => (await fetch(`${api}/catalog/v1/services`, { headers })).status"
    credentials = {"Authorization": f"Bearer {house.token('viewer')}"}
    for headers in ({}, credentials):
        with pytest.raises(Error, match="Failed to fetch"):
            await page.evaluate(asking, {"api": house.url, "headers": headers})
    await page.close()
