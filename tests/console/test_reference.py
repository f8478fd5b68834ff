"""One document of all services at the root, for programs that make clients of it."""

from typing import Any

import httpx

from tests.console.conftest import House


async def test_the_document_of_all_services_is_sent_once_and_compressed(house: House) -> None:
    async with httpx.AsyncClient(base_url=house.url, timeout=60, trust_env=False) as client:
        sent = await client.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
        again = await client.get("/openapi.json", headers={"If-None-Match": sent.headers["etag"]})
        parts = [
            (await client.get(f"/{service}/openapi.json")).json()
            for service in ("catalog", "engagement", "sla", "feedback", "reporting")
        ]

    assert (sent.status_code, sent.headers["content-encoding"]) == (200, "gzip")
    assert (again.status_code, again.content) == (304, b"")
    ids = list_operation_ids(sent.json())
    assert ids == [name for part in parts for name in list_operation_ids(part)]
    assert len(set(ids)) == len(ids)


def list_operation_ids(document: Any) -> list[str]:
    return [operation["operationId"] for operations in document["paths"].values() for operation in operations.values()]
