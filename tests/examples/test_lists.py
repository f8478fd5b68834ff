"""Every list that a scenario reads keeps the conventions of lists: total, ids, changes since, words, and its orders."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from common.auth.principal import Role
from common.http.documentation.examples import PathTemplates, read_examples
from common.ids import new_id
from common.testing.scenarios import ScenarioPlayer, ScenarioStep, Variables
from tests.examples.conftest import StartPlayer, every_scenario, every_service, openapi, scenarios

LONG_AGO, LATER = "2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
MOST_PAGES = 30
MOST_ROWS = 3
WHOLE_WORDS = "Words in the name"
"""The lists of the catalog say so: they find words in any of their forms; others find any part of a name."""


@dataclass
class ListPlayer(ScenarioPlayer):
    """Asks each list that the scenario reads in all ways that its documentation names."""

    faults: list[str] = field(default_factory=list)
    stranger: UUID = field(default_factory=new_id)

    async def _send(self, step: ScenarioStep, variables: Variables) -> httpx.Response:
        answer = await super()._send(step, variables)
        is_page = step.method == "GET" and answer.status_code == 200 and step.status == 200 and _is_page(answer)
        if is_page and "cursor" not in answer.request.url.params:
            await self._try_list(answer)
        return answer

    async def _try_list(self, answer: httpx.Response) -> None:
        parameters = self._list_parameters(answer.request.url.path)
        if "count" not in parameters:
            return
        rows = await self._ask(answer, limit=200)
        await self._expect(answer, rows, count="true", limit=200)
        if "changed_since" in parameters:
            await self._expect(answer, rows, changed_since=LONG_AGO, limit=200)
            await self._expect(answer, [], changed_since=LATER)
        if "id" in parameters and rows:
            await self._expect(answer, rows[:1], id=_get_id(rows[0]))
            await self._expect(answer, [], id="01900000-0000-7000-8000-00000000dead")
        if "q" in parameters and rows:
            await self._try_words(answer, rows, parameters["q"]["description"].startswith(WHOLE_WORDS))
        for order in _list_orders(parameters):
            await self._walk(answer, rows, order)

    async def _try_words(self, answer: httpx.Response, rows: list[Any], finds_whole_words: bool) -> None:
        """Find each row by a part of its name in the other case, and nothing by a name that no row has."""
        for row in rows[:MOST_ROWS]:
            label = _get_label(row)
            words = (label.split()[-1] if finds_whole_words else label[1:-1].strip()).swapcase()
            matches = await self._ask(answer, q=words, limit=200)
            strange = [match for match in matches if words.casefold() not in json.dumps(match).casefold()]
            if row not in matches or strange or any(match not in rows for match in matches):
                self.faults.append(f"{answer.request.url} q={words} lists {matches}")
            await self._try_words_of_others(answer, words)
        await self._expect(answer, [], q="Zanzibar")
        await self._expect(answer, [row for row in rows if "%" in _get_label(row)], q="%")

    async def _try_words_of_others(self, answer: httpx.Response, words: str) -> None:
        """Words show a stranger nothing that the list without them hides."""
        headers = self.headers(Role.customer, self.stranger)
        shown, matching = [
            await self.client.get(answer.request.url.copy_merge_params({"limit": 200} | extra), headers=headers)
            for extra in ({}, {"q": words})
        ]
        if shown.status_code != matching.status_code:
            self.faults.append(f"{answer.request.url} q={words} answers a stranger {matching.status_code}")
        elif shown.is_success and any(row not in shown.json()["items"] for row in matching.json()["items"]):
            self.faults.append(f"{answer.request.url} q={words} shows a stranger {matching.text[:300]}")

    async def _walk(self, answer: httpx.Response, rows: list[Any], order: str) -> None:
        """Read the list page by page: together they hold each row once, in the order of one large page."""
        ordered = await self._ask(answer, sort=order, limit=200)
        if sorted(map(str, ordered)) != sorted(map(str, rows)):
            self.faults.append(f"{answer.request.url} sort={order} holds other rows")
        walked: list[Any] = []
        extra: dict[str, Any] = {}
        for _ in range(MOST_PAGES):
            page = (await self._get(answer, sort=order, limit=1, **extra)).json()
            walked += page.get("items", [page])
            if page.get("next") is None:
                break
            extra = {"cursor": page["next"]}
            other = await self._get(answer, sort=f"-{order}".replace("--", ""), limit=1, **extra)
            if other.status_code != 422 or "cursor-of-another-order" not in other.text:
                self.faults.append(f"{answer.request.url} takes a cursor of sort={order} in another order")
        if walked != ordered[:MOST_PAGES]:
            self.faults.append(f"{answer.request.url} sort={order} is another list page by page")

    async def _expect(self, answer: httpx.Response, rows: list[Any], **extra: Any) -> None:
        page = (await self._get(answer, **extra)).json()
        if "items" not in page:
            self.faults.append(f"{answer.request.url} with {extra}: {page}")
        elif page["items"] != rows or page.get("total", len(rows)) != len(rows):
            self.faults.append(f"{answer.request.url} with {extra}: {str(page)[:300]}")
        if ("total" in page) != ("count" in extra):
            self.faults.append(f"{answer.request.url} with {extra} counts unasked, or not at all")

    async def _ask(self, answer: httpx.Response, **extra: Any) -> list[Any]:
        rows: list[Any] = (await self._get(answer, **extra)).json()["items"]
        return rows

    async def _get(self, answer: httpx.Response, **extra: Any) -> httpx.Response:
        url = answer.request.url.copy_merge_params(extra)
        return await self.client.get(url, headers={"Authorization": answer.request.headers["authorization"]})

    def _list_parameters(self, path: str) -> dict[str, Any]:
        service = self.service.name
        document = openapi(service)
        template = PathTemplates(document, f"/{service}/v1").find_template(path.removeprefix(f"/{service}/v1"))
        return {item["name"]: item for item in document["paths"][template]["get"]["parameters"]}


def _get_id(row: dict[str, Any]) -> str:
    names = ("id", "contract_id", "customer_id", "service_id")
    return str(next((row[name] for name in names if name in row), None) or row["customer"]["id"])


def _get_label(row: dict[str, Any]) -> str:
    """Return what the list finds a row by: its own name or title, else that of what it is about."""
    own = next((row[name] for name in ("name", "title") if name in row), None)
    return str(own or row["customer"]["name"])


def _is_page(answer: httpx.Response) -> bool:
    document = answer.json() if "json" in answer.headers.get("content-type", "") else None
    return isinstance(document, dict) and {"items", "next"} <= document.keys()


def _list_orders(parameters: dict[str, Any]) -> list[str]:
    if "sort" not in parameters:
        return []
    schema = parameters["sort"]["schema"]
    orders: list[str] = schema.get("enum") or next(part["enum"] for part in schema["anyOf"] if "enum" in part)
    return orders


@every_scenario
async def test_lists_keep_their_conventions(service: str, name: str, start_player: StartPlayer) -> None:
    player = await start_player(service)
    lists = ListPlayer(player.service, player.runtime, player.client, player.headers, player.clock)

    await lists.play(name, scenarios(service)[name])

    assert lists.faults == []
    assert lists.problems == []


@every_service
def test_every_list_that_finds_words_is_read_with_rows(service: str) -> None:
    """So that the test above has tried it."""
    document = openapi(service)
    paths = PathTemplates(document, f"/{service}/v1")
    finding = {
        path
        for path, methods in document["paths"].items()
        if any(parameter["name"] == "q" for parameter in methods.get("get", {}).get("parameters", []))
    }
    filled = {
        paths.find_template(example.path)
        for example in read_examples(service)
        if example.method == "get" and isinstance(example.answer, dict) and example.answer.get("items")
    }
    assert finding <= filled
