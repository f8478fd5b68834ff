"""A person or a monitor who talks to a running Rapport."""

import time
from typing import Any, Self
from uuid import uuid4

import httpx

from tests.journeys.conftest import House


class Caller:
    def __init__(self, house: House, credential: str) -> None:
        self.client = httpx.Client(
            base_url=house.url, headers={"Authorization": f"Bearer {credential}"}, timeout=30, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def post(self, path: str, body: Any = None, expect: int = 201) -> Any:
        answer = self.client.post(path, json=body or {}, headers={"Idempotency-Key": str(uuid4())})
        assert answer.status_code == expect, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.client.get(path, params=parameters)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def patiently(self, path: str, body: Any, seconds: float = 60) -> Any:
        """POST until it is created: what it needs may still be on its way as an event."""
        deadline = time.monotonic() + seconds
        while True:
            answer = self.client.post(path, json=body)
            if answer.status_code == 201:
                return answer.json()
            assert time.monotonic() < deadline, f"{path}: {answer.status_code} {answer.text}"
            time.sleep(0.2)


def agree(house: House, manager: Caller, name: str, terms: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """An offering, a customer, and an agreement on it that both have signed; with the customer's id."""
    service = manager.post("/catalog/v1/services", {"name": name, "owner": "Ada Lovelace"})
    offered = {"service_id": service["id"], "name": name, "tier": "gold"}
    offering = manager.post("/catalog/v1/offerings", offered)
    manager.post(f"/catalog/v1/offerings/{offering['id']}/publication")
    customer = manager.post("/engagement/v1/customers", {"name": f"Customer of {name}"})["id"]
    draft = {"customer_id": customer, "offering_id": offering["id"], "terms": terms}
    agreement = manager.patiently("/sla/v1/agreements", draft)
    place = f"/sla/v1/agreements/{agreement['id']}"
    manager.post(f"{place}/proposals")
    token = house.token("customer", "--customer", customer, "--subject", f"customer of {name}")
    with Caller(house, token) as caller:
        accepted = caller.post(f"{place}/acceptances")
        signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
        manager.post(f"{place}/signatures", signature)
        return caller.post(f"{place}/signatures", signature), customer
