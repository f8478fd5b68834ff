"""`q` finds any part of a name, in any case of any script; accents and wildcards are letters like others."""

from collections.abc import Callable

import httpx
import pytest

from common.testing.plugin import StartService

Headers = Callable[..., dict[str, str]]
NAMES = ("Société Générale", "Ångström Òptica", "ГОРОД Север", "Discount 50%_off")


@pytest.fixture
async def engagement(start_service: StartService, headers: Headers) -> httpx.AsyncClient:
    service = await start_service("engagement")
    service.client.headers.update(headers("manager"))
    for name in NAMES:
        assert (await service.client.post("/customers", json={"name": name})).status_code == 201
    return service.client


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("SOCIÉTÉ", ["Société Générale"]),
        ("été géné", ["Société Générale"]),
        ("societe", []),
        ("ångström ò", ["Ångström Òptica"]),
        ("город", ["ГОРОД Север"]),
        ("50%_OFF", ["Discount 50%_off"]),
        ("%", ["Discount 50%_off"]),
        ("_", ["Discount 50%_off"]),
        ("\\", []),
    ],
)
async def test_a_name_is_found_by_a_part_of_it_in_any_case(
    engagement: httpx.AsyncClient, words: str, names: list[str]
) -> None:
    answer = await engagement.get("/customers", params={"q": words})

    assert [customer["name"] for customer in answer.json()["items"]] == names
