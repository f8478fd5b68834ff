"""How tests delete what a service manager made by mistake."""

import httpx

from tests.sla.conftest import SlaClient


async def read_tag(sla_client: SlaClient, path: str) -> str:
    answer = await sla_client.sla.client.get(path, headers=sla_client.manager)
    assert answer.status_code == 200, answer.text
    tag: str = answer.headers["etag"]
    return tag


async def delete(sla_client: SlaClient, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    tag = await read_tag(sla_client, path)
    answer: httpx.Response = await sla_client.sla.client.delete(
        path, headers=(headers or sla_client.manager) | {"If-Match": tag}
    )
    return answer
