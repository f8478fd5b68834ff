"""`rapport demo`: a sample organisation with something to show everywhere, however often it is told."""

from collections.abc import Callable

import httpx

from tests.rapport.processes import Up, call

LISTS = (
    "/catalog/v1/services",
    "/catalog/v1/offerings",
    "/engagement/v1/customers",
    "/sla/v1/indicators",
    "/sla/v1/agreements",
    "/sla/v1/statements",
    "/sla/v1/issues",
    "/feedback/v1/surveys",
)


def test_the_sample_organisation_is_told_once(up: Callable[..., Up]) -> None:
    rapport = up()
    rapport.wait_ready()
    manager = rapport.token("--role", "manager")

    def counts() -> dict[str, int]:
        with httpx.Client(base_url=rapport.url, headers=manager, timeout=30) as client:
            return {path: len(client.get(path, params={"limit": 200}).json()["items"]) for path in LISTS}

    first = call("demo", "--data", rapport.data)
    assert first.returncode == 0, first.stderr
    told = counts()
    assert all(told.values()), told
    assert (told["/engagement/v1/customers"], told["/catalog/v1/offerings"], told["/sla/v1/statements"]) == (3, 5, 18)
    second = call("demo", "--data", rapport.data)
    assert second.returncode == 0, second.stderr
    assert counts() == told
